"""What a valid image is: each rule of the contract's table, and its sentence."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import parse_image
from hub_images.catalogue.reference import reference_problem


@pytest.mark.parametrize(
    "name", ["a", "0", "a-b_c", "a" * 63, "0a9", "a--b", "a__b", "my-image-2", " padded "]
)
def test_valid_names(name: str) -> None:
    """Lower-case letters, digits, - and _, beginning and ending with a letter or digit."""
    assert parse_image({"name": name}).name == name.strip()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give a name."),
        ("   ", "Give a name."),
        ("A", "Use only lower-case letters, digits, - and _."),
        ("a b", "Use only lower-case letters, digits, - and _."),
        ("a.b", "Use only lower-case letters, digits, - and _."),
        ("é", "Use only lower-case letters, digits, - and _."),
        ("٣", "Use only lower-case letters, digits, - and _."),
        ("a/b", "Use only lower-case letters, digits, - and _."),
        ("-a", "Begin and end with a letter or digit."),
        ("a_", "Begin and end with a letter or digit."),
        ("-", "Begin and end with a letter or digit."),
        ("a" * 64, "Use at most 63 characters."),
    ],
)
def test_invalid_names(name: str, sentence: str) -> None:
    """What is wrong with a name is said in a sentence."""
    with pytest.raises(InvalidFields) as caught:
        parse_image({"name": name})
    assert caught.value.errors == {"name": [sentence]}


@pytest.mark.parametrize(
    "reference",
    [
        "ubuntu",
        "ubuntu:24.04",
        "library/ubuntu",
        "quay.io/jupyter/scipy-notebook:2025-03-10",
        "localhost:5000/a/b/c:tag",
        "Registry.Example.ORG/team/image:v1",
        "registry.example.org:443/a__b/c--d/e.f:T_a.g-1",
        "[::1]:5000/image",
        "gcr.io/p/i@sha256:" + "a" * 64,
        "gcr.io/p/i:tag@sha256:" + "0" * 64,
        "x/y:" + "t" * 128,
        "a" * 255,
    ],
)
def test_valid_references(reference: str) -> None:
    """The grammar of container image references."""
    assert reference_problem(reference) is None
    assert parse_image({"name": "a", "url": f" {reference}\n"}).url == reference


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("https://quay.io/a", "Leave out https://"),
        ("docker://quay.io/a", "Leave out docker://"),
        ("a b", "Leave out the blanks"),
        ("a\tb", "Leave out the blanks"),
        ("quay.io/Jupyter/x", "lower-case"),
        ("UPPER", "lower-case"),
        ("a@sha256:123", "digest"),
        ("a@md5:" + "0" * 32, "digest"),
        ("a@sha256:" + "A" * 64, "digest"),
        ("a:", "tag"),
        ("a:-x", "tag"),
        ("a:" + "t" * 129, "tag"),
        ("a:b:c", "tag"),
        ("a//b", "Write a container image reference"),
        ("/a", "Write a container image reference"),
        ("a/", "Write a container image reference"),
        ("-a", "Write a container image reference"),
        ("a..b", "Write a container image reference"),
        ("a" * 256, "at most 255"),
        ("f" * 64, "image ID"),
        ("a;rm -rf", "Leave out the blanks"),
        ("a$(id)", "Write a container image reference"),
        ("ünïcode", "Write a container image reference"),
        ("a" * 600, "at most 512"),
    ],
)
def test_invalid_references(reference: str, words: str) -> None:
    """What is no reference is refused with a sentence that says why."""
    problem = reference_problem(reference)
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, {"display_name": "a", "type": "universal", "url": "", "is_global": False}),
        ({"display_name": "  X  "}, {"display_name": "X"}),
        ({"display_name": "x" * 200}, {"display_name": "x" * 200}),
        ({"description": " two\nlines "}, {"description": "two\nlines"}),
        ({"description": "x" * 2000}, {"description": "x" * 2000}),
        ({"url": None}, {"url": ""}),
        ({"gpu_url": None}, {"gpu_url": None}),
        ({"gpu_url": "  "}, {"gpu_url": None}),
        ({"gpu_url": "x/y:gpu"}, {"gpu_url": "x/y:gpu"}),
        ({"type": "cpu", "gpu_url": None}, {"gpu_url": None}),
        ({"pull_secret": ""}, {"pull_secret": None}),
        ({"pull_secret": "my.secret-1"}, {"pull_secret": "my.secret-1"}),
        ({"groups": ["b", " a ", "b"]}, {"groups": ["b", " a "]}),
        ({"version": 7, "ready": "x", "created_by": 1}, {"name": "a"}),
    ],
)
def test_what_comes_out(data: dict[str, Any], expected: dict[str, Any]) -> None:
    """Trimmed, consistent, and with the defaults of the API."""
    spec = parse_image({"name": "a", **data})
    assert {key: getattr(spec, key) for key in expected} == expected


def test_all_errors_at_once() -> None:
    """Whoever sends five mistakes reads of five."""
    with pytest.raises(InvalidFields) as caught:
        parse_image({"name": "A", "type": "x", "url": "a b", "enabled": 1, "more": 1})
    assert set(caught.value.errors) == {"name", "type", "url", "enabled", "more"}
