"""Changes of several images: what each action makes of an image, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.bulk import ACTIONS, Outcome, marked, parse_bulk_change
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import image_fields, parse_image

OLD = "old.example.org:5000/lab"
_DIGEST = "@sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("action", "values", "before", "after"),
    [
        ("enable", {}, {"enabled": False}, {"enabled": True}),
        ("disable", {}, {"enabled": True}, {"enabled": False}),
        ("disable", {}, {"enabled": False}, {}),
        ("make-global", {}, {"groups": ["a"]}, {"global": True}),
        ("make-global", {}, {"global": True}, {}),
        ("add-groups", {"groups": ["b", "a", "b"]}, {"groups": ["a"]}, {"groups": ["a", "b"]}),
        ("add-groups", {"groups": ["a"]}, {"groups": ["b", "a"]}, {}),
        ("add-groups", {"groups": ["A "]}, {"groups": ["A"]}, {"groups": ["A", "A "]}),
        ("remove-groups", {"groups": ["a", "x"]}, {"groups": ["b", "a"]}, {"groups": ["b"]}),
        ("remove-groups", {"groups": ["A"]}, {"groups": ["a"]}, {}),
        ("set-pull-secret", {"pull_secret": " lab "}, {}, {"pull_secret": "lab"}),
        ("set-pull-secret", {"pull_secret": "lab"}, {"pull_secret": "lab"}, {}),
        ("remove-pull-secret", {}, {"pull_secret": "lab"}, {"pull_secret": None}),
        ("add-tags", {"tags": [" R ", "gpu"]}, {"tags": ["r"]}, {"tags": ["r", "gpu"]}),
        ("add-tags", {"tags": ["R"]}, {"tags": ["r"]}, {}),
        ("remove-tags", {"tags": ["GPU"]}, {"tags": ["r", "gpu"]}, {"tags": ["r"]}),
        ("remove-tags", {"tags": ["x"]}, {"tags": ["r"]}, {}),
        (
            "replace", {"find": OLD, "put": "quay.io/uni"},
            {"url": f"{OLD}/a:1", "gpu_url": f"{OLD}/a:gpu"},
            {"url": "quay.io/uni/a:1", "gpu_url": "quay.io/uni/a:gpu"},
        ),
        ("replace", {"find": " :1 ", "put": " :2"}, {"url": "a/b:1"}, {"url": "a/b:2"}),
        ("replace", {"find": "-rc", "put": ""}, {"url": "a/b:1-rc"}, {"url": "a/b:1"}),
        ("replace", {"find": _DIGEST, "put": ":1"}, {"url": f"a/b{_DIGEST}"}, {"url": "a/b:1"}),
        ("replace", {"find": "x", "put": "y"}, {"url": ""}, {}),
        ("replace", {"find": "A", "put": "b"}, {"url": "a/b:1"}, {}),
        ("replace", {"find": "a", "put": "a"}, {"url": "a/b:1"}, {}),
    ],
)  # fmt: skip
def test_what_an_action_changes(
    action: str, values: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """These fields become so, all others stay."""
    image = parse_image({"name": "i", "url": "a/b:1", **before})
    outcome = Outcome.of(image, parse_bulk_change(action, values).make)
    assert outcome.after is not None
    assert image_fields(outcome.after) == {**image_fields(image), **after}
    assert set(outcome.fields) == set(after)


@pytest.mark.parametrize(
    ("action", "values", "errors"),
    [
        ("add-groups", {"groups": []}, {"groups": ["Give at least one group."]}),
        ("add-groups", {}, {"groups": ["Give at least one group."]}),
        ("add-groups", {"groups": ["a", "b\nc"]}, {"groups": ["Entry 2: Write it on one line."]}),
        ("add-groups", {"groups": [str(n) for n in range(1001)]},
         {"groups": ["Give at most 1,000 entries."]}),
        ("add-tags", {"tags": ["x" * 33]}, {"tags": ["Entry 1: Use at most 32 characters."]}),
        ("remove-tags", {"tags": []}, {"tags": ["Give at least one tag."]}),
        ("set-pull-secret", {"pull_secret": ""}, {"pull_secret": ["Choose a pull secret."]}),
        ("replace", {"find": " ", "put": "x"}, {"find": ["Give the text to find."]}),
        ("replace", {"find": "x", "put": "y" * 513}, {"put": ["Use at most 512 characters."]}),
    ],
)  # fmt: skip
def test_values_that_cannot_be(
    action: str, values: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    """Each error stands under the value that it is about."""
    with pytest.raises(InvalidFields) as raised:
        parse_bulk_change(action, values)
    assert raised.value.errors == errors


@pytest.mark.parametrize(
    ("action", "values", "before", "field"),
    [
        ("add-groups", {"groups": ["new"]}, {"groups": [str(n) for n in range(1000)]}, "groups"),
        ("add-tags", {"tags": ["new"]}, {"tags": [str(n) for n in range(10)]}, "tags"),
        ("replace", {"find": "a/b", "put": "https://a/b"}, {}, "url"),
        ("replace", {"find": "a/b", "put": "A/B"}, {}, "url"),
        ("replace", {"find": ":1", "put": ":1 2"}, {}, "url"),
        ("replace", {"find": "b", "put": "b" * 256}, {}, "url"),
        ("replace", {"find": "c", "put": "//"}, {"gpu_url": "c/d"}, "gpu_url"),
    ],
)
def test_a_result_is_held_to_the_rules_of_a_save(
    action: str, values: dict[str, Any], before: dict[str, Any], field: str
) -> None:
    """Limits and the grammar of references, by the image's field."""
    image = parse_image({"name": "i", "url": "a/b:1", **before})
    outcome = Outcome.of(image, parse_bulk_change(action, values).make)
    assert outcome.after is None
    assert list(outcome.refused) == [field]
    assert outcome.fields == {}


def test_an_image_of_other_rules_can_be_disabled() -> None:
    """What was valid once is not checked again where it stays."""
    image = parse_image({"name": "i"}).model_copy(update={"url": "Not Valid", "groups": [""]})
    for action in ("disable", "enable", "make-global"):
        assert Outcome.of(image, parse_bulk_change(action, {}).make).after is not None


def test_actions_say_what_they_do() -> None:
    """Each sentence has a place for the images."""
    for action in ACTIONS.values():
        assert action.doing.count("{}") == action.done.count("{}") == 1


@pytest.mark.parametrize(
    ("text", "part", "pieces"),
    [
        ("abcab", "ab", [("ab", True), ("c", False), ("ab", True)]),
        ("abc", "", [("abc", False)]),
        ("abc", "x", [("abc", False)]),
        ("xx", "x", [("x", True), ("x", True)]),
        ("", "x", []),
    ],
)
def test_marked(text: str, part: str, pieces: list[tuple[str, bool]]) -> None:
    """The pieces are the text, and say which of them are the part."""
    assert marked(text, part) == pieces
