"""`configure(c)` adds to what the deployer configured, and refuses what cannot be right."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from kubespawner import KubeSpawner
from traitlets import Dict, List, default
from traitlets.config import Config

import hub_images
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.settings import load_settings
from hub_images.settings_file import SETTINGS_VARIABLE, take_message
from hub_images.templates import template_folder


def _configured(**sections: dict[str, Any]) -> Config:
    c = Config({name: Config(values) for name, values in sections.items()})
    hub_images.configure(c)
    return c


def test_adds_to_lists_and_mappings() -> None:
    """Services, roles, scopes, template paths and variables of the deployer stay."""
    c = _configured(
        JupyterHub={
            "services": [{"name": "cull"}],
            "load_roles": [{"name": "mine"}],
            "custom_scopes": {"custom:mine": {"description": "x"}},
            "template_paths": ["/srv/templates"],
            "template_vars": {"announcement": "Hello"},
        }
    )
    assert [service["name"] for service in c.JupyterHub.services] == ["cull", "images"]
    names = [role["name"] for role in c.JupyterHub.load_roles]
    assert names == [
        "mine",
        *(f"hub-images-{kind}" for kind in ("service", "hub-admins", "admins", "readers")),
    ]
    assert {"custom:mine", "custom:hub-images:read", "custom:hub-images:write"} == set(
        c.JupyterHub.custom_scopes
    )
    assert c.JupyterHub.template_paths[:2] == ["/srv/templates", str(template_folder())]
    assert c.JupyterHub.template_vars["announcement"] == "Hello"


def test_adds_to_what_was_only_appended() -> None:
    """`c.JupyterHub.services.append(…)` before configure(c) works as traitlets means it."""
    c = Config()
    c.JupyterHub.services.append({"name": "cull"})
    c.JupyterHub.template_vars.update({"announcement": "Hello"})
    hub_images.configure(c)
    assert [s["name"] for s in c.JupyterHub.services.get_value([])] == ["cull", "images"]


def test_the_service_gets_least_scopes() -> None:
    """The service may read groups, users and servers, stop servers, and nothing else."""
    c = _configured()
    role = c.JupyterHub.load_roles.get_value([])[0]
    assert role["services"] == ["images"]
    read = ["list:groups", "read:groups", "list:users", "read:servers"]
    assert role["scopes"] == [*read, "delete:servers"]


def test_groups_get_the_scope_and_the_access() -> None:
    """`admin_groups` and `reader_groups` open the pages and the API."""
    c = _configured(HubImages={"admin_groups": ["a"], "reader_groups": ["r"], "service_name": "im"})
    *_others, admins, readers = c.JupyterHub.load_roles.get_value([])
    assert admins["groups"] == ["a"]
    assert admins["scopes"] == ["custom:hub-images:write", "access:services!service=im"]
    assert readers["groups"] == ["r"]
    assert readers["scopes"] == ["custom:hub-images:read", "access:services!service=im"]


def _message(c: Config, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the hub tells the service when it starts it."""
    value = c.JupyterHub.services.get_value([])[0]["environment"][SETTINGS_VARIABLE]
    monkeypatch.setenv(SETTINGS_VARIABLE, value(None))
    return take_message()


def test_the_password_is_in_the_private_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither on the service's command line nor in its environment."""
    c = _configured(HubImages={"db_url": "postgresql+psycopg2://u:geheim@db/images"})
    service = c.JupyterHub.services.get_value([])[0]
    assert service["command"] == [sys.executable, "-m", "hub_images"]
    assert "geheim" not in json.dumps(service)
    assert "geheim" in _message(c, monkeypatch)


