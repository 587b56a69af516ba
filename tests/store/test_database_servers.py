"""The database servers that other tests rely on do what those tests take for granted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.support.databases import DatabaseServer, MariaServer, PostgresServer
from tests.support.requirements import require

SERVERS = [PostgresServer, MariaServer]
EVERYTHING = "Zażółć gęślą jaźń, 画像, صورة, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢, 👩🏽‍🔬"


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.title)
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """Run a server of each kind."""
    require(request.param.missing_reason())
    with request.param() as running:
        yield running


@pytest.fixture
def engine(server: DatabaseServer, patience: Callable[[int], dict[str, int]]) -> Iterator[Engine]:
    """Make an engine on a fresh database that waits two seconds for an answer, no longer."""
    made = create_engine(server.create_database(), poolclass=NullPool, connect_args=patience(2))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"))
    yield made
    made.dispose()


@pytest.fixture
def patience(server: DatabaseServer) -> Callable[[int], dict[str, int]]:
    """Give driver arguments for a limit in seconds on connecting, the handshake included."""
    if isinstance(server, PostgresServer):
        return lambda seconds: {"connect_timeout": seconds}
    return lambda seconds: {"connect_timeout": seconds, "read_timeout": seconds}


def test_answers(engine: Engine) -> None:
    """A fresh database can be queried."""
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_databases_are_separate_and_empty(server: DatabaseServer, engine: Engine) -> None:
    """A second database does not see the first one's table."""
    other = create_engine(server.create_database(), poolclass=NullPool)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))


def test_keeps_any_unicode(engine: Engine) -> None:
    """Text beyond the basic plane comes back as it went in."""
    write(engine, 1, EVERYTHING)
    assert read(engine, 1) == EVERYTHING


def test_sorts_unlike_bytes(engine: Engine) -> None:
    """The default order is a language's, so that no test passes by the order of bytes."""
    for number, body in enumerate(("a", "B", "c")):
        write(engine, number, body)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT body FROM note ORDER BY body")).scalars()
        assert list(rows) == ["a", "B", "c"]


def test_pause_hangs_and_resume_goes_on(server: DatabaseServer, engine: Engine) -> None:
    """A paused server lets clients run into their timeout; resumed, it answers."""
    server.pause()
    try:
        began = time.monotonic()
        with pytest.raises(OperationalError):
            read(engine, 1)
        # It hung: a server that is not there refuses at once.
        assert 1.5 < time.monotonic() - began < 10
    finally:
        server.resume()
    assert read(engine, 1) is None


def test_pause_holds_open_connections(server: DatabaseServer, engine: Engine) -> None:
    """The processes that serve open connections are paused too."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        server.pause()
        try:
            # a signal takes effect when a process is next scheduled; one that has just
            # ended stays as a zombie, because its parent is paused
            deadline = time.monotonic() + 20
            while True:
                found = (state(pid) for pid in tree(server.pid))
                states = [each for each in found if each not in (None, "Z")]
                if set(states) == {"T"} or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
        finally:
            server.resume()
        assert set(states) == {"T"}
        assert len(states) > (5 if isinstance(server, PostgresServer) else 0)
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_restart_keeps_data_and_port(server: DatabaseServer, engine: Engine) -> None:
    """Stopped, it refuses; started again, it is where it was with what it had."""
    write(engine, 1, "before")
    with engine.connect() as connection:  # one that is open does not keep it from stopping
        connection.execute(text("SELECT 1"))
        server.stop()
        with pytest.raises(OperationalError):
            read(engine, 1)
        server.start()
        connection.invalidate()
    assert read(engine, 1) == "before"


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("kind", SERVERS, ids=lambda server: server.title)
def test_dies_with_its_starter(kind: type[DatabaseServer], paused: bool) -> None:
    """After `kill -9` of the test run no process and no folder of the server is left."""
    require(kind.missing_reason())
    script = f"""if True:
        import threading, time
        from tests.support.databases import {kind.__name__}
        server = {kind.__name__}()
        # a thread that ends must not take the server along
        thread = threading.Thread(target=server.__enter__)
        thread.start()
        thread.join()
        time.sleep(0.5)
        server.create_database()
        if {paused}:
            server.pause()
        print(server.pid, server.folder, flush=True)
        time.sleep(60)
    """
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        processes = tree(int(pid))
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (
        Path(folder).exists() or any(state(process) not in (None, "Z") for process in processes)
    ):
        time.sleep(0.05)
    assert [state(process) for process in processes if state(process) not in (None, "Z")] == []
    assert not Path(folder).exists()


def test_failing_to_start_says_why(server: DatabaseServer) -> None:
    """The error of a server that does not start holds the end of its log."""
    with type(server)() as other:
        other.stop()
        own_port, other.port = other.port, server.port  # taken
        with pytest.raises(RuntimeError, match=r"(?i)address already in use"):
            other.start()
        other.port = own_port
        other.start()


def write(engine: Engine, number: int, body: str) -> None:
    """Store a row."""
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO note (id, body) VALUES (:number, :body)"),
            {"number": number, "body": body},
        )


def read(engine: Engine, number: int) -> str | None:
    """Return a row's text, None where there is no such row."""
    with engine.connect() as connection:
        found: str | None = connection.execute(
            text("SELECT body FROM note WHERE id = :number"), {"number": number}
        ).scalar()
        return found


def tree(pid: int) -> list[int]:
    """Return a process's id and those of its children."""
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--pid", str(pid), "--ppid", str(pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(line) for line in listing.stdout.split()]


def state(pid: int) -> str | None:
    """Return the kernel's letter for a process's state, None where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
