"""Which image pull secrets an admin may choose.

Three cases: the deployer lists them; the hub runs on Kubernetes and we ask the cluster;
or there are none. We only ever read names.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

NamesReader = Callable[[], Awaitable[list[str]]]


@dataclass(frozen=True)
class KnownSecrets:
    """Names of pull secrets, sorted; if we could not read them, `message` says why."""

    names: list[str] = field(default_factory=list)
    message: str | None = None

    @property
    def readable(self) -> bool:
        """Whether `names` is complete."""
        return self.message is None

    def lacks(self, name: str | None) -> bool:
        """Say whether `name` is given and not among the names, as far as they are known."""
        return name is not None and self.readable and name not in self.names


class SecretsUnreadable(Exception):
    """The cluster did not return the names; the text tells people why."""


async def no_client() -> list[str]:
    """Raise `SecretsUnreadable`: this pod starts local servers and lacks the Kubernetes client."""
    raise SecretsUnreadable(
        "Could not list the cluster's pull secrets: kubernetes_asyncio is not installed. "
        "Install 'hub-images[kubernetes]', or name the secrets in c.HubImages.pull_secrets."
    )


class PullSecrets:
    """Source of the known pull secrets."""

    def __init__(self, configured: list[str] | None, read: NamesReader | None = None) -> None:
        """Take the deployer's list, or a function that reads the cluster, or neither."""
        self._configured = configured
        self._read = read

    async def known(self) -> KnownSecrets:
        """Return the names an admin may choose; never fails."""
        if self._configured is not None:
            return KnownSecrets(sorted(set(self._configured)))
        if self._read is None:
            return KnownSecrets()
        try:
            return KnownSecrets(sorted(await self._read()))
        except SecretsUnreadable as error:
            return KnownSecrets(message=str(error))


def on_kubernetes() -> bool:
    """Say whether this process runs in a pod, or was told how to reach a cluster."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST") or os.environ.get("KUBECONFIG"))
