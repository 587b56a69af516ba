"""Hubs for benchmarks: real ones, with more users than those of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.hooks import INSTANCE_TYPES
from tests.support.hub import Hub
from tests.support.processes import descendants, free_port


def make_hub(folder: Path, *, extra: str = "", **rest: Any) -> Hub:
    """Prepare a hub in a folder of its own, which lets everyone in; quiet, to measure it alone."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "c.Authenticator.allow_all = True",
        "c.JupyterHub.log_level = 'WARN'",
        "c.HubImages.requests_per_minute = 0",  # a benchmark is one caller
        f"c.HubImages.instance_types = {INSTANCE_TYPES!r}",
    ]
    return Hub(folder, extra="\n".join([*lines, extra]), **rest)


def bare_service(body: Path | None = None) -> str:
    """Return lines of configuration that add `bench.bare_service` as the service `bare`."""
    environment: Mapping[str, str] = {"BENCH_BODY": str(body)} if body else {}
    return f"""
c.JupyterHub.services.append({{
    "name": "bare", "url": "http://127.0.0.1:{free_port()}", "environment": {environment!r},
    "command": [sys.executable, "-m", "tests.bench.bare_service"], "oauth_no_confirm": True,
}})
"""


def service_pid(hub: Hub, module: str) -> int:
    """Return the process id of the hub's service that runs the Python module."""
    for pid in descendants(hub.pid):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if module.encode() in arguments:
            return pid
    raise LookupError(f"no process of {module} runs below the hub")
