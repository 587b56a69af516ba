"""`c.HubImages`: the settings, for the hub's configuration file and the service.

Every trait checks its value when it is set. `load_settings` raises ValueError, which names
the invalid setting.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, cast
from urllib.parse import urlparse

from sqlalchemy.engine import URL
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Float, Int, List, TraitError, Unicode, default, validate
from traitlets.config import Config, Configurable

from hub_images.catalogue.fields import is_secret_name
from hub_images.catalogue.instance_type import InstanceType, parse_instance_types
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.settings_file import SETTINGS_VARIABLE
from hub_images.store.engine import parse_url

NO_INTERNAL_SSL = (
    "c.JupyterHub.internal_ssl: hub-images does not support it yet; "
    "its service speaks plain HTTP to the proxy and the hub."
)

DB_URL_VARIABLE = "HUB_IMAGES_DB_URL"

#: Each page is made with all of `template_vars`; a logo is some hundred kilobytes.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


class HubImages(Configurable):
    """Settings of hub-images."""

    db_url = Unicode(
        help=f"""SQLAlchemy URL of the database that holds the catalogue of images:
        SQLite, PostgreSQL or MySQL/MariaDB. A relative SQLite path is relative to the
        folder in which the hub runs. Default: ${DB_URL_VARIABLE}, else
        sqlite:///hub_images.sqlite.""",
    ).tag(config=True)

    instance_types = List(  # type: ignore[misc]
        AnyTrait(),
        default_value=[{"name": "default", "display_name": "Default"}],
        help="""The instance types that people choose from, in the order in which they see
        them; docs/configuration.md lists their fields.""",
    ).tag(config=True)

    service_name = Unicode(
        "images",
        help="""Name of the service, and of its address: /services/images/.""",
    ).tag(config=True)

    service_url = Unicode(
        help="""URL where the service listens and the proxy reaches it, such as
        http://hub:10101 where hub and proxy are two pods. Default: a free port on
        127.0.0.1.""",
    ).tag(config=True)

    admin_groups = List(
        Unicode(),
        help="""Groups of the hub whose members may change the catalogue.""",
    ).tag(config=True)

    reader_groups = List(
        Unicode(),
        help="""Groups of the hub whose members may see the catalogue.""",
    ).tag(config=True)

    pull_secrets = List(
        Unicode(),
        default_value=None,
        allow_none=True,
        help="""Names of the image pull secrets that an admin may choose. With None, a hub on
        Kubernetes reads the kubernetes.io/dockerconfigjson secrets of the user pods'
        namespace; any other hub has none.""",
    ).tag(config=True)

    allowed_registries = List(
        Unicode(),
        help="""Where container images may come from: hosts, such as quay.io, or hosts with
        the beginning of a path, such as quay.io/jupyter. Empty: from anywhere.""",
    ).tag(config=True)

    require_digest = Bool(
        False,
        help="""Whether images may be saved and started only with references that are pinned
        by a digest.""",
    ).tag(config=True)

    pull_failure_timeout = Float(
        20,
        min=0,
        help="""Seconds that a start goes on after Kubernetes first reports that it cannot
        pull the image; 0 waits for the spawner's start_timeout.""",
    ).tag(config=True)

    requests_per_minute = Int(
        6000,
        min=0,
        help="""How many requests of one caller may fail or be expensive in a minute: those that
        change something or search, and those for which the service asks the hub or the cluster
        for everything. Beyond that, the caller gets 429 with Retry-After; 0: no limit.""",
    ).tag(config=True)

    database_url: URL
    """The parsed `db_url`, which may hold a password; `load_settings` sets it."""

    # what the hub tells its service; not for configuration files
    namespace = Unicode(help="The namespace of user pods; set by configure(c).")
    template_paths = List(Unicode(), help="The hub's template_paths; set by configure(c).")
    template_vars = Dict(help="The hub's template_vars; set by configure(c).")
    trusted_downstream_ips = List(
        Unicode(), help="The hub's trusted_downstream_ips; set by configure(c)."
    )

    @default("db_url")
    def _db_url_default(self) -> str:
        return _environment_url() or "sqlite:///hub_images.sqlite"

    @validate("service_name")
    def _check_service_name(self, proposal: Any) -> str:
        value = str(proposal["value"])
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", value):
            raise TraitError(
                "c.HubImages.service_name: use lower-case letters, digits and -, and begin and "
                "end with a letter or digit; the name is part of the address."
            )
        return value

    @validate("service_url")
    def _check_service_url(self, proposal: Any) -> str:
        value = str(proposal["value"])
        if value:
            parsed = urlparse(value)
            try:
                port = parsed.port
            except ValueError:
                port = None
            if parsed.scheme == "https":
                raise TraitError(
                    "c.HubImages.service_url: use http://. The service does not speak TLS; "
                    "the proxy reaches it inside the hub's machine or cluster."
                )
            if parsed.scheme != "http" or not parsed.hostname or not port:
                raise TraitError(
                    "c.HubImages.service_url: give scheme, host and port, such as "
                    "http://127.0.0.1:10101."
                )
        return value

    @validate("instance_types")
    def _check_instance_types(self, proposal: Any) -> list[Any]:
        try:
            parse_instance_types(proposal["value"])
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from None
        return cast("list[Any]", proposal["value"])

    @validate("pull_secrets")
    def _check_pull_secrets(self, proposal: Any) -> list[str] | None:
        for name in proposal["value"] or []:
            if not is_secret_name(name):
                raise TraitError(
                    f"c.HubImages.pull_secrets: {name!r} is not the name of a Kubernetes secret."
                )
        return cast("list[str] | None", proposal["value"])

    @validate("allowed_registries")
    def _check_allowed_registries(self, proposal: Any) -> list[str]:
        try:
            ReferencePolicy.of(proposal["value"])
        except ValueError as error:
            raise TraitError(f"c.HubImages.allowed_registries: {error}") from None
        return cast("list[str]", proposal["value"])

    @property
    def reference_policy(self) -> ReferencePolicy:
        """Which references are allowed."""
        return ReferencePolicy.of(self.allowed_registries, require_digest=self.require_digest)

    @property
    def parsed_instance_types(self) -> tuple[InstanceType, ...]:
        """The instance types, in the configured order."""
        return parse_instance_types(self.instance_types)

    @property
    def message(self) -> str:
        """What the hub tells its service, as JSON for `load_settings`.

        Raises ValueError, which names the largest setting, beyond `MAX_MESSAGE_BYTES`.
        """
        values = {name: getattr(self, name) for name in _TOLD}
        values["db_url"] = self.database_url.render_as_string(hide_password=False)
        values["instance_types"] = [
            instance_type.model_dump(by_alias=True, mode="json", exclude={"kubespawner_override"})
            for instance_type in self.parsed_instance_types
        ]
        message = json.dumps(values)
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError(_too_large(values))
        return message


