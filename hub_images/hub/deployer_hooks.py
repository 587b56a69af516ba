"""The deployer's own hooks and options form, which run beside ours.

The hub calls our hooks, and ours call the deployer's, in every form that JupyterHub takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import isawaitable, signature
from typing import TYPE_CHECKING, Any

from hub_images.catalogue.choice import KEYS

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

_QUERY_PREFIX = "opt-"  # in links; JupyterHub before 6.0 does not remove it


@dataclass(frozen=True)
class DeployerHooks:
    """The deployer's own hooks, by the names of ours; None where they configured none."""

    options_form: Any = None
    options_from_form: Any = None
    apply_user_options: Any = None
    pre_spawn_hook: Any = None

    async def extra_form(self, spawner: Spawner) -> str:
        """Return the deployer's part of the options form."""
        form = self.options_form
        if callable(form):
            form = form(spawner)
            if isawaitable(form):
                form = await form
        return form or ""

    async def extra_options(
        self, fields: dict[str, list[Any]], spawner: Spawner | None
    ) -> dict[str, Any]:
        """Return what `fields`, which are not ours, mean to the deployer."""
        theirs = self.options_from_form
        if theirs is None:
            # Their form, or their hook that reads options, expects what was sent.
            return dict(fields) if self.options_form or self.apply_user_options else {}
        if theirs == "simple":
            return {k: v[0] if len(v) == 1 else v for k, v in fields.items()}
        if theirs == "passthrough":
            return dict(fields)
        if "spawner" in signature(theirs).parameters:
            result = theirs(fields, spawner=spawner)
        else:
            result = theirs(fields)
        if isawaitable(result):
            result = await result
        return dict(result or {})

    async def apply(self, spawner: Spawner, user_options: dict[str, Any]) -> None:
        """Run the deployer's `apply_user_options`, a callable or a mapping of traits."""
        if not self.apply_user_options:
            return
        # The hub's own method takes both.
        ours = spawner.apply_user_options
        spawner.apply_user_options = self.apply_user_options
        try:
            await spawner._run_apply_user_options(user_options)
        finally:
            spawner.apply_user_options = ours

    async def before_start(self, spawner: Spawner) -> None:
        """Run the deployer's `pre_spawn_hook`."""
        if self.pre_spawn_hook is not None:
            result = self.pre_spawn_hook(spawner)
            if isawaitable(result):
                await result


def split_fields(
    form_data: Mapping[str, list[Any]],
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Split the fields of a form or link into ours, each one value, and all others.

    One of ours that was sent twice stays a list, which the check at start refuses.
    """
    plain: dict[str, list[Any]] = {}
    for key, values in form_data.items():
        name = key.removeprefix(_QUERY_PREFIX)
        if key == name or name not in form_data:
            plain[name] = values
    ours = {
        key: plain[key][0] if len(plain[key]) == 1 else plain[key] for key in KEYS if plain.get(key)
    }
    return ours, {key: values for key, values in plain.items() if key not in KEYS}