def test_the_hub_tells_its_service_everything_in_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the service loads from the message is what the hub has, and its file wins over it."""
    c = _configured(
        HubImages={
            "service_name": "im",
            "pull_secrets": ["lab"],
            "requests_per_minute": 7,
            "allowed_registries": ["quay.io/jupyter"],
            "require_digest": True,
            "db_url": "sqlite:////x/y.sqlite",
        },
        JupyterHub={
            "spawner_class": KUBE,
            "template_paths": ["/srv/templates"],
            "template_vars": {"motd": "Hello"},
            "trusted_downstream_ips": ["10.0.0.7"],
        },
        KubeSpawner={"namespace": "users"},
    )
    message = _message(c, monkeypatch)
    told = load_settings(Config(), message)
    assert told.service_name == "im"
    assert told.pull_secrets == ["lab"]
    assert told.requests_per_minute == 7
    assert told.reference_policy == ReferencePolicy(("quay.io/jupyter",), require_digest=True)
    assert str(told.database_url) == "sqlite:////x/y.sqlite"
    assert told.template_paths == ["/srv/templates"]
    assert told.template_vars == {"motd": "Hello"}
    assert told.trusted_downstream_ips == ["10.0.0.7"]
    assert told.namespace == "users"
    own = Config({"HubImages": {"pull_secrets": ["other"]}})
    assert load_settings(own, message).pull_secrets == ["other"]


def test_where_the_cluster_is_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service finds it as the hub does."""
    monkeypatch.setenv("POD_NAMESPACE", "lab")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    environment = _configured().JupyterHub.services.get_value([])[0]["environment"]
    assert environment["POD_NAMESPACE"] == "lab"
    assert environment["KUBERNETES_SERVICE_HOST"] == "10.0.0.1"


def test_hub_admins_hold_the_scopes_themselves() -> None:
    """Users in `admin_users` get a role, wherever that is set; without them it takes no one."""

    def users(**config: Any) -> list[str]:
        roles = _configured(**config).JupyterHub.load_roles.get_value([])
        (role,) = (role for role in roles if role["name"] == "hub-images-hub-admins")
        assert role["scopes"] == ["custom:hub-images:write", "access:services!service=images"]
        return list(role["users"])

    dummy = {"authenticator_class": "dummy"}
    assert users() == []
    assert users(Authenticator={"admin_users": {"b", "a"}}) == ["a", "b"]
    assert users(JupyterHub=dummy, DummyAuthenticator={"admin_users": {"c"}}) == ["c"]
    assert users(Authenticator={"admin_users": None}) == []
    assert users(JupyterHub={"admin_users": {"old"}}) == ["old"]
    c = Config({"JupyterHub": Config(dummy)})
    c.Authenticator.admin_users = {"a"}
    c.DummyAuthenticator.admin_users.add("b")
    hub_images.configure(c)
    (role,) = (r for r in c.JupyterHub.load_roles.get_value([]) if r["name"].endswith("hub-admins"))
    assert role["users"] == ["a", "b"]


def test_sections_stay_the_same_objects() -> None:
    """A configuration file that holds one in a variable goes on configuring the hub by it."""
    c = Config({"JupyterHub": Config({"spawner_class": KUBE})})
    kube, spawner = c.KubeSpawner, c.Spawner
    hub_images.configure(c)
    assert c.KubeSpawner is kube
    assert c.Spawner is spawner


@pytest.mark.parametrize(
    ("large", "named"),
    [
        (
            {"JupyterHub": {"template_vars": {"motd": "Hello", "logo": "x" * 2**23}}},
            "c.JupyterHub.template_vars['logo']: ",
        ),
        (
            {
                "HubImages": {
                    "instance_types": [
                        {"name": f"type-{n}", "description": "x" * 2000} for n in range(4200)
                    ]
                }
            },
            "c.HubImages.instance_types: ",
        ),
    ],
)
def test_settings_that_are_too_large_are_named(large: dict[str, Any], named: str) -> None:
    """The largest one is in the sentence, with the limit."""
    with pytest.raises(ValueError, match=r"larger than 8,388,608 bytes") as caught:
        _configured(**large)
    assert str(caught.value).startswith(named)


