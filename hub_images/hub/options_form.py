"""Renders the options form: what one user may choose from, and what is preselected.

It joins cached parts: the images' radio buttons (`image_radios`), and the frame around them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hub_images.catalogue import rules
from hub_images.catalogue.choice import Offer, preselect
from hub_images.catalogue.instance_type import InstanceType, in_bytes
from hub_images.catalogue.markdown import is_address, rendered
from hub_images.catalogue.reference import shown_tag
from hub_images.catalogue.snapshot import Entry, Snapshot
from hub_images.hub.image_radios import ImageRadios
from hub_images.templates import make_options_form_environment

#: This many images, or more, get a search box.
SEARCH_FROM = 11

#: Marks where the radio buttons go in the rendered form; escaped text has no `<`.
_RADIOS = "<hub-images-radios>"

_GIB = 1024**3


class OptionsForm:
    """The form's template around the images' radio buttons; thread-safe."""

    def __init__(self, instance_types: Sequence[InstanceType]) -> None:
        environment = make_options_form_environment()
        environment.filters["memory"] = format_memory
        environment.filters["number"] = lambda value: f"{value:g}"
        environment.filters["tags"] = tags_of
        environment.filters["markdown"] = rendered
        environment.tests["address"] = lambda value: value is not None and is_address(value)
        macros: Any = environment.get_template("hub_images/spawn/image_radio.html").module
        self._only = macros.only
        self._template = environment.get_template("hub_images/spawn/options_form.html")
        self._radios = ImageRadios(instance_types, macros.row, macros.beside)
        self._frames: dict[tuple[object, ...], tuple[str, str]] = {}

    def is_cached(self, snapshot: Snapshot, groups: Collection[str]) -> bool:
        """Say whether `render` has only to join what is cached."""
        return self._radios.is_cached(snapshot, groups)

    def render(self, snapshot: Snapshot, groups: Collection[str], saved: Mapping[str, Any]) -> str:
        """Return the form for a member of `groups` who has the `saved` user options."""
        listed = self._radios.list_for(snapshot, groups)
        selected = preselect(listed.offer, saved, snapshot, groups)
        if selected.instance_type is None or selected.image is None:
            return self._page(listed.offer, None, selected.notice, groups)
        before, after = self._frame(listed.offer, selected.instance_type, selected.notice)
        if is_only_image(listed.offer):
            only = self._only(selected.image, listed.beside(selected.image))
            return "".join((before, only, after))
        radios = self._radios.checked(listed, selected.image, last_used=selected.last_used)
        return "".join((before, *radios, after))

    def render_problem(self, problem: str) -> str:
        """Return a form that only shows `problem`."""
        return self._page(Offer((), ()), None, None, (), problem)

    def _frame(self, offered: Offer, selected: InstanceType, notice: str | None) -> tuple[str, str]:
        """Return the HTML before and after the radio buttons; cached unless there is a notice."""
        names = (instance_type.name for instance_type in offered.instance_types)
        key = (
            *names, selected.name, len(offered.images) >= SEARCH_FROM, is_only_image(offered)
        )  # fmt: skip
        frame = None if notice else self._frames.get(key)
        if frame is None:
            before, _mark, after = self._page(offered, selected, notice).partition(_RADIOS)
            frame = before, after
            if not notice:
                self._frames[key] = frame
        return frame

    def _page(
        self,
        offered: Offer,
        selected: InstanceType | None,
        notice: str | None,
        groups: Collection[str] = (),
        problem: str | None = None,
    ) -> str:
        kinds = {instance_type.type for instance_type in offered.instance_types}
        return self._template.render(
            instance_types=offered.instance_types,
            only_kind=kinds.pop() if len(kinds) == 1 else None,
            only_image=is_only_image(offered),
            radios=Markup(_RADIOS),  # noqa: S704 (a constant of ours)
            count=len(offered.images),
            search_from=SEARCH_FROM,
            instance_type=selected,
            notice=notice,
            groups=sorted(groups),
            problem=problem,
        )


def is_only_image(offered: Offer) -> bool:
    """Say whether there is no image to choose: one, which fits every instance type on offer."""
    return len(offered.images) == 1 and all(
        rules.fits(offered.images[0], instance_type) for instance_type in offered.instance_types
    )


def tags_of(image: Entry) -> list[tuple[str | None, str]]:
    """Return the tags that `image` starts, each with the type of instance types it is for.

    One without a type if it is the same on all of them.
    """
    found = {kind: shown_tag(reference) for kind, reference in rules.references(image).items()}
    same = set(found.values())
    return [(None, same.pop())] if len(same) == 1 else list(found.items())


def format_memory(value: str | float) -> str:
    """Format bytes, or a number with KubeSpawner's suffix, for people: `2 GiB`."""
    amount = in_bytes(value)
    for suffix, factor in (("TiB", 1024**4), ("GiB", _GIB), ("MiB", 1024**2)):
        if amount >= factor:
            scaled = amount / factor
            return f"{math.floor(scaled * 100 + 0.5) / 100:g} {suffix}"
    return f"{amount / 1024:.3g} KiB"
