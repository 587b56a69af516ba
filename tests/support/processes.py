"""Processes that tests start: their ports, their children, and their end.

Guarantees: what a `Watcher` was given is gone soon after the process that made the
`Watcher`, however that one ended.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

GONE_SECONDS = 30


class Watcher:
    """Ends the process `pid`, with all below it, and removes `folder`, if this process dies.

    A process of its own, because nothing here runs after `kill -9`; not the kernel's
    parent-death signal, which is sent when the starting thread ends, not the process.
    """

    def __init__(self, pid: int, folder: Path) -> None:
        # -P: a module beside this one must not hide one of the standard library.
        self._process = subprocess.Popen(
            [sys.executable, "-PS", __file__, str(pid), str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal is for pytest
        )

    def dismiss(self) -> None:
        """Watch no longer, because the process has ended in good order."""
        self._process.communicate(b"dismissed")


def free_port() -> int:
    """Return a loopback port that nothing listens on.

    Below the range from which the system takes the ports of outgoing connections, so that
    none of those takes it while the server is stopped.
    """
    choice = random.SystemRandom()  # hypothesis seeds the module's own alike in every run
    for _attempt in range(100):
        port = choice.randrange(15000, 30000)
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("No free port was found on 127.0.0.1.")


def descendants(pid: int) -> list[int]:
    """Return the ids of the processes below `pid`, parents first."""
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in listing.read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def signal_tree(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, then to all below it, and to those it made meanwhile."""
    reached: set[int] = set()
    remaining = {pid}
    while remaining:
        for process in remaining:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        reached |= remaining
        remaining = set(descendants(pid)) - reached


def kill_tree(pid: int) -> None:
    """Kill a process and all below it; each backend of PostgreSQL is a session of its own."""
    signal_tree(pid, signal.SIGSTOP)
    for process in [*descendants(pid), pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _watch(pid: int, folder: Path) -> None:
    """Wait for the end of whoever holds the other end of standard input, then clean up."""
    if sys.stdin.buffer.read():  # the word of `Watcher.dismiss`; nothing when the writer died
        return
    kill_tree(pid)
    deadline = time.monotonic() + GONE_SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _watch(int(sys.argv[1]), Path(sys.argv[2]))
