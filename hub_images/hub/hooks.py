"""The spawner hooks: the options form, what was chosen, and the check at every start.

`options_from_form` only shapes what a form or link sent. `apply_user_options` decides:
it runs at every start (form, link, REST, named server, an admin's, saved options),
asks the database, and refuses with a sentence. `pre_spawn_hook` makes sure that it ran, and
the spawner's start begins with the same check once more. Nothing here blocks the hub's event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from hub_images.catalogue.choice import Choice, NotStarted, choose
from hub_images.catalogue.image import AT_START
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Snapshot
from hub_images.catalogue.user_options import remembered
from hub_images.hub.checked_start import check_before_start
from hub_images.hub.deployer_hooks import DeployerHooks, split_fields
from hub_images.hub.failures import FailedStarts
from hub_images.hub.options_form import OptionsForm
from hub_images.hub.refusal import refuse
from hub_images.hub.reused_servers import reuse_problem
from hub_images.hub.saved_options import (
    begin,
    keep_replaced_options,
    remember,
    restore,
    saved_options,
)
from hub_images.hub.traits import apply_choice, take_back
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.snapshots import CatalogueReader

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

_UNAVAILABLE = "The list of images cannot be read at the moment. Try again in a minute."


@dataclass(frozen=True)
class Hooks:
    """The traits to set on the spawner.

    They are plain functions: traitlets deep-copies its values, and cannot copy an object
    that holds a database.
    """

    options_form: Callable[[Spawner], Awaitable[str]]
    options_from_form: Callable[..., Any]
    apply_user_options: Callable[[Spawner, dict[str, Any]], Awaitable[None]]
    pre_spawn_hook: Callable[[Spawner], Awaitable[None]]


def groups_of(spawner: Spawner) -> frozenset[str]:
    """Return the names of the groups that the server's owner is in now."""
    return frozenset(group.name for group in spawner.user.groups)


def make_hooks(
    catalogue: CatalogueReader,
    instance_types: Sequence[InstanceType],
    deployer: DeployerHooks,
    *,
    pull_failure_timeout_seconds: float,
) -> Hooks:
    """Make the hooks, which read `catalogue` and also run what the `deployer` configured."""
    keep_replaced_options()
    failed_starts = FailedStarts()
    form = OptionsForm(instance_types)
    # The first form after the hub's start renders every description, which takes seconds for
    # thousands. Here it holds no thread or connection that a start needs, and one thread renders
    # nothing twice: who asks meanwhile waits for it and finds it cached.
    rendering = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-images-form")

    async def options_form(spawner: Spawner) -> str:
        groups, saved = groups_of(spawner), saved_options(spawner)

        def quickly(current: Snapshot) -> tuple[Snapshot, str | None]:
            ready = form.is_cached(current, groups)
            return current, form.render(current, groups, saved) if ready else None

        try:
            snapshot, ours = await catalogue.read(quickly)
        except DatabaseUnavailable:
            ours = form.render_problem(_UNAVAILABLE)
        else:
            if ours is None:
                loop = asyncio.get_running_loop()
                ours = await loop.run_in_executor(rendering, form.render, snapshot, groups, saved)
        return ours + await deployer.extra_form(spawner)

    async def options_from_form(
        form_data: dict[str, list[Any]], spawner: Spawner | None = None
    ) -> dict[str, Any]:
        ours, others = split_fields(form_data)
        return {**await deployer.extra_options(others, spawner), **ours}

    async def check(spawner: Spawner, user_options: Mapping[str, Any]) -> Choice:
        groups = groups_of(spawner)
        try:
            return await catalogue.read(
                lambda snapshot: choose(user_options, instance_types, snapshot, groups)
            )
        except NotStarted as error:
            raise refuse(error.status, error.message, reason="image") from None
        except DatabaseUnavailable:
            raise refuse(HTTPStatus.SERVICE_UNAVAILABLE, _UNAVAILABLE, reason="database") from None

    async def check_again(spawner: Spawner, choice: Choice) -> None:
        # last, because a hook or an override may just have set `remove` or `will_resume`
        _require_new_server(spawner)
        now = await check(spawner, remembered(replace(choice, filled_in=())))
        if _what_starts(now) != _what_starts(choice):
            raise refuse(
                HTTPStatus.CONFLICT,
                f"The image {choice.image.display_name} was changed while your server was "
                "starting. Start your server again.",
                reason="image",
            )

    async def apply_user_options(spawner: Spawner, user_options: dict[str, Any]) -> None:
        spawner._hub_images_checked = False
        begin(spawner, user_options)
        failed_starts.take_over(spawner)
        take_back(spawner)
        try:
            theirs = deployer.their_options(user_options)
            choice = await check(spawner, user_options)
            # Theirs runs first: where both set a trait (an image, say), ours wins.
            await deployer.apply(spawner, user_options)
            apply_choice(spawner, choice)
        except BaseException:
            restore(spawner)
            raise
        remember(spawner, theirs, choice)
        check_before_start(
            spawner, choice, lambda: check_again(spawner, choice), pull_failure_timeout_seconds
        )
        spawner._hub_images_started = choice.image.identity
        spawner.log.info(
            "Starting %s with the image %s (%s) on %s",
            spawner._log_name, choice.image.name, choice.reference, choice.instance_type.name,
        )  # fmt: skip
        spawner._hub_images_checked = True

    async def pre_spawn_hook(spawner: Spawner) -> None:
        try:
            _require_check(spawner)
            await deployer.before_start(spawner)
        except BaseException:
            restore(spawner)
            raise

    return Hooks(options_form, options_from_form, apply_user_options, pre_spawn_hook)


def _what_starts(choice: Choice) -> tuple[Any, ...]:
    """Return everything of the image that a start sets; other changes keep nobody waiting."""
    image = choice.image
    return (choice.reference, image.pull_secret, *(getattr(image, name) for name in AT_START))


def _require_check(spawner: Spawner) -> None:
    # Fails closed if a later line of the configuration replaced a hook.
    problem = None
    if not getattr(spawner, "_hub_images_checked", False):
        problem = "something replaced the apply_user_options that hub_images.configure(c) set"
    elif getattr(spawner, "profile_list", None):
        problem = "profile_list is set beside hub_images.configure(c)"
    spawner._hub_images_checked = False
    if problem:
        raise _refuse_configuration(spawner, problem)


def _require_new_server(spawner: Spawner) -> None:
    problem = reuse_problem(spawner)
    if problem:
        raise _refuse_configuration(spawner, problem)


def _refuse_configuration(spawner: Spawner, problem: str) -> HTTPError:
    spawner.log.error("Not starting %s: %s", spawner._log_name, problem)
    return refuse(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The hub's configuration does not work with hub-images. Tell your administrator.",
        reason="configuration",
    )
