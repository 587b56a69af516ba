"""The base of all commands (log, `--config`, settings), and `upgrade-db`."""

from __future__ import annotations

import logging
import os
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tornado.log import LogFormatter
from traitlets import Unicode, default
from traitlets.config import Application, catch_config_error

from hub_images import __version__
from hub_images.settings import HubImages, load_settings
from hub_images.settings_file import take_message
from hub_images.store.engine import make_engine
from hub_images.store.snapshots import mend
from hub_images.store.upgrade import DatabaseNotReady, head_revision, upgrade


class Command(Application):
    """A program with a configuration file and the settings of hub-images."""

    version = __version__
    # half of its configuration could send a program to the wrong database
    raise_config_file_errors = True
    classes = [HubImages]
    config_file = Unicode(
        "", help="Configuration file with c.HubImages, such as jupyterhub_config.py."
    ).tag(config=True)
    aliases = {
        "config": "Command.config_file",
        "f": "Command.config_file",
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

    _log_formatter_cls: Any = LogFormatter  # typed as one of traitlets' own

    @catch_config_error
    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the command line and the configuration file that it names, if any."""
        super().initialize(argv)
        if self.config_file:
            if not os.path.exists(self.config_file):
                self.exit_with(f"There is no configuration file {self.config_file}.")
            if not self.config_file.endswith((".py", ".json")):
                self.exit_with(f"{self.config_file}: the file's name must end in .py or .json.")
            try:
                self.load_config_file(self.config_file, path=os.getcwd())
            except Exception as error:  # noqa: BLE001 (the file is a program)
                self.exit_with(f"{self.config_file}: {type(error).__name__}: {error}")
        self.set_up_logging()
        try:
            self.settings = load_settings(self.config, take_message())
        except ValueError as error:
            self.exit_with(str(error))

    def set_up_logging(self) -> None:
        """Send our modules' log to the application's."""
        self.log_like_this("hub_images")

    def log_like_this(self, *names: str) -> None:
        """Give the named loggers the application's handlers and level."""
        for name in names:
            logger = logging.getLogger(name)
            logger.propagate = False
            logger.handlers = list(self.log.handlers)
            logger.setLevel(self.log.level)

    def exit_with(self, sentence: str) -> None:
        """Log what is wrong and exit with status 1."""
        self.log.critical("%s", sentence)
        self.exit(1)


class UpgradeDb(Command):
    """Upgrades the database to this version's revision."""

    name = "hub-images-upgrade-db"
    description = (
        "Create the tables in an empty database, or upgrade those of an older version; accept a "
        "catalogue whose tables were changed by hand."
    )

    def start(self) -> None:
        """Upgrade the database and log what happened."""
        engine = make_engine(self.settings.database_url)
        try:
            changed = upgrade(engine)
            mended = mend(engine)
        except DatabaseNotReady as error:
            self.exit_with(str(error))
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or type(error).__name__
            self.exit_with(f"Could not upgrade the database: {reason}")
        if changed:
            self.log.info("Upgraded the database to revision %s.", head_revision())
        else:
            self.log.info("The database is already at revision %s.", head_revision())
        if mended:
            self.log.warning(
                "The catalogue did not match its seal. Sealed it as it is now; "
                "check that no image is missing."
            )
