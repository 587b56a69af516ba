"""Real PostgreSQL and MariaDB servers for tests, each a process of its own.

Guarantees: a server listens on a free loopback port, keeps everything in a temporary
folder, and is gone when its `with` block ends or the process that started it dies,
however it dies. Nothing of a server that the system runs is used or touched. No root is
needed; started by root, a server runs as the account that Debian made for it, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import Any, Literal, get_args

from tests.support.database_server import PASSWORD, USER, DatabaseServer

__all__ = [
    "SERVER_KINDS",
    "DatabaseServer",
    "Kind",
    "MariaServer",
    "PostgresServer",
    "make_server",
    "missing_reason",
]

Kind = Literal["postgresql", "mariadb"]
SERVER_KINDS: tuple[Kind, ...] = get_args(Kind)


def missing_reason(kind: Kind) -> str | None:
    """Return a sentence on what this machine lacks to run such a server, None if nothing."""
    return _SERVERS[kind].missing_reason()


def make_server(kind: Kind) -> DatabaseServer:
    """Return a server of that kind, to be started by `with`."""
    return _SERVERS[kind]()


def _version(folder: Path) -> int:
    """Return the major version in `/usr/lib/postgresql/VERSION/bin`, 0 elsewhere."""
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


class PostgresServer(DatabaseServer):
    """A PostgreSQL server that sorts and compares as one set up for English does."""

    title = "PostgreSQL"
    package = "postgresql"
    account = "postgres"
    programs = ("initdb", "postgres")
    # Debian's place for them, off everyone's PATH; the newest version first.
    folders = tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True))
    stop_signal = signal.SIGINT  # "fast": open connections are ended, not waited for

    def _initialise(self) -> None:
        initdb = self._program("initdb")
        # Not plain C: a query that relies on the order of bytes is to fail here as it
        # would on most people's servers.
        locale = ["--locale=C.UTF-8"]
        if not 0 < _version(initdb.parent) < 15:
            locale += ["--locale-provider=icu", "--icu-locale=en-US"]
        access = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        place = [f"--pgdata={self._data}", "--encoding=UTF8", "--no-sync"]
        self._run([str(initdb), *place, *locale, *access])

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "32MB",
            # A commit that is written but not flushed outlives any process, this server's
            # included; only a power cut would lose it, and no test makes one.
            "fsync": "off",
            "full_page_writes": "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._program("postgres")), "-D", str(self._data), f"-p{self.port}", *options]

    def _connect(self) -> Any:
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.folder), port=self.port, user="postgres", connect_timeout=2
        )
        connection.autocommit = True
        return connection

    def _answers(self) -> bool:
        import psycopg2

        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _create(self, name: str) -> None:
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (USER,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            cursor.execute(f"CREATE DATABASE {name} OWNER {USER}")

    def drop_database(self, name: str) -> None:
        """Remove a database, with all connections to it."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg2://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"


class MariaServer(DatabaseServer):
    """A MariaDB server with the character set and collation of Debian's configuration."""

    title = "MariaDB"
    package = "mariadb-server"
    account = "mysql"
    programs = ("mariadb-install-db", "mariadbd")
    stop_signal = signal.SIGTERM

    def _initialise(self) -> None:
        access = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        program = str(self._program("mariadb-install-db"))
        self._run([program, "--no-defaults", f"--datadir={self._data}", *access])

    def _command(self) -> list[str]:
        return [
            str(self._program("mariadbd")),
            "--no-defaults",
            f"--datadir={self._data}",
            f"--tmpdir={self.folder}",
            f"--socket={self._socket}",
            f"--pid-file={self.folder / 'mariadb.pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--max-connections=200",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_general_ci",
            "--innodb-buffer-pool-size=32M",
            # Written at each commit, flushed by nobody: see PostgresServer's fsync.
            "--innodb-flush-log-at-trx-commit=2",
            "--loose-innodb-flush-method=nosync",
        ]

    @property
    def _socket(self) -> Path:
        return self.folder / "mariadb.sock"

    def _connect(self) -> Any:
        import pymysql

        return pymysql.connect(
            unix_socket=str(self._socket), user="root", connect_timeout=2, read_timeout=10
        )

    def _answers(self) -> bool:
        import pymysql

        try:
            self._connect().close()
        except pymysql.OperationalError:
            return False
        return True

    def _create(self, name: str) -> None:
        account = f"{USER}@127.0.0.1"
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute(f"GRANT ALL ON {name}.* TO {account}")

    def drop_database(self, name: str) -> None:
        """Remove a database; MariaDB lets the connections to it be."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")

    def _url(self, name: str) -> str:
        return f"mysql+pymysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}?charset=utf8mb4"


_SERVERS: dict[Kind, type[DatabaseServer]] = {
    "postgresql": PostgresServer,
    "mariadb": MariaServer,
}
