"""What every request of the service works with; the application makes it once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.hub_client import HubClient
from hub_images.service.pull_secrets import PullSecrets
from hub_images.store.database import Database
from hub_images.store.overview import OverviewCache


@dataclass(frozen=True)
class ServiceContext:
    """The database, the hub, the cluster and the configuration, for the handlers."""

    database: Database
    hub: HubClient
    pull_secrets: PullSecrets
    policy: ReferencePolicy
    instance_types: tuple[InstanceType, ...]
    templates: Environment
    template_vars: dict[str, Any]
    service_name: str
    overviews: OverviewCache = field(default_factory=OverviewCache)