def test_overrides_stay_in_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubespawner_override may hold anything, and is not passed to the service."""
    types = [{"name": "x", "kubespawner_override": {"environment": {"TOKEN": "geheim"}}}]
    c = _configured(HubImages={"instance_types": types})
    passed = _message(c, monkeypatch)
    assert "geheim" not in passed
    assert json.loads(passed)["instance_types"][0]["name"] == "x"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"instance_types": []}, "c.HubImages.instance_types"),
        ({"instance_types": [{"name": "Small"}]}, "c.HubImages.instance_types[0].name"),
        ({"instance_types": [{"name": "a", "mem_limit": "2GB"}]}, "instance_types[0].mem_limit"),
        ({"instance_types": [{"name": "a", "cpu_limit": "x"}]}, "instance_types[0].cpu_limit"),
        ({"instance_types": [{"name": "a"}, {"name": "a"}]}, "instance_types[1].name"),
        ({"instance_types": [{"name": "a", "gpu_limit": -1}]}, "instance_types[0].gpu_limit"),
        ({"instance_types": [{"name": "a", "cpus": 1}]}, "instance_types[0].cpus"),
        (
            {"instance_types": [{"name": "a", "cpu_limit": 1, "cpu_guarantee": 2}]},
            "instance_types[0].cpu_guarantee",
        ),
        (
            {"instance_types": [{"name": "a", "mem_limit": "900M", "mem_guarantee": "1G"}]},
            "instance_types[0].mem_guarantee",
        ),
        ({"instance_types": "small"}, "c.HubImages.instance_types"),
        ({"db_url": "nonsense"}, "c.HubImages.db_url"),
        ({"db_url": "oracle://x"}, "c.HubImages.db_url"),
        ({"db_url": "sqlite://"}, "c.HubImages.db_url"),
        (
            {"db_url": "postgresql+nosuch://u:p@h/d"},
            "c.HubImages.db_url: The driver of postgresql+",
        ),
        ({"db_url": "sqlite+aiosqlite:///x.sqlite"}, "c.HubImages.db_url"),
        ({"service_name": "My Images"}, "c.HubImages.service_name"),
        ({"service_url": "10101"}, "c.HubImages.service_url"),
        ({"service_url": "https://hub:10101"}, "c.HubImages.service_url: use http://"),
        ({"pull_secrets": ["Not Valid"]}, "c.HubImages.pull_secrets"),
        ({"allowed_registries": ["https://quay.io"]}, "c.HubImages.allowed_registries: 'https://"),
        ({"allowed_registries": ["quay.io", ""]}, "c.HubImages.allowed_registries: ''"),
        ({"allowed_registries": ["quay.io/a:1"]}, "c.HubImages.allowed_registries: 'quay.io/a:1'"),
        ({"allowed_registries": ["jupyter"]}, "name the host too, such as docker.io/jupyter"),
        ({"allowed_registries": {"quay.io"}}, "c.HubImages.allowed_registries"),
        ({"require_digest": "yes"}, "c.HubImages.require_digest"),
        ({"pull_failure_timeout": -1}, "c.HubImages.pull_failure_timeout"),
        ({"requests_per_minute": -1}, "c.HubImages.requests_per_minute"),
        ({"requests_per_minute": 1.5}, "c.HubImages.requests_per_minute"),
        ({"instance_type": []}, "c.HubImages.instance_type:"),
    ],
)
def test_an_invalid_setting_is_named(settings: dict[str, Any], named: str) -> None:
    """What is wrong is refused with a message that names the setting."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is asserted below)
        _configured(HubImages=settings)
    assert named in str(caught.value)


def test_an_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As zero-to-jupyterhub's `hub.extraEnv` sets it; a password in it is not told."""
    monkeypatch.setenv("HUB_IMAGES_DB_URL", "postgresql+nosuch://u:geheim@h/d")
    with pytest.raises(
        ValueError, match=r"c\.HubImages\.db_url, from \$HUB_IMAGES_DB_URL: "
    ) as told:
        _configured()
    assert "geheim" not in str(told.value)


KUBE = "kubespawner.KubeSpawner"
PROFILES = [{"display_name": "x"}]


