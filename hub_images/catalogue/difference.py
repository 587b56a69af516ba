"""What differs between two states of an image, by the fields' JSON names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub_images.catalogue.image import LABELS


@dataclass(frozen=True)
class FieldChange:
    """The values of a field before and after."""

    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, FieldChange]:
    """Return the fields of two images that differ, in the spec's order."""
    return {
        name: FieldChange(before[name], after[name])
        for name in LABELS
        if before[name] != after[name]
    }


@dataclass(frozen=True)
class Conflict:
    """A field that differs between the image as it was opened, as it is now, and as typed."""

    name: str
    base: Any
    now: Any
    mine: Any
    base_known: bool

    @property
    def touched(self) -> bool:
        """Whether whoever typed changed the field, as far as we know."""
        return not self.base_known or self.mine != self.base


def conflicts(
    base: Mapping[str, Any], now: Mapping[str, Any], mine: Mapping[str, Any]
) -> list[Conflict]:
    """Return the fields that differ between the three states; `base` may lack fields."""
    return [
        Conflict(name, base.get(name), now[name], mine[name], name in base)
        for name in LABELS
        if not (mine[name] == now[name] == base.get(name, now[name]))
    ]


def merged(
    base: Mapping[str, Any], now: Mapping[str, Any], mine: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `mine`, but with the present value of each field that its author did not touch."""
    return {
        name: now[name] if name in base and mine[name] == base[name] else mine[name]
        for name in LABELS
    }
