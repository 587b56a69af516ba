"""What people see of a reference."""

from __future__ import annotations

import pytest

from hub_images.catalogue.reference import shown_tag

_DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("quay.io/jupyter/scipy-notebook:2025-12-31", "2025-12-31"),
        (f"quay.io/jupyter/scipy-notebook:2025-12-31@{_DIGEST}", "2025-12-31"),
        (f"quay.io/jupyter/scipy-notebook@{_DIGEST}", "0123456789ab"),
        (f"localhost:5000/lab@{_DIGEST}", "0123456789ab"),
        ("localhost:5000/lab", "latest"),
        ("lab", "latest"),
        ("lab:7", "7"),
    ],
)
def test_shown_tag(reference: str, shown: str) -> None:
    """The tag; without one, the beginning of the digest; with neither, what runtimes take."""
    assert shown_tag(reference) == shown
