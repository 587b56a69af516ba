"""What people see of a reference."""

from __future__ import annotations

import pytest

from hub_images.catalogue.reference import shown_parts, shown_tag

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


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("python", ("python", "")),
        ("python:3.13", ("python", ":3.13")),
        ("registry:5000/team/lab", ("registry:5000/team/lab", "")),
        ("registry:5000/team/lab:1", ("registry:5000/team/lab", ":1")),
        (f"quay.io/lab@sha256:{'5f0c8a1e' * 8}", ("quay.io/lab", "@sha256:5f0c8a1e5f0c")),
        (f"quay.io/lab:1@sha256:{'5f0c8a1e' * 8}", ("quay.io/lab", ":1@sha256:5f0c8a1e5f0c")),
    ],
)
def test_shown_parts(reference: str, parts: tuple[str, str]) -> None:
    """The tag is whole, a digest is cut; a port is no tag."""
    assert shown_parts(reference) == parts
