"""The other lists of the REST API, and what needs no session: its description, and `health`."""

from __future__ import annotations

from typing import Any

from hub_images.catalogue.instance_type import instance_type_model
from hub_images.service.api.openapi import openapi_document
from hub_images.service.web.json_handler import JsonHandler
from hub_images.store.upgrade import check_revision


class InstanceTypes(JsonHandler):
    """`api/instance-types`."""

    async def get(self) -> None:
        """List the configured instance types."""
        self.write_json({"items": [instance_type_model(t) for t in self.context.instance_types]})


class PullSecretNames(JsonHandler):
    """`api/pull-secrets`."""

    expensive = True  # it asks the cluster

    async def get(self) -> None:
        """List the names that an admin may choose."""
        known = await self.context.pull_secrets.known()
        answer: dict[str, Any] = {"items": known.names}
        if known.message is not None:
            answer["message"] = known.message
        self.write_json(answer)


class OpenApi(JsonHandler):
    """`api/openapi.json`, for everyone."""

    limited = False

    async def prepare(self) -> None:
        """Let everyone in: the document says nothing about this hub."""

    async def get(self) -> None:
        """Describe the API."""
        self.write_json(openapi_document(self.root))


class Health(JsonHandler):
    """`health`, for everyone."""

    limited = False

    async def prepare(self) -> None:
        """Let everyone in: probes have no session."""

    async def get(self) -> None:
        """Say whether the database answers."""
        await self.context.database.read(lambda session: check_revision(session.connection()))
        self.write_json({"status": "ok"})
