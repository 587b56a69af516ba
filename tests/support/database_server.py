"""What the database servers for tests have in common; `tests.support.databases` has them."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

from tests.support.processes import Watcher, free_port, kill_tree, signal_tree

START_SECONDS = 60
STOP_SECONDS = 30
USER = "hub_images"
PASSWORD = "not-a-secret"


class DatabaseServer(ABC):
    """One server: `with PostgresServer() as server: url = server.create_database()`.

    `stop` and `start` end it and bring it back on the same port with the same data;
    `pause` and `resume` make it hang without answering and go on. Raises RuntimeError, with
    the end of its log, when it does not start.
    """

    title: ClassVar[str]
    package: ClassVar[str]
    """Debian's package of it."""
    account: ClassVar[str]
    """The account that Debian makes for it; used only by root."""
    programs: ClassVar[tuple[str, ...]]
    """What it cannot do without, the server itself among them."""
    folders: ClassVar[tuple[Path, ...]] = (Path("/usr/sbin"), Path("/usr/local/sbin"))
    """Where else its programs may be, beside the PATH."""
    stop_signal: ClassVar[signal.Signals]

    @classmethod
    def find_program(cls, name: str) -> Path | None:
        """Return the path of one of the server's programs, None where it is missing."""
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), *map(str, cls.folders)))
        program = shutil.which(name, path=path)
        return Path(program) if program else None

    @classmethod
    def missing_reason(cls) -> str | None:
        """Return a sentence on what this machine lacks to run it, None if nothing."""
        advice = f"install it with `apt-get install {cls.package}`."
        for name in cls.programs:
            if cls.find_program(name) is None:
                return f"{cls.title}'s {name} is not on this machine: {advice}"
        if os.geteuid() == 0:
            try:
                pwd.getpwnam(cls.account)
            except KeyError:
                return (
                    f"{cls.title} does not run as root, and there is no account "
                    f"{cls.account}: {advice}"
                )
        return None

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None
        # As root, Popen changes to the account before it executes the program.
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(self.account)
            self._identity = {
                "user": account.pw_uid,
                "group": account.pw_gid,
                "extra_groups": [],
            }

    def __enter__(self) -> Self:
        # Not below pytest's tmp_path: its parents are closed to the server's account, and
        # the path of a unix socket must stay below 108 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="hub-images-", dir="/tmp"))
        self._data = self.folder / "data"
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise RuntimeError(f"The {self.title} server is not running.")
        return self._process.pid

    def create_database(self, name: str | None = None) -> str:
        """Make an empty database and return its SQLAlchemy URL, for a user who is no superuser."""
        name = name or f"test_{secrets.token_hex(6)}"
        self._create(name)
        return self._url(name)

    @abstractmethod
    def drop_database(self, name: str) -> None:
        """Remove a database, with all connections to it."""

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self._process is not None:
            raise RuntimeError(f"The {self.title} server is running already.")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # a Ctrl-C in the terminal is for pytest
                **self._identity,
            )
        self._watcher = Watcher(self._process.pid, self.folder)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The {self.title} server did not start:\n{self._log_end()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server in good order, open connections or not; its data stays."""
        if self._process is not None:
            if self._process.poll() is None:
                self.resume()
                self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                kill_tree(self._process.pid)
                self._process.wait()
            self._process = None
        if self._watcher is not None:
            self._watcher.dismiss()
            self._watcher = None

    def pause(self) -> None:
        """Stop every process of the server in its tracks: connections open, nothing answers."""
        signal_tree(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on; what was sent to it meanwhile is answered now."""
        signal_tree(self.pid, signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    def _run(self, command: list[str]) -> None:
        """Run a program as the server's account; raises RuntimeError with what it said."""
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            check=False,
            **self._identity,
        )
        if result.returncode != 0:
            output = result.stdout.decode(errors="replace")
            raise RuntimeError(f"{command[0]} failed with {result.returncode}:\n{output[-3000:]}")

    def _program(self, name: str) -> Path:
        program = self.find_program(name)
        if program is None:
            raise RuntimeError(self.missing_reason())
        return program

    @abstractmethod
    def _initialise(self) -> None:
        """Make the data folder."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def _connect(self) -> Any:
        """Return a new connection of the superuser, as the server's driver has it."""

    @abstractmethod
    def _answers(self) -> bool:
        """Say whether the superuser can connect now."""

    @abstractmethod
    def _create(self, name: str) -> None:
        """Make the database `name`, owned by `USER`."""

    @abstractmethod
    def _url(self, name: str) -> str:
        """Return the SQLAlchemy URL of the database `name` for `USER`."""
