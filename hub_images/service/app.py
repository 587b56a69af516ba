"""The service as a program: `hub-images`, and `hub-images upgrade-db`.

It listens first and opens the database after, because the hub gives up on a service
that does not answer within half a minute, and a database that is away must not keep
the hub from starting.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import os
import signal
import sys
from typing import Any
from urllib.parse import urlparse

from jupyterhub.log import CoroutineLogFormatter
from sqlalchemy.exc import SQLAlchemyError
from tornado.httpserver import HTTPServer
from traitlets import Unicode, default
from traitlets.config import Application, catch_config_error

from hub_images import __version__
from hub_images.service.api import images as api
from hub_images.service.hub_client import HubApi
from hub_images.service.pages import images as pages
from hub_images.service.pull_secrets import PullSecrets, no_client, on_kubernetes
from hub_images.service.web import not_found as fallback
from hub_images.service.web.access_log import AccessLog, WithoutSecrets
from hub_images.service.web.answers import (
    MAX_BODY_BYTES,
    CallbackHandler,
    GuardedApplication,
    StaticFiles,
)
from hub_images.service.web.identity import Services
from hub_images.settings import HubImages, load_settings, settings_from_environment
from hub_images.store import engine as db
from hub_images.store.database import Database
from hub_images.templates import make_environment, static_folder

RETRY_SECONDS = 2.0
#: For requests under way; the hub kills a service that has not ended after five seconds.
STOP_SECONDS = 4.0


class Base(Application):
    """What both commands share: `--config` and the settings."""

    version = __version__
    # with half of its configuration, a program works on the wrong database
    raise_config_file_errors = True
    classes = [HubImages]
    config_file = Unicode(
        "", help="Configuration file with c.HubImages, such as jupyterhub_config.py."
    ).tag(config=True)
    aliases = {
        "config": "Base.config_file",
        "f": "Base.config_file",
        "db-url": "HubImages.db_url",
        "log-level": "Application.log_level",
    }
    flags = {"debug": ({"Application": {"log_level": logging.DEBUG}}, "Log more.")}

    @default("log_level")
    def _log_level_default(self) -> int:
        return logging.INFO

    @default("log_datefmt")
    def _log_datefmt_default(self) -> str:
        return "%Y-%m-%d %H:%M:%S"

    @default("log_format")
    def _log_format_default(self) -> str:
        return (
            "%(color)s[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s "
            "%(module)s:%(lineno)d]%(end_color)s %(message)s"
        )

    _log_formatter_cls = CoroutineLogFormatter

    @catch_config_error
    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the command line and, where one is named, the configuration file."""
        super().initialize(argv)
        if self.config_file:
            if not os.path.exists(self.config_file):
                self.exit_with(f"There is no configuration file {self.config_file}.")
            if not self.config_file.endswith((".py", ".json")):
                self.exit_with(f"{self.config_file}: a configuration file ends in .py or .json.")
            try:
                self.load_config_file(self.config_file, path=os.getcwd())
            except Exception as error:  # noqa: BLE001 (the file is a program)
                self.exit_with(f"{self.config_file}: {type(error).__name__}: {error}")
        self.hand_over_log()
        try:
            self.settings = load_settings(self.config)
        except ValueError as error:
            self.exit_with(str(error))
        settings_from_environment(self.settings)

    def hand_over_log(self) -> None:
        """Let our modules and Tornado log where the application does."""
        for name in ("hub_images", "tornado.access", "tornado.application", "tornado.general"):
            logger = logging.getLogger(name)
            logger.propagate = False
            logger.handlers = list(self.log.handlers)
            logger.setLevel(self.log.level)
            logger.addFilter(WithoutSecrets())
        # At INFO, JupyterHub's own code names the session's id when it sets a cookie.
        logging.getLogger("tornado.application").setLevel(max(self.log.level, logging.WARNING))

    def exit_with(self, sentence: str) -> None:
        """Say what is wrong and end with status 1."""
        self.log.critical("%s", sentence)
        self.exit(1)

    def database(self) -> Database:
        """Make the database; no connection is opened yet."""
        return Database(self.settings.resolved_db_url)


class UpgradeDb(Base):
    """Bring the database up to the revision of this version."""

    name = "hub-images-upgrade-db"
    description = "Upgrade an empty or older database of hub-images to this version's revision."

    def start(self) -> None:
        """Upgrade and say what happened."""
        engine = self.database().engine
        try:
            changed = db.upgrade(engine)
        except db.DatabaseNotReady as error:
            self.exit_with(str(error))
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or type(error).__name__
            self.exit_with(f"The database cannot be upgraded: {reason}")
        if changed:
            self.log.info("Upgraded the database to revision %s.", db.head_revision())
        else:
            self.log.info("The database is at revision %s already.", db.head_revision())


