"""What tests need beside Python packages, and what happens where it is missing.

Guarantees: without it a test is skipped with a sentence on how to get it; in CI, where
everything must run, it fails with the same sentence. Only this module decides which.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def all_required() -> bool:
    """Say whether a missing requirement is a failure: CI=true or HUB_IMAGES_REQUIRE_ALL=1."""
    return os.environ.get("CI") == "true" or os.environ.get("HUB_IMAGES_REQUIRE_ALL") == "1"


def require(missing: str | None) -> None:
    """Go on where `missing` is None; else skip the test, or fail it in CI, for that reason."""
    if missing is None:
        return
    if all_required():
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def chromium() -> str | None:
    """Return the path of Chromium: $CHROMIUM, else Debian's; None where there is none."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    return shutil.which("chromium") or _existing("/usr/bin/chromium")


def chromium_missing() -> str | None:
    """Return a sentence on how to get Chromium, None where it is there."""
    if chromium():
        return None
    if chosen := os.environ.get("CHROMIUM"):
        return f"CHROMIUM names {chosen}, which is no program on this machine."
    return (
        "Chromium is not on this machine: install it with `apt-get install chromium`, "
        "or name it in CHROMIUM."
    )


def etcd() -> str | None:
    """Return the path of etcd, which a Kubernetes API server keeps its objects in."""
    return shutil.which("etcd") or _existing("/usr/bin/etcd")


def etcd_missing() -> str | None:
    """Return a sentence on how to get etcd, None where it is there."""
    if etcd():
        return None
    return "etcd is not on this machine: install it with `apt-get install etcd-server`."


def sqlite_program_missing() -> str | None:
    """Return a sentence on how to get SQLite's own program, None where it is there."""
    if shutil.which("sqlite3"):
        return None
    return "The program sqlite3 is not on this machine: install it with `apt-get install sqlite3`."


def _existing(path: str) -> str | None:
    return path if Path(path).is_file() else None
