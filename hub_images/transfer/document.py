"""Images as they stand in a document: YAML that people keep in a file.

Guarantees: reading the text gives back exactly the fields that were written; the same images
give the same text, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hub_images.catalogue.image import ImageSpec, image_fields

if TYPE_CHECKING:
    from yaml import SafeDumper
    from yaml.nodes import ScalarNode

API_VERSION = "hub-images/v1"


def document_entry(image: object) -> dict[str, Any]:
    """Return the JSON fields of an image, without those that have their default.

    `image` is a spec, or has its attributes, as a row does. A display name that is the name is
    the default as well.
    """
    fields = image_fields(image)
    defaults = image_fields(ImageSpec(name=fields["name"]))
    changed = {name: value for name, value in fields.items() if value != defaults[name]}
    return {"name": fields["name"], **changed}


def document(images: Iterable[object]) -> str:
    """Return a document with these images, in the order of their names."""
    entries = sorted(map(document_entry, images), key=lambda entry: str(entry["name"]))
    return _yaml({"apiVersion": API_VERSION, "images": entries})


def _yaml(value: dict[str, Any]) -> str:
    import yaml  # only few requests need it, and it takes memory

    dumper = _dumper()
    written: str = yaml.dump(
        value, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False,
        width=100,
    )  # fmt: skip
    return written


def _dumper() -> type[SafeDumper]:
    """Return PyYAML's dumper, made to write as people do."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Indents lists, and writes several lines as several."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            super().increase_indent(flow, indentless=False)

    def text(dumper: Dumper, value: str) -> ScalarNode:
        # PyYAML takes these for line breaks, and escapes them in double quotes only
        odd = any(end in value for end in "\x85\u2028\u2029")
        style = '"' if odd else "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper
