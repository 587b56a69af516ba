"""`configure(c)`: adds hub-images to a hub's configuration.

It adds to what `c` already holds and replaces nothing, so call it after the settings
that it adds to. An invalid setting raises ValueError, which stops the hub at start and
names the setting.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from jupyterhub.app import JupyterHub
from jupyterhub.utils import random_port
from traitlets.config import Config, Configurable
from traitlets.config.loader import LazyConfigValue

from hub_images import scopes
from hub_images.config_sections import (
    add,
    configured,
    configured_class,
    present,
    sections_of,
    update,
)
from hub_images.hub.deployer_hooks import DeployerHooks
from hub_images.hub.hooks import make_hooks
from hub_images.hub.reused_servers import DECIDING_TRAITS, configured_reuse_problem
from hub_images.hub.server_pages import make_variables
from hub_images.settings import NO_INTERNAL_SSL, HubImages, load_settings
from hub_images.settings_file import SETTINGS_VARIABLE, SettingsFile
from hub_images.store.snapshots import CatalogueReader
from hub_images.templates import template_folder

__all__ = ["HubImages", "configure"]

ROLE_PREFIX = "hub-images"

#: What the service may ask the hub: groups with their members, which servers run, and to stop
#: those that run an image which an editor withdraws. It may not see the servers' state, start
#: servers, or change anything else.
SERVICE_SCOPES = ["list:groups", "read:groups", "list:users", "read:servers", "delete:servers"]

#: Environment variables that the hub passes on, so that the service finds the cluster.
_PASSED_ON = (
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "KUBECONFIG",
    "POD_NAMESPACE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
)

_COOKIE_HOST_PREFIX = "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"

_HOOKS = ("options_form", "options_from_form", "apply_user_options", "pre_spawn_hook")


_TWO_FORMS = (
    "{where} (in Helm values: singleuser.profileList) is set beside "
    "hub_images.configure(c), but a hub can have only one options form. Remove profile_list, "
    "write its sizes as c.HubImages.instance_types, and add its images to the catalogue."
)


class _SpawnerSection(Config):
    """A spawner's configuration section that refuses a `profile_list`."""

    def __setitem__(self, key: str, value: Any) -> None:
        # Reading a trait that is not set stores a lazy value; a start looks at what became of it.
        if key == "profile_list" and value and not isinstance(value, LazyConfigValue):
            raise ValueError(_TWO_FORMS.format(where="profile_list"))
        super().__setitem__(key, value)


def configure(c: Config) -> None:
    """Add the service, its permissions, pages and spawner hooks to the hub's configuration `c`.

    Call it after the rest of the configuration. Raises ValueError, which names the
    invalid setting.
    """
    settings = load_settings(c)
    name = settings.service_name
    if any(service.get("name") == name for service in present(c.JupyterHub, "services", [])):
        raise ValueError(
            f"c.HubImages.service_name: there is already a service named {name}. "
            "Choose another name, or call configure(c) only once."
        )
    if present(c.JupyterHub, "internal_ssl", False):
        raise ValueError(NO_INTERNAL_SSL)
    spawner_class = configured_class(c, "spawner_class")
    sections = sections_of(spawner_class)
    _refuse_profile_list(c, spawner_class, sections)
    _refuse_reused_servers(c, spawner_class, sections)
    settings.namespace = configured(c, sections, "namespace") or ""
    settings.trusted_downstream_ips = list(present(c.JupyterHub, "trusted_downstream_ips", []))
    catalogue = CatalogueReader(settings.database_url, settings.reference_policy.allows)
    _add_templates(c, settings, catalogue)
    _add_service(c, settings)
    _add_permissions(c, settings)
    _add_hooks(c, settings, sections, catalogue)


def _add_templates(c: Config, settings: HubImages, catalogue: CatalogueReader) -> None:
    ours = str(template_folder())
    originals = JupyterHub().template_paths[0]
    given = [str(path) for path in present(c.JupyterHub, "template_paths", [])]
    settings.template_paths = [str(Path(path).absolute()) for path in given if path != originals]
    # The deployer's own templates first, then ours, then the hub's originals, which
    # the hub itself adds where they are missing.
    theirs = [path for path in given if path != originals]
    c.JupyterHub.template_paths = [*theirs, ours, originals]
    variables = present(c.JupyterHub, "template_vars", {})
    settings.template_vars = {
        key: value for key, value in variables.items() if isinstance(value, (str, int, float))
    }
    ours_too = {
        "hub_images_service_name": settings.service_name,
        "hub_images_host": _service_host(c, settings.service_name),
        **make_variables(catalogue, settings.parsed_instance_types),
    }
    update(c.JupyterHub, "template_vars", ours_too)


def _service_host(c: Config, name: str) -> str:
    """Return the service's own origin where services have one (`subdomain_host`), else nothing.

    As `JupyterHub.service_from_spec` makes it.
    """
    given = {
        key: value
        for key in ("subdomain_host", "subdomain_hook")
        if (value := present(c.JupyterHub, key, None))
    }
    if "subdomain_host" not in given:
        return ""
    hub = JupyterHub(**given)
    address = urlparse(hub.subdomain_host)
    domain = hub.subdomain_hook(name, address.hostname, kind="service")
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{domain}{port}"


def _add_service(c: Config, settings: HubImages) -> None:
    passed_on = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    if present(c.JupyterHub, "cookie_host_prefix_enabled", False):
        # JupyterHub tells this to users' servers only
        passed_on[_COOKIE_HOST_PREFIX] = "1"
    # The deployer's own page.html comes before ours and may lack our link in the
    # navigation bar; then the hub lists the service there.
    own_page = any((Path(path) / "page.html").is_file() for path in settings.template_paths)
    service = {
        "name": settings.service_name,
        "url": settings.service_url or f"http://127.0.0.1:{random_port()}",
        "command": [sys.executable, "-m", "hub_images"],
        "environment": {**passed_on, SETTINGS_VARIABLE: SettingsFile(settings.message)},
        "oauth_no_confirm": True,
        "display": own_page,
        # The scopes that a browser's session may carry, if its user holds them: ours, and
        # nothing that is worth more to whoever steals a session.
        "oauth_client_allowed_scopes": [
            scopes.READ,
            scopes.WRITE,
            scopes.hub_admin_mark(settings.service_name),
            scopes.access_scope(settings.service_name),
        ],
    }
    add(c.JupyterHub, "services", [service])


def _add_permissions(c: Config, settings: HubImages) -> None:
    update(c.JupyterHub, "custom_scopes", scopes.CUSTOM_SCOPES)
    name = settings.service_name
    access = scopes.access_scope(name)
    roles: list[dict[str, Any]] = [
        {
            "name": f"{ROLE_PREFIX}-service",
            "description": "What the hub-images service may read and stop in the hub",
            "scopes": SERVICE_SCOPES,
            "services": [name],
        },
        # The built-in admin role takes no custom scopes. With this role, hub admins can make
        # tokens that may only change images.
        {
            "name": f"{ROLE_PREFIX}-hub-admins",
            "description": "Users in c.Authenticator.admin_users",
            "scopes": [scopes.WRITE, access],
            "users": sorted(_admin_users(c)),
        },
    ]
    for kind, scope, groups in (
        ("admins", scopes.WRITE, settings.admin_groups),
        ("readers", scopes.READ, settings.reader_groups),
    ):
        # Even without groups: a role that is no longer loaded keeps its members in the hub.
        roles.append(
            {
                "name": f"{ROLE_PREFIX}-{kind}",
                "description": f"Members of c.HubImages.{kind[:-1]}_groups",
                "scopes": [scope, access],
                "groups": groups,
            }
        )
    add(c.JupyterHub, "load_roles", roles)


def _admin_users(c: Config) -> set[str]:
    sections = sections_of(configured_class(c, "authenticator_class"))
    # JupyterHub.admin_users: what came before Authenticator's, and still counts without it
    return set(
        configured(c, sections, "admin_users", set()) or present(c.JupyterHub, "admin_users", set())
    )


def _refuse_profile_list(c: Config, spawner_class: type[Configurable], sections: list[str]) -> None:
    """Raise ValueError if a `profile_list` is configured or the spawner class brings one."""
    for section in dict.fromkeys((*sections, "KubeSpawner")):
        if section in c and present(c[section], "profile_list", []):
            raise ValueError(_TWO_FORMS.format(where=f"c.{section}.profile_list"))
    try:
        # Made without its __init__: that wants a user and a cluster, a default does not.
        default = getattr(spawner_class.__new__(spawner_class), "profile_list", None)
    except Exception:  # noqa: BLE001 (a default that wants a user is looked at when one starts)
        return
    if default:
        where = f"profile_list of the class {spawner_class.__name__}"
        raise ValueError(_TWO_FORMS.format(where=where))


def _refuse_reused_servers(
    c: Config, spawner_class: type[Configurable], sections: list[str]
) -> None:
    """Raise ValueError if servers start with what an earlier start left."""
    values = {name: configured(c, sections, name) for name in DECIDING_TRAITS}
    given = {name: value for name, value in values.items() if value is not None}
    problem = configured_reuse_problem(spawner_class, given)
    if problem is not None:
        raise ValueError(problem)


def _add_hooks(
    c: Config, settings: HubImages, sections: list[str], catalogue: CatalogueReader
) -> None:
    deployer = DeployerHooks(
        **{name: configured(c, sections, name) for name in _HOOKS},
        others_read_options=any(
            name not in _HOOKS and (name.endswith("_hook") or callable(value))
            for section in sections
            if section in c
            for name, value in c[section].items()
        ),
    )
    hooks = make_hooks(
        catalogue,
        settings.parsed_instance_types,
        deployer,
        pull_failure_timeout_seconds=settings.pull_failure_timeout,
    )
    for section in {sections[0], "Spawner", *({"KubeSpawner"} & set(sections))}:
        # in place: the configuration file may hold the section in a variable
        c[section].__class__ = _SpawnerSection
    for section in {sections[0], "Spawner"}:
        for name in _HOOKS:
            c[section][name] = getattr(hooks, name)
