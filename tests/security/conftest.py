"""The hub that the tests in this folder attack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.attacks import AttackedHub

#: A proxy in front of the hub's own, as the tests claim to be.
EXTRA = 'c.JupyterHub.trusted_downstream_ips = ["10.0.0.7"]\n'


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    """Run a hub with an image."""
    with AttackedHub(tmp_path_factory.mktemp("attacked"), extra=EXTRA) as running:
        running.add_image("there")
        yield running
