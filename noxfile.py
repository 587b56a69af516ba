"""Runs what touches the hub against each supported JupyterHub, one environment each.

The environments stand outside the checkout and are used again, so that only the first run
has to fill them.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

# The extra requirement makes 5.5 the one that zero-to-jupyterhub's chart ships.
VERSIONS = {
    "5.3": ["jupyterhub==5.3.*"],
    "5.5": ["jupyterhub==5.5.*", "sqlalchemy==2.0.*"],
    "6.1": ["jupyterhub==6.1.*"],
}

EXTRAS = "demo,kubernetes,mysql,postgresql"

_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
nox.options.envdir = str(_cache / "hub-images" / "nox")
nox.options.reuse_venv = "yes"
nox.options.default_venv_backend = "venv"
nox.options.stop_on_first_error = False


@nox.session
@nox.parametrize("version", [nox.param(version, id=version) for version in VERSIONS])
def hub(session: nox.Session, version: str) -> None:
    """Run `pytest -m hub`, with further arguments from after `--`."""
    session.install("--quiet", "pip>=25.1")  # the first that knows dependency groups
    session.install("--quiet", "-e", f".[{EXTRAS}]", "--group", "tests", *VERSIONS[version])
    session.run("jupyterhub", "--version")
    side_by_side = ["-n", str(min(os.cpu_count() or 2, 8)), "--dist", "loadscope"]
    session.run("python", "-m", "pytest", "-m", "hub", *side_by_side, *session.posargs)
