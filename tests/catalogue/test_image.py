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
        ({}, {"tags": [], "environment": {}, "command": None, "order": 0}),
        ({"tags": [" a ", "B", "A", "b"]}, {"tags": ["a", "B"]}),
        ({"tags": ["x" * 32] + [f"t{n}" for n in range(9)]}, {}),
        (
            {"documentation_url": " HTTPS://x.org/a?b#c "},
            {"documentation_url": "HTTPS://x.org/a?b#c"},
        ),
        ({"documentation_url": " "}, {"documentation_url": None}),
        ({"default_url": " /lab "}, {"default_url": "/lab"}),
        ({"default_url": "/"}, {"default_url": "/"}),
        ({"default_url": "/git-pull?repo=https://x.org/y"}, {}),
        ({"default_url": ""}, {"default_url": None}),
        ({"environment": {"_a1": " \n", "B": "x" * 4096}}, {}),
        ({"environment": {f"A{n}": "" for n in range(50)}}, {}),
        ({"environment": {"JUPYTER_ENABLE_LAB": "1", "jpy_x": ""}}, {}),
        ({"command": ["a", "", " b\n"]}, {"command": ["a", "", " b\n"]}),
        ({"command": []}, {"command": None}),
        ({"working_dir": " /a b "}, {"working_dir": "/a b"}),
        ({"image_pull_policy": ""}, {"image_pull_policy": None}),
        ({"order": -1000}, {"order": -1000}),
        ({"version": 7, "ready": "x", "created_by": 1}, {"name": "a"}),
    ],
)
def test_what_comes_out(data: dict[str, Any], expected: dict[str, Any]) -> None:
    """Trimmed, consistent, and with the defaults of the API."""
    spec = parse_image({"name": "a", **data})
    assert {key: getattr(spec, key) for key in expected} == expected


_SLASH = "Begin with /, and leave out scheme and host: for example, /lab."
_HOST = "Write an address that begins with http:// or https:// and names a host."


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"tags": ["a", " "]}, "Entry 2: Give the tag."),
        ({"tags": ["a", "x" * 33]}, "Entry 2: Use at most 32 characters."),
        ({"tags": ["a\nb"]}, "Entry 1: Write it on one line."),
        ({"tags": [f"t{n}" for n in range(11)]}, "Give at most 10 entries."),
        *(
            ({"documentation_url": url}, _HOST)
            for url in ("javascript:alert(1)", "//x", "x.org", "https://", "https://x:y", "http://[")
        ),
        ({"documentation_url": "https://x.org/a b"}, "Leave out blanks and backslashes."),
        ({"documentation_url": "https://" + "x" * 2000}, "Use at most 2,000 characters."),
        *(
            ({"default_url": url}, _SLASH)
            for url in ("lab", "https://x.org/", "\\\\x.org", "javascript:alert(1)")
        ),
        ({"default_url": "//x.org"}, "Leave out //."),
        ({"default_url": "/a//b"}, "Leave out //."),
        *(
            ({"default_url": url}, "Leave out blanks, backslashes and control characters.")
            for url in ("/\\x.org", "/a b", "/a\x9fb")
        ),
        ({"default_url": "/a\tb"}, "Write it on one line."),
        ({"environment": {"A": "", "B-C": ""}}, "B-C: Use only letters, digits and _ in a name, "
         "and no digit at its beginning."),
        ({"environment": {"1A": ""}}, "1A: Use only letters, digits and _ in a name, "
         "and no digit at its beginning."),
        *(
            ({"environment": {f"{prefix}X": ""}},
             f"{prefix}X: The hub itself sets the variables that begin with {prefix}.")
            for prefix in ("JUPYTERHUB_", "JPY_", "JUPYTER_IMAGE")
        ),
        ({"environment": {"A": 1}}, "A: This must be text."),
        ({"environment": {"A": "x" * 4097}}, "A: Use at most 4,096 characters."),
        ({"environment": {"A": "\0"}}, "A: Leave out control characters."),
        ({"environment": {f"A{n}": "" for n in range(51)}}, "Give at most 50 entries."),
        ({"environment": ["A=1"]}, "This must be a mapping."),
        ({"command": "start.sh"}, "This must be a list."),
        ({"command": ["a", 1]}, "Entry 2: This must be text."),
        ({"working_dir": "home"}, "Write an absolute path, which begins with /."),
        ({"image_pull_policy": "always"}, "Choose one of Always, IfNotPresent or Never."),
        *(({"order": order}, "This must be a whole number.") for order in (True, 1.5, "1", None)),
        ({"order": 1001}, "This must be at most 1000."),
        ({"order": -1001}, "This must be at least -1000."),
    ],
)  # fmt: skip
def test_what_cannot_start_or_be_found_by(data: dict[str, Any], sentence: str) -> None:
    """The sentence names the entry of a list by its number, that of a mapping by its key."""
    with pytest.raises(InvalidFields) as caught:
        parse_image({"name": "a", **data})
    assert caught.value.errors == {next(iter(data)): [sentence]}


@pytest.mark.parametrize("key", ["\ud800", "x" * 5000, ": ", "\n"])
def test_a_key_is_named_as_far_as_it_can_be(key: str) -> None:
    """A key that is too long is shortened, and one that is no Unicode text is shown as such."""
    with pytest.raises(InvalidFields) as caught:
        parse_image({"name": "a", "environment": {key: 1}})
    for sentence in caught.value.errors["environment"]:
        assert len(sentence.encode()) < 200


def test_all_errors_at_once() -> None:
    """Whoever sends five mistakes reads of five."""
    with pytest.raises(InvalidFields) as caught:
        parse_image({"name": "A", "type": "x", "url": "a b", "enabled": 1, "more": 1})
    assert set(caught.value.errors) == {"name", "type", "url", "enabled", "more"}
