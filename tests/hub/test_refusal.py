"""Refused starts do not take the hub down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.starts import recording_hub, start

pytestmark = pytest.mark.hub


def test_refused_starts_are_no_broken_hub(folder: Path) -> None:
    """More refusals than `consecutive_failure_limit` leave the hub running."""
    with recording_hub(folder, extra="c.Spawner.consecutive_failure_limit = 3\n") as hub:
        for _attempt in range(6):
            assert start(hub, "student", {"image": "secret"}).status_code == 403
        assert start(hub, "student", {"image": "scipy"}).status_code == 201
        assert "Aborting" not in hub.log()
