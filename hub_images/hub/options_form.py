"""Renders the options form: what one user may choose from, and what is preselected.

It joins cached parts: the images' radio buttons (`image_radios`), and the frame around them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hub_images.catalogue.choice import Offer, preselect
from hub_images.catalogue.instance_type import InstanceType, in_bytes
from hub_images.catalogue.snapshot import Snapshot
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
        radio = environment.get_template("hub_images/spawn/image_radio.html").module.radio  # type: ignore[attr-defined]
        self._template = environment.get_template("hub_images/spawn/options_form.html")
        self._radios = ImageRadios(instance_types, radio)
        self._frames: dict[tuple[object, ...], tuple[str, str]] = {}

    def render(self, snapshot: Snapshot, groups: Collection[str], saved: Mapping[str, Any]) -> str:
        """Return the form for a member of `groups` who has the `saved` user options."""
        listed = self._radios.list_for(snapshot, groups)
        selected = preselect(listed.offer, saved, snapshot, groups)
        if selected.instance_type is None or selected.image is None:
            return self._page(listed.offer, None, selected.notice, groups)
        before, after = self._frame(listed.offer, selected.instance_type, selected.notice)
        return "".join((before, *self._radios.checked(listed, selected.image), after))

    def render_problem(self, problem: str) -> str:
        """Return a form that only shows `problem`."""
        return self._page(Offer((), ()), None, None, (), problem)

    def _frame(self, offered: Offer, selected: InstanceType, notice: str | None) -> tuple[str, str]:
        """Return the HTML before and after the radio buttons; cached unless there is a notice."""
        names = (instance_type.name for instance_type in offered.instance_types)
        key = (*names, selected.name, len(offered.images) >= SEARCH_FROM)
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
        return self._template.render(
            instance_types=offered.instance_types,
            radios=Markup(_RADIOS),  # noqa: S704 (a constant of ours)
            count=len(offered.images),
            search_from=SEARCH_FROM,
            instance_type=selected,
            notice=notice,
            groups=sorted(groups),
            problem=problem,
        )


def format_memory(value: str | float) -> str:
    """Format bytes, or a number with KubeSpawner's suffix, for people: `2 GiB`."""
    amount = in_bytes(value)
    for suffix, factor in (("TiB", 1024**4), ("GiB", _GIB), ("MiB", 1024**2)):
        if amount >= factor:
            scaled = amount / factor
            return f"{math.floor(scaled * 100 + 0.5) / 100:g} {suffix}"
    return f"{amount / 1024:.3g} KiB"
