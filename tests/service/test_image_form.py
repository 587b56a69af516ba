"""What was typed into the form, and what it means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub_images.catalogue.difference import conflicts, merged
from hub_images.catalogue.fields import InvalidFields
from hub_images.catalogue.image import AT_START, LABELS, image_fields
from hub_images.service.hub_client import Group
from hub_images.service.pages.image_form import (
    BEHIND_BOX,
    CONTROLS,
    IN_ORDER,
    ImageForm,
    group_boxes,
    in_order,
    secret_choices,
)
from hub_images.service.pages.reference_notes import LATEST, MISSING_TAG, TAKEN_OFF
from hub_images.service.pull_secrets import KnownSecrets

FILLED = ImageForm(
    typed={
        **ImageForm().typed,
        "name": "scipy",
        "display_name": "SciPy",
        "url": "quay.io/jupyter/scipy-notebook:1",
        "gpu_url": "quay.io/jupyter/scipy-notebook:gpu",
        "pull_secret": "lab",
        "global": False,
        "groups": ["b", "a"],
        "tags": 'Python, "a, b"',
        "documentation_url": "https://wiki.example.org/scipy",
        "order": "-5",
        "default_url": "/lab",
        "environment": 'B=2=2\n\nA= x \n C =\nD="two\\nlines"',
        "command": 'start.sh\n --x \n"a\\nb"\n""\n',
        "working_dir": "/home/jovyan",
        "image_pull_policy": "Always",
    },
    ticked=frozenset(boxed.box for boxed in BEHIND_BOX.values()),
)


def _with(form: ImageForm, **typed: Any) -> ImageForm:
    return replace(form, typed={**form.typed, **typed})


def test_every_field_can_be_typed() -> None:
    """The form has a control for each field of an image, and a new one is empty and global."""
    assert list(CONTROLS) == list(LABELS)
    empty = ImageForm().typed
    assert {name for name, value in empty.items() if value} == {
        "type", "order", "enabled", "global",
    }  # fmt: skip


def test_the_form_says_what_json_says() -> None:
    """Every control reaches its field."""
    assert image_fields(FILLED.parse()) == {
        "name": "scipy",
        "display_name": "SciPy",
        "description": "",
        "type": "universal",
        "url": "quay.io/jupyter/scipy-notebook:1",
        "gpu_url": "quay.io/jupyter/scipy-notebook:gpu",
        "pull_secret": "lab",
        "global": False,
        "groups": ["b", "a"],
        "enabled": True,
        "tags": ["Python", "a, b"],
        "documentation_url": "https://wiki.example.org/scipy",
        "order": -5,
        "default_url": "/lab",
        "environment": {"B": "2=2", "A": " x ", "C": "", "D": "two\nlines"},
        "command": ["start.sh", "--x", "a\nb", ""],
        "working_dir": "/home/jovyan",
        "image_pull_policy": "Always",
    }


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("order", "1.5", "This must be a whole number."),
        ("order", "first", "This must be a whole number."),
        ("order", "1001", "This must be at most 1000."),
        ("order", "9" * 5000, "This must be a whole number."),
        ("tags", "x," + "y" * 200_000, "Entry 1: Use at most 32 characters."),
        ("environment", "A=1\n\nB", "Line 3: Write NAME=value."),
        ("environment", "A=1\nA=2", "Line 2: A is there twice."),
        (
            "environment",
            'A="x',
            'Line 1: What begins with " must end with ", and have \\" for each " inside.',
        ),
        ("environment", "A-B=x", "A-B: Use only letters, digits and _ in a name"),
        ("command", 'a\n"b" c', 'Line 2: What begins with " must end with "'),
    ],
)
def test_what_cannot_be_read_says_where(name: str, typed: str, sentence: str) -> None:
    """The sentence stands at the field and names the line, or the entry."""
    with pytest.raises(InvalidFields) as caught:
        _with(FILLED, **{name: typed}).parse()
    assert list(caught.value.errors) == [name]
    assert caught.value.errors[name][0].startswith(sentence)


TEXTS = ["x", "", " ", " x", "x\t", '"', '"x"', 'x"y', "a,b", ",", "a\nb", "\r", "\\n", "#", "=",
         "é🙂", "a\u2028b", "\u00a0"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_a_field_holds_comes_back(text: str) -> None:
    """A value that would be misread on a line is shown in quotation marks."""
    fields = image_fields(FILLED.parse())
    odd = {"environment": {"A": text, "B": "x"}, "command": [text, "x", text]}
    if text.strip() and not {"\n", "\u2028"} & set(text):
        odd["tags"] = [text.strip(), "x"] if text.strip() != "x" else ["x"]
    shown = ImageForm.from_fields({**fields, **odd}, 3, fields)
    assert {name: image_fields(shown.parse())[name] for name in odd} == odd
    assert all("\r" not in shown.typed[name] for name in odd)


def test_what_a_start_sets_is_folded_unless_it_is_set_or_wrong() -> None:
    """Whoever needs none of it sees one line."""
    assert not ImageForm().opens_start({"url": ["x"]})
    assert ImageForm().opens_start({"command": ["x"]})
    for name in AT_START:
        assert _with(ImageForm(), **{name: FILLED.typed[name]}).opens_start({})


@pytest.mark.parametrize(
    ("typed", "scheme", "sentences"),
    [
        ("", "", []),
        ("a b", "", []),
        ("quay.io/a/b:1", "", []),
        (
            "quay.io/a/b:1",
            "https://",
            ["We removed https://: a container image URL begins with the registry."],
        ),
        (" quay.io/a/b ", "", [MISSING_TAG]),
        ("quay.io/a/b:latest", "docker://", [TAKEN_OFF.format(scheme="docker://"), LATEST]),
    ],
)
def test_notes_hinder_nobody(typed: str, scheme: str, sentences: list[str]) -> None:
    """They stand beside a valid reference, for the URL and the one for GPU alike."""
    form = replace(_with(FILLED, url=typed), schemes={"url": scheme})
    assert form.notes() == {"url": sentences, "gpu_url": []}
    form = replace(_with(FILLED, gpu_url=typed), schemes={"gpu_url": scheme})
    assert form.notes() == {"url": [], "gpu_url": sentences}


def test_the_message_says_only_what_was_taken_off_what_is_stored() -> None:
    """A URL for GPU behind an unticked box is not."""
    form = replace(FILLED, schemes={"url": "https://", "gpu_url": "http://"})
    assert form.taken_off(form.parse()) == (
        " We removed https:// from its URL. We removed http:// from its URL for GPU."
    )
    form = replace(form, ticked=frozenset())
    assert form.taken_off(form.parse()) == " We removed https:// from its URL."


def test_the_form_shows_each_field_once() -> None:
    """Errors are sorted by that order."""
    assert sorted(IN_ORDER) == sorted(LABELS)


def test_an_unticked_box_means_none() -> None:
    """What stands in a field behind an unticked box does not count."""
    spec = replace(FILLED, ticked=frozenset()).parse()
    assert spec.gpu_url is None
    assert spec.pull_secret is None


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_the_gpu_url_counts_for_universal_images_only(kind: str) -> None:
    """Choosing another type hides the GPU URL, and what is hidden is no error."""
    assert _with(FILLED, type=kind).parse().gpu_url is None
    assert _with(FILLED, type=kind, gpu_url="not a reference").parse().gpu_url is None


def test_global_keeps_the_groups() -> None:
    """Global ticked again forgets no group."""
    assert _with(FILLED, **{"global": True}).parse().groups == ["b", "a"]


def test_all_errors_come_at_once_in_the_forms_order() -> None:
    """Ticked boxes with nothing behind them are errors beside those of the schema."""
    wrong = _with(FILLED, name="Not Valid", url="http://x", gpu_url=" ", pull_secret="")
    with pytest.raises(InvalidFields) as caught:
        wrong.parse()
    assert list(caught.value.errors) == ["name", "url", "gpu_url", "pull_secret"]


@pytest.mark.parametrize(
    "base",
    ["", "[]", "null", "{", "[" * 100_000, '{"groups": [{}]}', '{"name": "a", "url": "\\ud800"}'],
)
def test_a_base_that_is_no_object_is_no_base(base: str) -> None:
    """The hidden field comes from outside."""
    assert ImageForm(base=base).base_fields == {}


def test_fields_and_json_go_back_and_forth() -> None:
    """A form filled with an image's fields means that image."""
    fields = image_fields(FILLED.parse())
    again = ImageForm.from_fields(fields, 3, fields)
    assert image_fields(again.parse()) == fields
    assert again.base_fields == fields


