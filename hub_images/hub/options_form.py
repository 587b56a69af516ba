"""Renders the options form: what one user may choose from, and what is preselected.

The form is put together from parts that are kept: the rows of the images (`rows`), and
what stands around them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hub_images.catalogue import rules
from hub_images.catalogue.choice import IMAGE_KEY, INSTANCE_TYPE_KEY, chosen
from hub_images.catalogue.instance_type import InstanceType, in_bytes
from hub_images.hub.image_radios import Rows
from hub_images.store.snapshots import Entry, Snapshot
from hub_images.templates import make_form_environment

#: More images than this get a search box.
SEARCH_FROM = 11

#: Stands for the rows while the form is rendered around them; no escaped text has a `<`.
_ROWS = "<hub-images-rows>"

_GIB = 1024**3


class OptionsForm:
    """The form's template around the rows of images; used from several threads."""

    def __init__(self, instance_types: Sequence[InstanceType]) -> None:
        environment = make_form_environment()
        environment.filters["memory"] = format_memory
        environment.filters["number"] = lambda value: f"{value:g}"
        row = environment.get_template("images/spawn_image.html").module.row  # type: ignore[attr-defined]
        self._template = environment.get_template("images/spawn_form.html")
        self._rows = Rows(instance_types, row)
        self._frames: dict[tuple[object, ...], tuple[str, str]] = {}

    def render(self, snapshot: Snapshot, groups: Collection[str], last: Mapping[str, Any]) -> str:
        """Return the form for a member of `groups` whose last `user_options` were `last`."""
        rendered = self._rows.rendered(snapshot, groups)
        instance_types, images = rendered.offer.instance_types, rendered.offer.images
        if not images:
            return self._page(
                instance_types, images, None, _notices(chosen(last), None, None), groups
            )
        wanted = chosen(last)
        image = rendered.image(wanted.get(IMAGE_KEY))
        instance_type = _named(instance_types, wanted.get(INSTANCE_TYPE_KEY))
        notices = _notices(wanted, instance_type, image)
        if image is not None and instance_type is not None and not rules.fits(image, instance_type):
            notices.append(
                f"Your last image, {image.display_name}, "
                f"cannot be used with {instance_type.display_name}."
            )
        if instance_type is None:
            candidates = [image] if image else images
            instance_type = next(
                t for t in instance_types if any(rules.fits(entry, t) for entry in candidates)
            )
        if image is None or not rules.fits(image, instance_type):
            image = next((e for e in images if rules.fits(e, instance_type)), None)
        before, after = self._frame(instance_types, images, instance_type, notices)
        return "".join((before, *self._rows.checked(rendered, image), after))

    def render_problem(self, problem: str) -> str:
        """Return a form that only says why nothing can be chosen now."""
        return self._page((), (), None, (), (), problem)

    def _frame(
        self,
        instance_types: tuple[InstanceType, ...],
        images: Sequence[Entry],
        selected: InstanceType,
        notices: Sequence[str],
    ) -> tuple[str, str]:
        """Return what stands before and after the rows; without notices it is kept."""
        key = (*(t.name for t in instance_types), selected.name, len(images) >= SEARCH_FROM)
        frame = None if notices else self._frames.get(key)
        if frame is None:
            page = self._page(instance_types, images, selected, notices, ())
            before, _mark, after = page.partition(_ROWS)
            frame = before, after
            if not notices:
                self._frames[key] = frame
        return frame

    def _page(
        self,
        instance_types: Sequence[InstanceType],
        images: Sequence[Entry],
        selected: InstanceType | None,
        notices: Sequence[str],
        groups: Collection[str],
        problem: str | None = None,
    ) -> str:
        return self._template.render(
            instance_types=instance_types,
            rows=Markup(_ROWS),  # noqa: S704 (a constant of ours)
            count=len(images),
            search_from=SEARCH_FROM,
            instance_type=selected,
            notices=notices,
            groups=sorted(groups),
            problem=problem,
        )


def _named(items: Sequence[Any], name: object) -> Any:
    return next((item for item in items if item.name == name), None)


def _notices(
    wanted: Mapping[str, Any], instance_type: InstanceType | None, image: Entry | None
) -> list[str]:
    return [
        f"Your last {what}, {wanted[key][:80]}, is no longer available to you."
        for key, what, found in (
            (INSTANCE_TYPE_KEY, "instance type", instance_type),
            (IMAGE_KEY, "image", image),
        )
        if isinstance(wanted.get(key), str) and found is None
    ]


def format_memory(value: str | float) -> str:
    """Return bytes, or a number with KubeSpawner's suffix, for a person: `2 GiB`."""
    amount = in_bytes(value)
    for suffix, factor in (("TiB", 1024**4), ("GiB", _GIB), ("MiB", 1024**2)):
        if amount >= factor:
            scaled = amount / factor
            return f"{math.floor(scaled * 100 + 0.5) / 100:g} {suffix}"
    return f"{amount / 1024:.3g} KiB"