class HubImagesService(Base):
    """The service that the hub runs."""

    name = "hub-images"
    description = (
        "The hub-images service: the pages and the REST API of the catalogue of images. "
        "JupyterHub starts it; hub_images.configure(c) tells it how."
    )
    subcommands = {"upgrade-db": (UpgradeDb, UpgradeDb.description)}

    def start(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        if self.subapp is not None:
            self.subapp.start()
            return
        for variable in ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_API_TOKEN"):
            if not os.environ.get(variable):
                self.exit_with(
                    f"${variable} is not set. JupyterHub starts this program itself where "
                    "hub_images.configure(c) stands in its configuration."
                )
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Listen, open the database, and stop gracefully when told to."""
        database = self.database()
        application = self.web_application(database)
        server = HTTPServer(
            application,
            max_body_size=MAX_BODY_BYTES,
            idle_connection_timeout=120,
            body_timeout=30,
            xheaders=True,
        )
        url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
        server.listen(url.port or 80, listening_address(url.hostname))
        self.log.info("Serving %s", os.environ["JUPYTERHUB_SERVICE_URL"])
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        opening = asyncio.ensure_future(self.open_database(database))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            opening.result()  # what nobody expected ends the service
        await stopping
        self.log.info("Stopping")
        opening.cancel()
        server.stop()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await application.idle()
        except TimeoutError:
            self.log.warning("Some requests did not end within %s s", STOP_SECONDS)
        await server.close_all_connections()
        database.close()

    async def open_database(self, database: Database) -> None:
        """Upgrade the database as soon as it answers; until then requests get a sentence.

        A newer database is left alone and looked at again: the hub would end itself if
        its service did, and with it everything that has nothing to do with images.
        """
        database.closed_because = "The database does not answer yet."
        while True:
            try:
                changed = await asyncio.to_thread(db.upgrade, database.engine)
            except db.DatabaseNotReady as error:
                if database.closed_because != str(error):
                    self.log.error("%s", error)
                database.closed_because = str(error)
                await asyncio.sleep(RETRY_SECONDS)
            except SQLAlchemyError as error:
                reason = getattr(error, "orig", None) or type(error).__name__
                self.log.error("The database does not answer yet: %s", reason)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                word = "upgraded to" if changed else "at"
                self.log.info("The database is %s revision %s", word, db.head_revision())
                database.closed_because = None
                return

    def web_application(self, database: Database) -> GuardedApplication:
        """Put the handlers together."""
        prefix = os.environ.get(
            "JUPYTERHUB_SERVICE_PREFIX", f"/services/{self.settings.service_name}/"
        )
        services = Services(
            database=database,
            hub_api=HubApi(),
            pull_secrets=self.pull_secrets(),
            instance_types=self.settings.parsed_instance_types,
            templates=make_environment(self.settings.template_paths),
            template_vars=dict(self.settings.template_vars),
            service_name=self.settings.service_name,
        )
        routes: list[Any] = [
            (prefix + path, handler, {"services": services})
            for path, handler in [*pages.HANDLERS, *api.HANDLERS]
        ]
        routes.append((f"{prefix}oauth_callback", CallbackHandler))
        routes.append((f"{prefix}static/(.*)", StaticFiles, {"path": str(static_folder())}))
        if prefix.rstrip("/"):
            routes.append((prefix.rstrip("/"), fallback.AddSlash, {"services": services}))
        return GuardedApplication(
            routes,
            # Cookies outlive a restart of the service, not of the hub.
            cookie_secret=hashlib.sha256(
                b"hub-images cookies " + os.environ["JUPYTERHUB_API_TOKEN"].encode()
            ).digest(),
            log_function=AccessLog(),
            default_handler_class=fallback.NotFoundPage,
            default_handler_args={"services": services},
        )

    def pull_secrets(self) -> PullSecrets:
        """Decide where the names of pull secrets come from."""
        if self.settings.pull_secrets is None and on_kubernetes():
            try:
                from hub_images.service.kubernetes import SecretNames
            except ImportError:  # a hub in a pod whose users' servers are elsewhere
                return PullSecrets(None, no_client)
            return PullSecrets(None, SecretNames(self.settings.namespace or None))
        return PullSecrets(self.settings.pull_secrets)


def listening_address(host: str | None) -> str:
    """Return the address to listen on where the proxy reaches the service at `host`.

    An address or localhost is listened on itself. A name, as of a Kubernetes Service, is
    the address of something in between; then all of this machine's addresses are.
    """
    if host in (None, "localhost"):
        return "127.0.0.1"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return ""
    return str(host)


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    HubImagesService.launch_instance(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
