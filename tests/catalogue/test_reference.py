"""What people see of a reference."""

from __future__ import annotations

import re

import pytest

from hub_images.catalogue.reference import (
    SCRIPT_PATTERN,
    moving_tag,
    reference_problem,
    shown_parts,
    shown_tag,
    without_scheme,
)

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
    ("typed", "reference", "scheme"),
    [
        ("https://quay.io/jupyter/base:1", "quay.io/jupyter/base:1", "https://"),
        ("HTTP://localhost/base", "localhost/base", "http://"),
        ("http://registry:5000/a/b", "registry:5000/a/b", "http://"),
        (f"https://quay.io/a/b@{_DIGEST}", f"quay.io/a/b@{_DIGEST}", "https://"),
        ("docker://python:3.13", "python:3.13", "docker://"),
        # these would mean another image, or none
        ("https://python", "https://python", ""),
        ("http://jupyter/base", "http://jupyter/base", ""),
        ("https://quay.io/jupyter/base?tab=tags", "https://quay.io/jupyter/base?tab=tags", ""),
        ("https://quay.io/Jupyter/base", "https://quay.io/Jupyter/base", ""),
        ("https://quay.io/jupyter/base/", "https://quay.io/jupyter/base/", ""),
        ("https://https://quay.io/a", "https://https://quay.io/a", ""),
        ("https://user:secret@quay.io/a/b", "https://user:secret@quay.io/a/b", ""),
        ("ftp://quay.io/a/b", "ftp://quay.io/a/b", ""),
        ("https://", "https://", ""),
        ("quay.io/a/b", "quay.io/a/b", ""),
        ("", "", ""),
    ],
)
def test_a_scheme_is_taken_off_a_reference_only(typed: str, reference: str, scheme: str) -> None:
    """What follows has to be a reference, of a host that it names."""
    assert without_scheme(typed) == (reference, scheme)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("lab", "missing"),
        ("localhost:5000/lab", "missing"),
        ("lab:latest", "latest"),
        ("lab:latest-2025", None),
        ("lab:1", None),
        (f"lab@{_DIGEST}", None),
        (f"lab:latest@{_DIGEST}", None),
    ],
)
def test_moving_tag(reference: str, why: str | None) -> None:
    """No tag, or latest; a digest holds whatever the tag is."""
    assert moving_tag(reference) == why


def test_scripts_read_references_by_the_same_pattern() -> None:
    """Only the names of its groups are written in JavaScript's way."""
    pattern = re.compile(SCRIPT_PATTERN.replace("(?<", "(?P<"))
    for reference in ("lab", "localhost:5000/a/b:1", f"quay.io/a/b:1@{_DIGEST}"):
        assert pattern.match(reference)
        assert reference_problem(reference) is None
    for wrong in ("", "quay.io/Jupyter", "a b", "lab:1:2"):
        assert not pattern.match(wrong)


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
