"""The page that is written: machine, versions, table, method, and what was learned.

What was learned is prose, written in `tests/bench/learned.md`; everything else is measured.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.bench.findings import Part
from tests.support.databases import MariaServer, PostgresServer
from tests.support.requirements import chromium

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
LEARNED = Path(__file__).parent / "learned.md"

_HEAD = """# Performance

`make bench` writes this page: the figures from its measurements, the words from `tests/bench/`.
Speed and memory are ratios to a named peer in the same run; for speed, the two take turns. The
figures are medians, with the quartiles in brackets, or the extremes of fewer than five values. A
time alone says more about the machine than about the program; only the size of the form and the
time of a key have limits of their own.
"""


def write_page(parts: Sequence[Part], seconds: float, load: Sequence[float]) -> None:
    """Write `docs/performance.md`."""
    findings = [finding for part in parts for finding in part.findings]
    met = sum(finding.met for finding in findings)
    rows = [
        f"| {f.what} | {f.goal.text} | {f.measured} | {'met' if f.met else '**missed**'} |"
        for f in findings
    ]
    also = [f"- {line}" for part in parts for line in part.also]
    before, after = load
    sections = [
        _HEAD,
        f"`make bench` on {machine()}. {versions()}. It took {seconds / 60:.0f} minutes; the load "
        f"average was {before:.1f} when it began and {after:.1f} when it ended.\n",
        "## Figures\n",
        f"{met} of {len(findings)} goals are met.\n",
        "\n".join(["| what | goal | measured | |", "|---|---|---|---|", *rows]) + "\n",
        "Beside them:\n\n" + "\n".join(also) + "\n",
        LEARNED.read_text(),
        "## How it was measured\n" + "".join(part.method for part in parts),
    ]
    PAGE.write_text("\n".join(sections))


def machine() -> str:
    """Return CPU, cores and memory."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(line.partition(":")[2].strip() for line in info if line.startswith("model name"))
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {gib:.0f} GiB of memory, {platform.system()}"


def versions() -> str:
    """Return the versions of what took part."""
    found = [f"Python {platform.python_version()}"]
    packages = {
        "JupyterHub": "jupyterhub", "KubeSpawner": "jupyterhub-kubespawner",
        "SQLAlchemy": "sqlalchemy", "Tornado": "tornado",
    }  # fmt: skip
    found += [f"{name} {version(package)}" for name, package in packages.items()]
    found.append(f"SQLite {sqlite3.sqlite_version}")
    for server, program in ((PostgresServer, "postgres"), (MariaServer, "mariadbd")):
        path = server.find_program(program)
        found.append(f"{server.title} {_number(path)}" if path else f"no {server.title}")
    browser = chromium()
    found.append(f"Chromium {_number(browser)}" if browser else "no Chromium")
    return ", ".join(found)


def _number(program: str | Path) -> str:
    """Return what looks like a version number in what the program says of itself."""
    answer = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=False
    )
    words = [word.rstrip(",") for word in answer.stdout.replace("-MariaDB", " ").split()]
    return next((word for word in words if word[:1].isdigit()), "of unknown version")