class LabLauncher(KubeSpawner):
    """A subclass whose name does not say that it is a spawner."""


class WithProfiles(KubeSpawner):
    """A class that brings profiles along."""

    profile_list = List(Dict(), default_value=PROFILES)


class WithComputedProfiles(KubeSpawner):
    """A class that makes its profiles when asked for them."""

    @default("profile_list")
    def _profiles(self) -> list[dict[str, str]]:
        return PROFILES


class Child(WithProfiles):
    """A spawner whose parent brings the profiles."""


@pytest.mark.parametrize(
    ("spawner_class", "section"),
    [
        (KUBE, "KubeSpawner"),
        (LabLauncher, "KubeSpawner"),
        (LabLauncher, "LabLauncher"),
        ("simple", "KubeSpawner"),
    ],
)
@pytest.mark.parametrize("callable_", [False, True])
def test_profile_list_before_is_refused(
    spawner_class: object, section: str, callable_: bool
) -> None:
    """profile_list beside configure(c) is refused, under whichever class's name it is set."""
    profiles: object = (lambda _spawner: PROFILES) if callable_ else PROFILES
    with pytest.raises(ValueError, match=rf"c\.{section}\.profile_list"):
        _configured(
            JupyterHub={"spawner_class": spawner_class}, **{section: {"profile_list": profiles}}
        )


class Without(WithProfiles):
    """A class that takes its parent's profiles away again."""

    profile_list = List(Dict(), default_value=[])


@pytest.mark.parametrize("spawner_class", [WithProfiles, WithComputedProfiles, Child])
def test_profile_list_of_a_class_is_refused(spawner_class: type[KubeSpawner]) -> None:
    """A class, or a parent of it, that brings profiles along is refused as well."""
    name = spawner_class.__name__
    with pytest.raises(ValueError, match=f"profile_list of the class {name}"):
        _configured(JupyterHub={"spawner_class": spawner_class})


def test_profiles_that_mean_nothing_are_no_reason() -> None:
    """Taken away by a subclass, or configured for a class that is no spawner."""
    _configured(JupyterHub={"spawner_class": Without}, MyTool={"profile_list": PROFILES})


@pytest.mark.parametrize(
    ("spawner_class", "section"),
    [(KUBE, "KubeSpawner"), (LabLauncher, "LabLauncher"), (LabLauncher, "KubeSpawner")],
)
def test_profile_list_after_is_refused(spawner_class: object, section: str) -> None:
    """profile_list is refused on the line that sets it, too."""
    c = _configured(JupyterHub={"spawner_class": spawner_class})
    with pytest.raises(ValueError, match="profile_list"):
        c[section].profile_list = PROFILES


def test_internal_ssl_is_refused() -> None:
    """The service speaks plain HTTP; the sentence names the hub's setting."""
    with pytest.raises(ValueError, match=r"c\.JupyterHub\.internal_ssl"):
        _configured(JupyterHub={"internal_ssl": True})


def test_an_empty_profile_list_is_none() -> None:
    """zero-to-jupyterhub sets an empty list where there are no profiles."""
    _configured(
        JupyterHub={"spawner_class": "kubespawner.KubeSpawner"}, KubeSpawner={"profile_list": []}
    )


def test_calling_twice_is_refused() -> None:
    """A second configure(c) would make a second service of the same name."""
    c = _configured()
    with pytest.raises(ValueError, match="already a service named images"):
        hub_images.configure(c)


def test_hooks_win_over_the_base_class() -> None:
    """Where the deployer's hook stands in the spawner's own section, ours takes its place there."""

    def theirs(_spawner: object) -> None:
        """Stand for the deployer's hook."""

    c = _configured(
        JupyterHub={"spawner_class": "kubespawner.KubeSpawner"},
        KubeSpawner={"pre_spawn_hook": theirs, "image": "kept"},
    )
    assert c.KubeSpawner.pre_spawn_hook is not theirs
    assert c.KubeSpawner.image == "kept"
    assert c.Spawner.apply_user_options is c.KubeSpawner.apply_user_options
