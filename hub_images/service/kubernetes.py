"""Reads the names of pull secrets from Kubernetes.

The service's only module that knows Kubernetes; imported only there. It asks for secrets
as metadata (`PartialObjectMetadataList`), so that their contents do not even leave the API
server: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.config.config_exception import ConfigException

from hub_images.service.pull_secrets import SecretsUnreadable

TIMEOUT_SECONDS = 3.0
SECRET_TYPE = "kubernetes.io/dockerconfigjson"  # noqa: S105 (a type's name)
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

log = logging.getLogger("hub_images")


def own_namespace() -> str:
    """Return the namespace that $POD_NAMESPACE names, else the one this pod runs in."""
    if named := os.environ.get("POD_NAMESPACE"):
        return named
    if _NAMESPACE_FILE.exists():
        return _NAMESPACE_FILE.read_text(encoding="utf8").strip()
    return "default"


class SecretNames:
    """Reads the names of pull secrets in a namespace, in bounded time."""

    def __init__(self, namespace: str | None = None) -> None:
        self.namespace = namespace or own_namespace()
        self._configured = False

    async def __call__(self) -> list[str]:
        """Return the names; raises `SecretsUnreadable`, which says why it cannot."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._names()
        except ApiException as error:
            raise self._unreadable(_explain(error.status or 0), str(error.status)) from None
        except TimeoutError:
            raise self._unreadable("Kubernetes does not answer", "no answer in time") from None
        except (OSError, ClientError, ConfigException, ValueError) as error:
            raise self._unreadable("Kubernetes cannot be reached", type(error).__name__) from None

    def _unreadable(self, why: str, detail: str) -> SecretsUnreadable:
        log.warning("Could not list the pull secrets of %s: %s", self.namespace, detail)
        return SecretsUnreadable(
            f"Could not list the pull secrets of the namespace {self.namespace}: {why}."
        )

    async def _names(self) -> list[str]:
        if not self._configured:
            try:
                config.load_incluster_config()  # type: ignore[no-untyped-call]
            except ConfigException:
                await config.load_kube_config()
            self._configured = True
        # A new client each time: people rarely open pages that show secrets, and somebody
        # would have to close an idle connection when the service ends.
        async with client.ApiClient() as api:
            response: Any = await api.call_api(
                "/api/v1/namespaces/{namespace}/secrets",
                "GET",
                path_params={"namespace": self.namespace},
                query_params=[("fieldSelector", f"type={SECRET_TYPE}")],
                header_params={"Accept": _METADATA_ONLY},
                auth_settings=["BearerToken"],
                _preload_content=False,
            )
            if response.status != HTTPStatus.OK:  # the client raises only what it preloads
                raise ApiException(status=response.status)
            listed = json.loads(await response.read())
        # `items` is null if there are none
        return [str(item["metadata"]["name"]) for item in listed["items"] or []]


def _explain(status: int) -> str:
    if status == HTTPStatus.FORBIDDEN:
        return "the service account of the hub may not list secrets (see docs/kubernetes.md)"
    if status == HTTPStatus.UNAUTHORIZED:
        return "Kubernetes does not accept the service account's token"
    return f"Kubernetes answered {status}"
