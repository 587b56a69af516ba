"""How a difference reads in the log."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.catalogue.difference import FieldChange
from hub_images.catalogue.difference_line import VALUE_LENGTH, difference_line


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("a:1", "a:2", 'x: "a:1" → "a:2"'),
        (None, "lab", 'x: null → "lab"'),
        (True, False, "x: true → false"),
        ("", 'say "hi"', r'x: "" → "say \"hi\""'),
        (["ds", "ml"], ["ds", "stats"], "x: +stats -ml"),
        ([], ["data science", "+x"], 'x: +"data science" +"+x"'),
        (["a", "b"], ["b", "a"], "x: in another order"),
        ("", "a\r\nb\x00\x7f\x85\u2028\u2066", r'x: "" → "a\r\nb\u0000\x7f\x85\u2028\u2066"'),
        (["run", "-v"], ["run", "-v", "-v"], "x: +-v"),
        (None, ["run", "a b"], 'x: null → ["run", "a b"]'),
        ({}, {"A": "1", "B": " "}, 'x: +A="1" +B=" "'),
        ({"A": "1", "B": "", "C": "3"}, {"C": "3", "A": "2"}, 'x: A="2" (was "1") -B'),
        ({"A": "1"}, {"A": "a\nb"}, r'x: A="a\nb" (was "1")'),
    ],
)
def test_old_and_new(before: Any, after: Any, line: str) -> None:
    """Values are JSON; of lists and mappings, what came, changed and went."""
    assert difference_line({"x": FieldChange(before, after)}) == line


def test_several_fields() -> None:
    """In the order in which they come."""
    changes = {"b": FieldChange(1, 2), "a": FieldChange(False, True)}
    assert difference_line(changes) == "b: 1 → 2; a: false → true"


@pytest.mark.parametrize(
    "change",
    [
        FieldChange("", "x" * 2000),
        FieldChange("", "\n" * 2000),
        FieldChange([], [f"group {n}" for n in range(1000)]),
        FieldChange([], ["x" * 2000]),
        FieldChange(["\n" * 2000], []),
        FieldChange({"A" * 4096: "\n" * 4096}, {"A" * 4096: "\r" * 4096}),
        FieldChange({}, {f"NAME_{n}": "x" * 4096 for n in range(50)}),
    ],
)
def test_long_values_are_shortened(change: FieldChange) -> None:
    """One change cannot fill the log."""
    line = difference_line({"x": change})
    assert len(line) < VALUE_LENGTH + 30
    assert line.isprintable()
