"""Renders the options form: what one user may choose from, and what is preselected.

The row of an image is rendered once per version of the image and kept, because a form
can show thousands of them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hub_images import rules
from hub_images.catalogue import Entry, Snapshot
from hub_images.choice import IMAGE_KEY, INSTANCE_TYPE_KEY, chosen, offer
from hub_images.instance_types import InstanceType
from hub_images.templates import make_form_environment

#: More images than this get a search box.
SEARCH_FROM = 11

_GIB = 1024**3
_FACTORS = {"K": 1024, "M": 1024**2, "G": _GIB, "T": 1024**4}


class OptionsForm:
    """The form's template with the rendered rows of images; used from several threads."""

    def __init__(self, instance_types: Sequence[InstanceType]) -> None:
        environment = make_form_environment()
        environment.filters["memory"] = format_memory
        environment.filters["number"] = lambda value: f"{value:g}"
        self._instance_types = tuple(instance_types)
        self._template = environment.get_template("images/spawn_form.html")
        self._row = environment.get_template("images/spawn_image.html").module.row  # type: ignore[attr-defined]
        self._rows: dict[Entry, Any] = {}
        self._rows_revision = -1

    def render(self, snapshot: Snapshot, groups: Collection[str], last: Mapping[str, Any]) -> str:
        """Return the form for a member of `groups` whose last `user_options` were `last`."""
        offered = offer(self._instance_types, snapshot, groups)
        wanted = chosen(last)
        notices = _notices(wanted, offered.instance_types, offered.images)
        instance_type = _named(offered.instance_types, wanted.get(INSTANCE_TYPE_KEY))
        image = _named(offered.images, wanted.get(IMAGE_KEY))
        if instance_type is None:
            instance_type = next(
                (
                    candidate
                    for candidate in offered.instance_types
                    if any(
                        rules.fits(entry, candidate)
                        for entry in ([image] if image else offered.images)
                    )
                ),
                None,
            )
        if instance_type is not None and (image is None or not rules.fits(image, instance_type)):
            image = next((e for e in offered.images if rules.fits(e, instance_type)), None)
        return self._template.render(
            instance_types=offered.instance_types,
            rows=self._rendered(snapshot, offered.images, image),
            count=len(offered.images),
            search_from=SEARCH_FROM,
            instance_type=instance_type,
            notices=notices,
            groups=sorted(groups),
            problem=None,
        )

    def render_problem(self, problem: str) -> str:
        """Return a form that only says why nothing can be chosen now."""
        return self._template.render(
            instance_types=(), rows=(), count=0, search_from=SEARCH_FROM, instance_type=None,
            notices=(), groups=(), problem=problem,
        )  # fmt: skip

    def _rendered(
        self, snapshot: Snapshot, images: Sequence[Entry], selected: Entry | None
    ) -> list[Any]:
        rows = self._rows
        if self._rows_revision != snapshot.revision:
            # Only rows that are still right are taken over; this also bounds the memory.
            rows = {entry: rows[entry] for entry in snapshot.entries if entry in rows}
            self._rows, self._rows_revision = rows, snapshot.revision
        rendered = []
        for entry in images:
            if entry is selected:
                rendered.append(self._row(entry, True))
                continue
            row = rows.get(entry)
            if row is None:
                row = rows[entry] = self._row(entry, False)
            rendered.append(row)
        return rendered


def _named(items: Sequence[Any], name: object) -> Any:
    return next((item for item in items if item.name == name), None)


def _notices(
    wanted: Mapping[str, Any], instance_types: Sequence[InstanceType], images: Sequence[Entry]
) -> list[str]:
    notices = []
    for key, what, items in (
        (INSTANCE_TYPE_KEY, "instance type", instance_types),
        (IMAGE_KEY, "image", images),
    ):
        name = wanted.get(key)
        if isinstance(name, str) and _named(items, name) is None:
            notices.append(f"Your last {what}, {name[:80]}, is no longer available to you.")
    return notices


def format_memory(value: str | float) -> str:
    """Return bytes, or a number with KubeSpawner's suffix, for a person: `2 GiB`.

    The suffixes are powers of 1024 (`jupyterhub.traitlets.ByteSpecification`).
    """
    if isinstance(value, str) and value[-1] in _FACTORS:
        amount = float(value[:-1]) * _FACTORS[value[-1]]
    else:
        amount = float(value)
    for suffix, factor in (("TiB", 1024**4), ("GiB", _GIB), ("MiB", 1024**2)):
        if amount >= factor:
            scaled = amount / factor
            return f"{math.floor(scaled * 100 + 0.5) / 100:g} {suffix}"
    return f"{amount / 1024:.3g} KiB"
