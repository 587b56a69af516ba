"""Sets a choice on a spawner: the image's exact reference, and what the instance type says.

It adds to what the deployer configured. A spawner object can serve several starts, so each
first takes back what the last one set, with what later hooks put on top of that.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from hub_images.catalogue.choice import Choice
from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.snapshot import Entry

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

IMAGE_LABEL = "hub-images/image"
INSTANCE_TYPE_LABEL = "hub-images/instance-type"

#: What an image sets, by the spawner's trait. A spawner without the trait goes without, and
#: None leaves it to the deployer.
_FROM_IMAGE: dict[str, Callable[[Entry], Any]] = {
    "default_url": lambda image: _unformatted(image.default_url),
    "cmd": lambda image: None if image.command is None else list(image.command),
    "working_dir": lambda image: image.working_dir,
    "image_pull_policy": lambda image: image.image_pull_policy,
    "pull_policy": lambda image: image.image_pull_policy,  # DockerSpawner's
}

_RESOURCES = ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee")


class _Set(NamedTuple):
    """A trait's value before we set it, and as the spawner's own start saw it."""

    before: Any
    at_start: Any


def apply_choice(spawner: Spawner, choice: Choice) -> None:
    """Set the image, resources and labels of `choice` on `spawner`, after `take_back`."""
    names = _touched(spawner, choice.instance_type)
    before = {name: copy.copy(getattr(spawner, name)) for name in names}
    _apply_instance_type(spawner, choice.instance_type)
    _apply_image(spawner, choice)
    _add_labels(spawner, choice)
    spawner._hub_images_set = {name: _Set(value, value) for name, value in before.items()}
    note_start(spawner)


def note_start(spawner: Spawner) -> None:
    """Note what we set as the start sees it, with what later hooks put on top.

    A start that fails before needs no note: the hub makes a new object for the next one.
    """
    spawner._hub_images_set = {
        name: _Set(value.before, copy.copy(getattr(spawner, name)))
        for name, value in getattr(spawner, "_hub_images_set", {}).items()
    }


def take_back(spawner: Spawner) -> None:
    """Restore what the last start on this object changed; keep what was changed since.

    Call it before anything of this start's own sets a trait.
    """
    for name, (before, at_start) in getattr(spawner, "_hub_images_set", {}).items():
        now = getattr(spawner, name)
        if now == at_start:
            setattr(spawner, name, before)
        elif isinstance(before, dict) and isinstance(at_start, dict) and isinstance(now, dict):
            since = {k: v for k, v in now.items() if k not in at_start or at_start[k] != v}
            setattr(spawner, name, {**before, **since})
        elif isinstance(before, list) and isinstance(at_start, list) and isinstance(now, list):
            setattr(spawner, name, [*before, *(item for item in now if item not in at_start)])
    spawner._hub_images_set = {}


def _touched(spawner: Spawner, instance_type: InstanceType) -> list[str]:
    names = [
        *_RESOURCES,
        "image",
        "allowed_images",
        "environment",
        "image_pull_secrets",
        *_FROM_IMAGE,
        "extra_resource_limits",
        "node_selector",
        "tolerations",
        "extra_labels",
        *instance_type.kubespawner_override,
    ]
    return [name for name in dict.fromkeys(names) if spawner.has_trait(name)]


def _apply_instance_type(spawner: Spawner, instance_type: InstanceType) -> None:
    for name in _RESOURCES:
        value = getattr(instance_type, name)
        if value is not None and spawner.has_trait(name):
            setattr(spawner, name, value)
    if instance_type.gpu_limit and spawner.has_trait("extra_resource_limits"):
        limits = {instance_type.gpu_resource: str(instance_type.gpu_limit)}
        spawner.extra_resource_limits = {**spawner.extra_resource_limits, **limits}
    if instance_type.node_selector and spawner.has_trait("node_selector"):
        spawner.node_selector = {**spawner.node_selector, **instance_type.node_selector}
    if instance_type.tolerations and spawner.has_trait("tolerations"):
        spawner.tolerations = _with_tolerations(spawner.tolerations, instance_type)
    for name, value in instance_type.kubespawner_override.items():
        if not spawner.has_trait(name):
            spawner.log.warning(
                "The instance type %s overrides %s, which %s does not have",
                instance_type.name, name, type(spawner).__name__,
            )  # fmt: skip
            continue
        result = value(spawner) if callable(value) else copy.deepcopy(value)
        present = getattr(spawner, name)
        if isinstance(result, dict) and isinstance(present, dict):
            result = _merged(present, result)
        setattr(spawner, name, result)


def _merged(present: dict[Any, Any], added: dict[Any, Any]) -> dict[Any, Any]:
    # As KubeSpawner merges overrides: inner mappings too, and None removes a key.
    merged = dict(present)
    for key, value in added.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _with_tolerations(configured: Any, instance_type: InstanceType) -> Any:
    added = [copy.deepcopy(toleration) for toleration in instance_type.tolerations]
    if isinstance(configured, dict):  # KubeSpawner takes a list or a mapping sorted by key
        return {**configured, **{f"hub-images-{i:03}": t for i, t in enumerate(added)}}
    return [*configured, *added]


def _apply_image(spawner: Spawner, choice: Choice) -> None:
    for name, value_of in _FROM_IMAGE.items():
        value = value_of(choice.image)
        if value is not None and spawner.has_trait(name):
            setattr(spawner, name, value)
    variables = {name: _as_it_is(value) for name, value in choice.image.environment.items()}
    spawner.environment = {**spawner.environment, **variables}
    _apply_reference(spawner, choice)


def _unformatted(default_url: str | None) -> str | None:
    # JupyterHub formats a default URL, and a brace that is none of its own would fail the start.
    return None if default_url is None else default_url.replace("{", "{{").replace("}", "}}")


def _as_it_is(value: str) -> str | Callable[[Spawner], str]:
    # KubeSpawner formats the texts of `environment`, and JSON in one would fail the start. It
    # leaves alone what a function returns, which JupyterHub calls for every spawner.
    return (lambda _spawner: value) if "{" in value or "}" in value else value


def _apply_reference(spawner: Spawner, choice: Choice) -> None:
    if not spawner.has_trait("image"):
        spawner.environment = {
            **spawner.environment,
            "JUPYTER_IMAGE_SPEC": choice.reference,
            "JUPYTER_IMAGE": choice.reference,
        }
        return
    spawner.image = choice.reference
    if spawner.has_trait("allowed_images"):
        # DockerSpawner looks up user_options["image"], our image's name, in this
        # trait, and starts what it finds there.
        spawner.allowed_images = {choice.image.name: choice.reference}
    secret = choice.image.pull_secret
    if secret and spawner.has_trait("image_pull_secrets"):
        configured = list(spawner.image_pull_secrets or [])
        names = [s.get("name") if isinstance(s, dict) else s for s in configured]
        if secret not in names:
            spawner.image_pull_secrets = [*configured, {"name": secret}]


def _add_labels(spawner: Spawner, choice: Choice) -> None:
    if spawner.has_trait("extra_labels"):
        labels = {IMAGE_LABEL: choice.image.name, INSTANCE_TYPE_LABEL: choice.instance_type.name}
        spawner.extra_labels = {**spawner.extra_labels, **labels}
