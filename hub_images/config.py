"""`configure(c)`: adds hub-images to a hub's configuration.

It adds to what `c` holds already and replaces nothing, so it is called after the
settings it adds to. What is wrong raises ValueError, which stops the hub at start with
a message that names the setting.
"""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.utils import random_port
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue
from traitlets.utils.importstring import import_item

from hub_images import scopes
from hub_images.hub.hooks import Configured, Shop, make_hooks
from hub_images.settings import HubImages, load_settings, settings_for_service
from hub_images.templates import template_folder

__all__ = ["HubImages", "configure"]

ROLE_PREFIX = "hub-images"

#: What the service asks the hub for: groups with their members' number, and which
#: servers run. Not their state, and nothing that changes anything.
SERVICE_SCOPES = ["list:groups", "read:groups", "list:users", "read:servers"]

#: Environment variables of the hub that its service needs as well: where the cluster is.
_PASSED_ON = (
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "KUBECONFIG",
    "POD_NAMESPACE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
)

_HOOKS = ("options_form", "options_from_form", "apply_user_options", "pre_spawn_hook")


class _SpawnerSection(Config):
    """A spawner's section of the configuration that takes no second form."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "profile_list" and value:
            raise ValueError(_TWO_FORMS)
        super().__setitem__(key, value)


_TWO_FORMS = (
    "c.KubeSpawner.profile_list (in Helm values: singleuser.profileList) stands beside "
    "hub_images.configure(c): two forms cannot both be right. Take profile_list away, and "
    "write its sizes as c.HubImages.instance_types and its images into the catalogue."
)


def configure(c: Config) -> None:
    """Add the service, its permissions, pages and spawner hooks to the hub's configuration `c`.

    Call it after the rest of the configuration. Raises ValueError that names the
    setting which is wrong.
    """
    settings = load_settings(c)
    name = settings.service_name
    if any(service.get("name") == name for service in _present(c.JupyterHub, "services", [])):
        raise ValueError(
            f"c.HubImages.service_name: there is a service named {name} already "
            "(is configure(c) called twice?)."
        )
    sections = _spawner_sections(c)
    configured = _configured(c, sections)
    if configured.get("profile_list"):
        raise ValueError(_TWO_FORMS)
    _add_templates(c, settings)
    _add_service(c, settings, configured.get("namespace"))
    _add_permissions(c, settings)
    _add_hooks(c, settings, sections, configured)


def _present(section: Config, name: str, default: Any) -> Any:
    """Return the configured value; values that were only appended to are shown as a list."""
    if name not in section:
        return default
    value = section[name]
    if isinstance(value, LazyConfigValue):
        # of a copy: the value remembers what it answered, and would take no more items
        return copy.deepcopy(value).get_value(type(default)())
    return value


def _add(section: Config, name: str, items: list[Any]) -> None:
    if name in section and isinstance(section[name], (list, tuple)):
        section[name] = [*section[name], *items]
    else:
        section[name].extend(items)


def _update(section: Config, name: str, items: dict[str, Any]) -> None:
    if name in section and isinstance(section[name], dict):
        section[name] = {**section[name], **items}
    else:
        section[name].update(items)


def _add_templates(c: Config, settings: HubImages) -> None:
    ours = str(template_folder())
    originals = JupyterHub().template_paths[0]
    given = [str(path) for path in _present(c.JupyterHub, "template_paths", [])]
    settings.template_paths = [str(Path(path).absolute()) for path in given if path != originals]
    # The deployer's own templates first, then ours, then the hub's originals, which
    # the hub itself adds where they are missing.
    theirs = [path for path in given if path != originals]
    c.JupyterHub.template_paths = [*theirs, ours, originals]
    variables = _present(c.JupyterHub, "template_vars", {})
    settings.template_vars = {
        key: value for key, value in variables.items() if isinstance(value, (str, int, float))
    }
    _update(c.JupyterHub, "template_vars", {"hub_images_service_name": settings.service_name})


def _add_service(c: Config, settings: HubImages, namespace: str | None) -> None:
    settings.namespace = namespace or ""
    passed_on = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    # A page.html of the deployer's own comes before ours and may lack our link in the
    # navigation bar; then the hub's list of services has it.
    own_page = any((Path(path) / "page.html").is_file() for path in settings.template_paths)
    service = {
        "name": settings.service_name,
        "url": settings.service_url or f"http://127.0.0.1:{random_port()}",
        "command": [sys.executable, "-m", "hub_images"],
        "environment": {**passed_on, **settings_for_service(settings)},
        "oauth_no_confirm": True,
        "display": own_page,
        # What a browser's session may carry, of what its user holds.
        "oauth_client_allowed_scopes": [
            scopes.READ,
            scopes.WRITE,
            scopes.HUB_ADMIN,
            "admin-ui",  # the hub's own link in its navigation bar
            scopes.access_scope(settings.service_name),
        ],
    }
    _add(c.JupyterHub, "services", [service])


def _add_permissions(c: Config, settings: HubImages) -> None:
    _update(c.JupyterHub, "custom_scopes", scopes.CUSTOM_SCOPES)
    name = settings.service_name
    access = scopes.access_scope(name)
    roles: list[dict[str, Any]] = [
        {
            "name": f"{ROLE_PREFIX}-service",
            "description": "What the service of hub-images may ask the hub",
            "scopes": SERVICE_SCOPES,
            "services": [name],
        }
    ]
    for kind, scope, groups in (
        ("admins", scopes.WRITE, settings.admin_groups),
        ("readers", scopes.READ, settings.reader_groups),
    ):
        # Without groups too: the hub forgets nothing of a role that is no longer loaded.
        roles.append(
            {
                "name": f"{ROLE_PREFIX}-{kind}",
                "description": f"Members of c.HubImages.{kind[:-1]}_groups",
                "scopes": [scope, access],
                "groups": groups,
            }
        )
    _add(c.JupyterHub, "load_roles", roles)


def _spawner_sections(c: Config) -> list[str]:
    """Return the names of the sections that configure the hub's spawner, the first wins."""
    given = _present(c.JupyterHub, "spawner_class", None)
    if given is None:
        given = JupyterHub.spawner_class.default_value
    if isinstance(given, str):
        try:
            given = JupyterHub.spawner_class.load_entry_points()[given.lower()].load()
        except KeyError:
            try:
                given = import_item(given)
            except ImportError as error:
                raise ValueError(f"c.JupyterHub.spawner_class: {error}") from None
    return [parent.__name__ for parent in given.__mro__ if parent.__name__.endswith("Spawner")] or [
        "Spawner"
    ]


def _configured(c: Config, sections: list[str]) -> dict[str, Any]:
    """Return what is configured for the spawner under the names that concern us."""
    found: dict[str, Any] = {}
    for name in (*_HOOKS, "profile_list", "namespace"):
        for section in sections:
            if section in c and name in c[section]:
                found[name] = c[section][name]
                break
    return found


def _add_hooks(
    c: Config, settings: HubImages, sections: list[str], configured: dict[str, Any]
) -> None:
    shop = Shop(
        settings.resolved_db_url,
        settings.parsed_instance_types,
        settings.pull_failure_timeout,
    )
    hooks = make_hooks(shop, Configured(**{name: configured.get(name) for name in _HOOKS}))
    for section in dict.fromkeys((sections[0], "Spawner")):
        c[section] = _SpawnerSection({**c[section]} if section in c else {})
        for name in _HOOKS:
            c[section][name] = getattr(hooks, name)
