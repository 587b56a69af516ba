"""The service as a program, which the hub runs.

It listens first and opens the database afterwards: the hub gives up on a service that
does not answer within half a minute, and it must start even while the database is down.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import os
import signal
import sys
from urllib.parse import urlparse

from sqlalchemy.exc import SQLAlchemyError
from tornado.httpserver import HTTPServer

from hub_images.command_line import Command, UpgradeDb
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import HubClient
from hub_images.service.pull_secrets import PullSecrets, no_client, on_kubernetes
from hub_images.service.routes import make_application
from hub_images.service.web.access_log import WithoutSecrets
from hub_images.service.web.application import MAX_BODY_BYTES, ServiceApplication
from hub_images.service.web.client_address import TrustedProxies
from hub_images.service.web.rates import RequestRates
from hub_images.settings import NO_INTERNAL_SSL
from hub_images.store.database import Database
from hub_images.store.upgrade import DatabaseNotReady, head_revision, upgrade
from hub_images.templates import make_environment

RETRY_SECONDS = 2.0
#: How long to wait for open requests; the hub kills a service after five seconds.
STOP_SECONDS = 4.0


class HubImagesService(Command):
    """The service that the hub runs."""

    name = "hub-images"
    description = (
        "The hub-images service: the pages and the REST API of the image catalogue. "
        "JupyterHub starts it; hub_images.configure(c) tells it how."
    )
    subcommands = {"upgrade-db": (UpgradeDb, UpgradeDb.description)}

    def set_up_logging(self) -> None:
        """Send Tornado's log to the application's, without secrets."""
        names = ("hub_images", "tornado.access", "tornado.application", "tornado.general")
        self.log_like_this(*names)
        for name in names:
            logging.getLogger(name).addFilter(WithoutSecrets())
        # At INFO, JupyterHub's own code logs the session's id when it sets a cookie.
        logging.getLogger("tornado.application").setLevel(max(self.log.level, logging.WARNING))

    def start(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        if self.subapp is not None:
            self.subapp.start()
            return
        for variable in ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_API_TOKEN"):
            if not os.environ.get(variable):
                self.exit_with(
                    f"${variable} is not set. Do not start this program yourself: JupyterHub does, "
                    "once its configuration calls hub_images.configure(c)."
                )
        if os.environ.get("JUPYTERHUB_SSL_CERTFILE"):
            self.exit_with(NO_INTERNAL_SSL)
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Listen, open the database, and stop gracefully when told to."""
        database = Database(self.settings.database_url)
        application = self.web_application(database)
        server = HTTPServer(
            application,
            max_body_size=MAX_BODY_BYTES,
            idle_connection_timeout=120,
            body_timeout=30,
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
            opening.result()  # an unexpected error ends the service
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
        """Upgrade the database once it answers; until then, requests get a sentence.

        Leave a newer database alone and ask again: if the service exited, so would the hub,
        and with it everything that has nothing to do with images.
        """
        database.closed_because = "The database does not answer yet."
        while True:
            try:
                changed = await asyncio.to_thread(upgrade, database.engine)
            except DatabaseNotReady as error:
                if database.closed_because != str(error):
                    self.log.error("%s", error)
                database.closed_because = str(error)
                await asyncio.sleep(RETRY_SECONDS)
            except SQLAlchemyError as error:
                reason = getattr(error, "orig", None) or type(error).__name__
                self.log.error("The database cannot be opened yet: %s", reason)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                word = "upgraded to" if changed else "at"
                self.log.info("The database is %s revision %s", word, head_revision())
                database.closed_because = None
                return

    def web_application(self, database: Database) -> ServiceApplication:
        """Make the application and the context of its handlers."""
        context = ServiceContext(
            database=database,
            hub=HubClient(),
            pull_secrets=self.pull_secrets(),
            policy=self.settings.reference_policy,
            instance_types=self.settings.parsed_instance_types,
            templates=make_environment(self.settings.template_paths),
            template_vars=dict(self.settings.template_vars),
            service_name=self.settings.service_name,
        )
        prefix = os.environ.get(
            "JUPYTERHUB_SERVICE_PREFIX", f"/services/{self.settings.service_name}/"
        )
        secret = cookie_secret(os.environ["JUPYTERHUB_API_TOKEN"])
        proxies = TrustedProxies(self.settings.trusted_downstream_ips)
        rates = RequestRates(self.settings.requests_per_minute)
        return make_application(context, prefix, secret, proxies, rates)

    def pull_secrets(self) -> PullSecrets:
        """Decide where the names of pull secrets come from."""
        if self.settings.pull_secrets is None and on_kubernetes():
            try:
                from hub_images.service.kubernetes import SecretNames
            except ImportError:  # a hub in a pod whose users' servers are elsewhere
                return PullSecrets(None, no_client)
            return PullSecrets(None, SecretNames(self.settings.namespace or None))
        return PullSecrets(self.settings.pull_secrets)


def cookie_secret(api_token: str) -> bytes:
    """Return what cookies are signed with: they survive a restart of the service, not the hub's."""
    return hashlib.sha256(b"hub-images cookies " + api_token.encode()).digest()


def listening_address(host: str | None) -> str:
    """Return the address to listen on, so that the proxy reaches the service at `host`.

    An IP address or localhost is that address itself. Any other name may belong to something
    in between, such as a Kubernetes Service: then listen on all addresses.
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
