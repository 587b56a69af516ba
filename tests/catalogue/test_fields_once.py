"""A field of an image is named once: what does not follow from the spec fails here by its name."""

from __future__ import annotations

import pytest

from hub_images.catalogue.image import ATTRIBUTES, LABELS, READ_ONLY_FIELDS, image_fields
from hub_images.service.api.openapi import openapi_document
from hub_images.service.pages.image_form import CONTROLS
from hub_images.store.images import image_model, new_image, spec_of
from hub_images.store.orm import Image
from hub_images.templates import template_folder
from tests.support.catalogue import entry, spec

EDITOR = "".join(
    template.read_text()
    for template in sorted((template_folder() / "hub_images" / "pages").glob("editor*.html"))
)
SCHEMAS = openapi_document("/services/images/")["components"]["schemas"]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_field_is_everywhere(name: str) -> None:
    """It has a label, a column, an input, and is in the API's document and the hub's memory."""
    assert LABELS[name]
    assert hasattr(Image, ATTRIBUTES[name])
    assert name in CONTROLS
    assert any(f'{quoted}{name}"' in EDITOR for quoted in ('name="', '_field("'))
    assert {name} <= set(SCHEMAS["Image"]["properties"]) & set(
        SCHEMAS["ImageChanges"]["properties"]
    )
    assert hasattr(entry("a"), ATTRIBUTES[name])


def test_row_and_spec_say_the_same() -> None:
    """What is stored is what was given, and the JSON model has it with the read-only fields."""
    given = spec("a", description="x", groups=["g"], pull_secret="lab", gpu_url="a/b:gpu")
    image = new_image(given, actor="maria")
    assert spec_of(image) == given
    image.version = 1
    model = image_model(image)
    assert {name: model[name] for name in ATTRIBUTES} == image_fields(given)
    assert set(model) == {*ATTRIBUTES, *READ_ONLY_FIELDS}
