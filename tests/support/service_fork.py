"""A program that starts the service again and again without importing it each time.

It imports everything once, then forks one service for each line of JSON on its standard
input: {"environment": {…}, "log": "…", "file_size": bytes or null}; it answers with the
process id. So a test that kills the service a hundred times is not a test of imports.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import TypedDict

import hub_images.service.app


class _Order(TypedDict):
    environment: dict[str, str]
    log: str
    file_size: int | None


def _serve(order: _Order) -> None:
    """Become the service, as its console script would."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["environment"])
    if size := order["file_size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # clients of one name, who send as fast as they can
    hub_images.service.app.main(["--HubImages.requests_per_minute=0"])


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                _serve(json.loads(line))
            finally:
                os._exit(1)
        print(pid, flush=True)
