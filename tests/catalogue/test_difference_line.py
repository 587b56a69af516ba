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
        ({"A": "1"}, {"A": "2"}, 'x: {"A": "1"} → {"A": "2"}'),
    ],
)
def test_old_and_new(before: Any, after: Any, line: str) -> None:
    """Values are JSON; of lists, what came and went."""
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
    ],
)
def test_long_values_are_shortened(change: FieldChange) -> None:
    """One change cannot fill the log."""
    line = difference_line({"x": change})
    assert len(line) < VALUE_LENGTH + 30
    assert line.isprintable()