#: The settings that the service needs. It starts no server, so it gets no
#: `kubespawner_override`, which may hold what its readers must not see.
_TOLD = (
    "db_url",
    "instance_types",
    "service_name",
    "pull_secrets",
    "requests_per_minute",
    "allowed_registries",
    "require_digest",
    "namespace",
    "template_paths",
    "template_vars",
    "trusted_downstream_ips",
)


_OF_THE_HUB = ("template_paths", "trusted_downstream_ips")


def _too_large(values: dict[str, Any]) -> str:
    """Say which setting makes the message too large."""
    sizes = {
        f"c.JupyterHub.template_vars[{key!r}]": len(json.dumps(value))
        for key, value in values["template_vars"].items()
    }
    for name, value in values.items():
        if name != "template_vars":
            section = "JupyterHub" if name in _OF_THE_HUB else "HubImages"
            sizes[f"c.{section}.{name}"] = len(json.dumps(value))
    largest = max(sizes, key=lambda name: sizes[name])
    return (
        f"{largest}: the settings that the service needs are larger than "
        f"{MAX_MESSAGE_BYTES:,} bytes, and {sizes[largest]:,} of them are this one. "
        "Make it smaller; where it is a picture, give its address instead."
    )


def _environment_url() -> str:
    return os.environ.get(DB_URL_VARIABLE, "")


def load_settings(config: Config, message: str = "") -> HubImages:
    """Read `c.HubImages` from `config`; raises ValueError, which names the setting.

    `message` is what the hub told its service; `config` wins over it.
    """
    configured = config.get("HubImages", {})
    known = HubImages.class_trait_names(config=True)
    for name in configured:
        if name not in known:
            raise ValueError(
                f"c.HubImages.{name}: there is no such setting. The settings are "
                f"{', '.join(known)}."
            )
    told = _read_message(message) if message else {}
    try:
        settings = HubImages(
            config=config, **{name: value for name, value in told.items() if name not in configured}
        )
    except TraitError as error:
        sentence = str(error)
        if not sentence.startswith("c.HubImages."):
            named = re.search(r"'(\w+)' trait", sentence)
            sentence = (
                f"c.HubImages.{named[1]}: {sentence}" if named else f"c.HubImages: {sentence}"
            )
        raise ValueError(sentence) from None
    try:
        settings.database_url = parse_url(settings.db_url)
    except ValueError as error:
        origin = ""
        if "db_url" not in configured:
            variable = SETTINGS_VARIABLE if "db_url" in told else DB_URL_VARIABLE
            origin = f", from ${variable}"
        raise ValueError(f"c.HubImages.db_url{origin}: {error}") from None
    return settings


def _read_message(message: str) -> dict[str, Any]:
    try:
        told = json.loads(message)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ValueError(
            f"The file that ${SETTINGS_VARIABLE} names does not hold the settings that the hub "
            "hands to its service."
        )
    return told
