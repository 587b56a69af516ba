"""The spawner hooks: the options form, what was chosen, and the check at every start.

`options_from_form` only shapes what a form or link sent. `apply_user_options` decides:
it runs at every start (form, link, REST, named server, an admin's, saved options),
asks the database, and refuses with a sentence. `pre_spawn_hook` makes sure that it ran.
Nothing here blocks the hub's event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable, signature
from typing import TYPE_CHECKING, Any

from hub_images.catalogue.choice import (
    FILLED_IN_KEY,
    IMAGE_KEY,
    INSTANCE_TYPE_KEY,
    KEYS,
    NotStarted,
    choose,
)
from hub_images.catalogue.instance_type import InstanceType
from hub_images.hub.options_form import OptionsForm
from hub_images.hub.pod_start import guard_start
from hub_images.hub.refusal import refuse
from hub_images.hub.traits import apply_choice
from hub_images.store.database import Database, DatabaseUnavailable
from hub_images.store.snapshots import CachedCatalogue, Snapshot

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

_UNAVAILABLE = "The list of images cannot be read at the moment. Try again in a minute."
_QUERY_PREFIX = "opt-"  # of links; JupyterHub before 6.0 leaves it to us


@dataclass(frozen=True)
class Configured:
    """What the deployer configured for the hooks, to be kept and added to."""

    options_form: Any = None
    options_from_form: Any = None
    apply_user_options: Any = None
    pre_spawn_hook: Any = None


@dataclass(frozen=True)
class Hooks:
    """The traits to be set on the spawner.

    They are plain functions, because traitlets deep-copies what it is given and an
    object with a database in it cannot be copied.
    """

    options_form: Callable[[Spawner], Awaitable[str]]
    options_from_form: Callable[..., Any]
    apply_user_options: Callable[[Spawner, dict[str, Any]], Awaitable[None]]
    pre_spawn_hook: Callable[[Spawner], Awaitable[None]]


class Shop:
    """What the hooks share: the database, opened at first use, and what was read from it."""

    def __init__(
        self,
        db_url: str,
        instance_types: Sequence[InstanceType],
        pull_failure_timeout_seconds: float,
    ) -> None:
        self.instance_types = tuple(instance_types)
        self.pull_failure_timeout_seconds = pull_failure_timeout_seconds
        self._db_url = db_url
        self._database: Database | None = None
        self._catalogue = CachedCatalogue()
        self._form: OptionsForm | None = None

    @property
    def database(self) -> Database:
        """The database; made in the hub's process, not where its configuration is only read."""
        if self._database is None:
            self._database = Database(self._db_url)
        return self._database

    async def form(self, groups: frozenset[str], last: Mapping[str, Any]) -> str:
        """Return the options form; one that says why where the database does not answer."""
        if self._form is None:
            self._form = OptionsForm(self.instance_types)
        form = self._form
        try:
            return await self.database.look(
                lambda connection: form.render(self._catalogue.current(connection), groups, last)
            )
        except DatabaseUnavailable:
            return form.render_problem(_UNAVAILABLE)

    async def snapshot(self) -> Snapshot:
        """Return the present catalogue; raises `DatabaseUnavailable`."""
        return await self.database.look(self._catalogue.current)


def groups_of(spawner: Spawner) -> frozenset[str]:
    """Return the names of the groups that the server's owner is in now."""
    return frozenset(group.name for group in spawner.user.groups)


