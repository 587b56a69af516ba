"""The deployer's own hooks and options form, which run beside ours.

The hub calls our hooks, and ours call the deployer's, in every form that JupyterHub takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable, signature
from typing import TYPE_CHECKING, Any

from hub_images.catalogue.user_options import KEYS, SAVED_KEYS
from hub_images.hub.refusal import refuse

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

#: How many characters of options that are not ours a start may bring.
OPTIONS_MAX_CHARACTERS = 64 * 1024

_QUERY_PREFIX = "opt-"  # in links; JupyterHub before 6.0 does not remove it


@dataclass(frozen=True)
class DeployerHooks:
    """The deployer's own hooks, by the names of ours; None where they configured none."""

    options_form: Any = None
    options_from_form: Any = None
    apply_user_options: Any = None
    pre_spawn_hook: Any = None
    others_read_options: bool = False
    """Whether other hooks of theirs may read `user_options`, such as KubeSpawner's."""

    def their_options(self, user_options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that are not ours, if a hook of theirs may want them.

        A start over REST can bring anything, and the hub keeps it and lists it with every
        server. Raises a refusal for more than `OPTIONS_MAX_CHARACTERS`.
        """
        hooks = (
            self.options_form,
            self.options_from_form,
            self.apply_user_options,
            self.pre_spawn_hook,
        )
        if not self.others_read_options and all(hook is None for hook in hooks):
            return {}
        theirs = {key: value for key, value in user_options.items() if key not in SAVED_KEYS}
        if not _is_within(theirs, OPTIONS_MAX_CHARACTERS):
            raise refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"Send at most {OPTIONS_MAX_CHARACTERS:,} characters of options with a start.",
                reason="options",
            )
        return theirs

    async def extra_form(self, spawner: Spawner) -> str:
        """Return the deployer's part of the options form."""
        form = self.options_form
        if callable(form):
            form = form(spawner)
            if isawaitable(form):
                form = await form
        return form or ""

    async def extra_options(
        self, sent: dict[str, list[Any]], spawner: Spawner | None
    ) -> dict[str, Any]:
        """Return what the fields `sent`, which are not ours, mean to the deployer."""
        theirs = self.options_from_form
        if theirs is None:
            # Their form, or their hook that reads options, expects what was sent.
            return dict(sent) if self.options_form or self.apply_user_options else {}
        if theirs == "simple":
            return {k: v[0] if len(v) == 1 else v for k, v in sent.items()}
        if theirs == "passthrough":
            return dict(sent)
        if "spawner" in signature(theirs).parameters:
            result = theirs(sent, spawner=spawner)
        else:
            result = theirs(sent)
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
    return ours, {key: values for key, values in plain.items() if key not in SAVED_KEYS}


def _is_within(value: Any, characters: int) -> bool:
    """Say whether `value`, any JSON, has at most so many characters; looks at no more of it."""
    waiting = [value]
    while waiting and characters >= 0:
        part = waiting.pop()
        if isinstance(part, dict):
            characters -= 2 * len(part)
            if characters >= 0:
                waiting += [*part, *part.values()]
        elif isinstance(part, list):
            characters -= 2 * len(part)
            if characters >= 0:
                waiting += part
        else:
            characters -= len(part) if isinstance(part, str) else len(repr(part))
    return characters >= 0
