"""Images as a document."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from hub_images.catalogue.image import parse_image
from hub_images.transfer.document import document, document_entry
from tests.support.catalogue import entry, spec
from tests.support.university import UNIVERSITY


def test_it_leaves_out_what_is_the_default() -> None:
    """Of the fewest fields, the name remains; no field that is read-only is ever there."""
    assert document_entry(parse_image({"name": "a"})) == {"name": "a"}
    assert document_entry(entry("a", is_global=False)) == {
        "name": "a",
        "url": "registry.example.org/a:1",
    }
    assert document_entry(parse_image({"name": "a", "display_name": "A", "enabled": False})) == {
        "name": "a",
        "display_name": "A",
        "enabled": False,
    }


def test_it_reads_as_people_write_it() -> None:
    """Lists are indented, and several lines are several lines."""
    image = spec(
        "scipy", description="One\n\ntwo", groups=["b", "a"], environment={"N": "1", "M": ""}
    )
    assert document([image]) == (
        "apiVersion: hub-images/v1\n"
        "images:\n"
        "  - name: scipy\n"
        "    description: |-\n"
        "      One\n"
        "\n"
        "      two\n"
        "    url: registry.example.org/scipy:1\n"
        "    groups:\n"
        "      - b\n"
        "      - a\n"
        "    environment:\n"
        "      N: '1'\n"
        "      M: ''\n"
    )


def _images(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(text)["images"]
    return found


def test_a_catalogue_comes_back() -> None:
    """All images of a university, sorted by name."""
    images = [parse_image({"name": name, **fields}) for name, fields in UNIVERSITY.items()]
    text = document(images)
    assert text == document(reversed(images))
    read = _images(text)
    assert [parse_image(image) for image in read] == sorted(images, key=lambda image: image.name)


@pytest.mark.parametrize(
    "value",
    ["yes", "1e3", "2025-12-31", "null", "~", "=", "<<", "&a", "*a", "!!int 3", "- a", "a: b # c",
     " x ", "\n x", "x\n", "a\n  b\n", "\t", "\u2028", "\ufeff", "\U0001f4ca", "a\r\nb"],
)  # fmt: skip
def test_odd_values_come_back(value: str) -> None:
    """Text stays text, with every blank."""
    image = spec("a", environment={"NO": value}, command=[value, "on"])
    (read,) = _images(document([image]))
    assert (read["environment"], read["command"]) == ({"NO": value}, [value, "on"])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200))
@example("\x85")
@example("a\n\u2028b")
def test_every_value_comes_back(value: str) -> None:
    """As above, for what nobody thinks of."""
    image = spec("a").model_copy(update={"environment": {"X": value}})
    (read,) = _images(document([image]))
    assert read["environment"] == {"X": value}