def make_hooks(shop: Shop, configured: Configured) -> Hooks:
    """Make the hooks over `shop` that also do what the deployer `configured`."""

    async def options_form(spawner: Spawner) -> str:
        saved = getattr(spawner.orm_spawner, "user_options", None) or spawner.user_options or {}
        form = await shop.form(groups_of(spawner), saved)
        theirs = configured.options_form
        if callable(theirs):
            theirs = theirs(spawner)
            if isawaitable(theirs):
                theirs = await theirs
        return form + theirs if theirs else form

    async def options_from_form(
        form_data: dict[str, list[Any]], spawner: Spawner | None = None
    ) -> dict[str, Any]:
        ours, others = _split(form_data)
        if configured.options_from_form is not None:
            rest = await _their_options(configured.options_from_form, others, spawner)
        elif configured.options_form or configured.apply_user_options:
            rest = dict(others)
        else:
            rest = {}
        return {**rest, **ours}

    async def apply_user_options(spawner: Spawner, user_options: dict[str, Any]) -> None:
        spawner._hub_images_checked = False
        try:
            snapshot = await shop.snapshot()
            choice = choose(user_options, shop.instance_types, snapshot, groups_of(spawner))
        except NotStarted as error:
            raise refuse(spawner, error.status, error.message, reason="image") from None
        except DatabaseUnavailable:
            raise refuse(
                spawner, HTTPStatus.SERVICE_UNAVAILABLE, _UNAVAILABLE, reason="database"
            ) from None
        # Theirs before ours: what both set (an image, say) is ours to say.
        await _run_their_hook(spawner, configured.apply_user_options, user_options)
        apply_choice(spawner, choice)
        if hasattr(spawner, "pod_reflector"):
            timeout = shop.pull_failure_timeout_seconds
            guard_start(spawner, choice.image.display_name, choice.reference, timeout)
        _remember(spawner, user_options, choice.instance_type.name, choice.image.name,
                  choice.filled_in)  # fmt: skip
        spawner.log.info(
            "Starting %s with the image %s (%s) on %s",
            spawner._log_name, choice.image.name, choice.reference, choice.instance_type.name,
        )  # fmt: skip
        spawner._hub_images_checked = True

    async def pre_spawn_hook(spawner: Spawner) -> None:
        _require_check(spawner)
        if configured.pre_spawn_hook is not None:
            result = configured.pre_spawn_hook(spawner)
            if isawaitable(result):
                await result

    return Hooks(options_form, options_from_form, apply_user_options, pre_spawn_hook)


def _require_check(spawner: Spawner) -> None:
    # Fails closed where a later line of the configuration took a hook away.
    problem = None
    if not getattr(spawner, "_hub_images_checked", False):
        problem = "something replaced the apply_user_options of hub_images.configure(c)"
    elif getattr(spawner, "profile_list", None):
        problem = "profile_list stands beside hub_images.configure(c)"
    spawner._hub_images_checked = False
    if problem:
        spawner.log.error("Not starting %s: %s", spawner._log_name, problem)
        raise refuse(
            spawner,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "The hub is not configured as hub-images needs it; tell your administrator.",
            reason="configuration",
        )


def _split(form_data: Mapping[str, list[Any]]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Take our two fields, each as one value, from the others.

    A field that was sent twice stays a list, which the check at start refuses.
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


async def _their_options(
    theirs: Any, others: dict[str, list[Any]], spawner: Spawner | None
) -> dict[str, Any]:
    if theirs == "simple":
        return {k: v[0] if len(v) == 1 else v for k, v in others.items()}
    if theirs == "passthrough":
        return dict(others)
    if "spawner" in signature(theirs).parameters:
        result = theirs(others, spawner=spawner)
    else:
        result = theirs(others)
    if isawaitable(result):
        result = await result
    return dict(result or {})


async def _run_their_hook(spawner: Spawner, theirs: Any, user_options: dict[str, Any]) -> None:
    if not theirs:
        return
    # The hub's own method knows both forms, a callable and a mapping of traits.
    ours = spawner.apply_user_options
    spawner.apply_user_options = theirs
    try:
        await spawner._run_apply_user_options(user_options)
    finally:
        spawner.apply_user_options = ours


def _remember(
    spawner: Spawner,
    user_options: Mapping[str, Any],
    instance_type: str,
    image: str,
    filled_in: tuple[str, ...],
) -> None:
    """Keep what is started with the server, for the form and the figures of use."""
    kept = {**user_options, INSTANCE_TYPE_KEY: instance_type, IMAGE_KEY: image}
    kept.pop(FILLED_IN_KEY, None)
    if spawner.has_trait("profile_list"):
        # KubeSpawner fails a start that names a profile where there are none: what was
        # saved before hub-images came, or what someone sends.
        kept.pop("profile", None)
    if filled_in:
        kept[FILLED_IN_KEY] = list(filled_in)
    spawner.user_options = kept
    spawner.orm_spawner.user_options = kept  # committed by the hub with the start