def test_ticking_no_box_changes_no_order() -> None:
    """The hub's order of groups is not the image's."""
    assert in_order(["a", "b", "c"], ["c", "a"]) == ["c", "a", "b"]
    assert in_order(["b"], ["c", "a"]) == ["b"]


def test_groups_that_the_hub_does_not_know_stay() -> None:
    """They are marked; and not marked where the hub says nothing."""
    boxes = group_boxes(["gone", "b"], [Group("a", 0), Group("b", 2)])
    assert [(box.name, box.chosen, box.members, box.unknown) for box in boxes] == [
        ("b", True, 2, False),
        ("gone", True, None, True),
        ("a", False, 0, False),
    ]
    assert [(box.name, box.unknown) for box in group_boxes(["gone"], None)] == [("gone", False)]


def test_a_stored_secret_stays_to_choose() -> None:
    """It is marked as not in the list."""
    known = KnownSecrets(["lab"])
    assert secret_choices("lab", known) == [("lab", True)]
    assert secret_choices("old", known) == [
        ("lab", True), ("old", False)
    ]  # fmt: skip


def test_a_conflict_shows_what_differs_and_loses_nothing() -> None:
    """What one did not touch is as the other left it; what one typed is as one typed it."""
    base = image_fields(FILLED.parse())
    now = {**base, "description": "theirs", "url": "a/b:2"}
    mine = {**base, "display_name": "Mine", "url": "a/b:3"}
    assert merged(base, now, mine) == {
        **base, "description": "theirs", "display_name": "Mine", "url": "a/b:3",
    }  # fmt: skip
    assert [(f.name, f.now, f.mine, f.touched) for f in conflicts(base, now, mine)] == [
        ("display_name", "SciPy", "Mine", True),
        ("description", "theirs", "", False),
        ("url", "a/b:2", "a/b:3", True),
    ]


def test_a_conflict_without_a_base_keeps_what_was_typed() -> None:
    """Without the base nobody can tell what was touched."""
    mine = image_fields(FILLED.parse())
    now = {**mine, "description": "theirs"}
    assert merged({}, now, mine) == {name: mine[name] for name in LABELS}
    assert [(f.name, f.base_known) for f in conflicts({}, now, mine)] == [("description", False)]
