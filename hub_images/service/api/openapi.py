"""The OpenAPI 3.1 document, made from the models that validate requests.

https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hub_images import __version__, scopes
from hub_images.catalogue.fields import NAME_MAX_LENGTH, NAME_PATTERN, TAG_MAX_LENGTH
from hub_images.catalogue.image import IMAGE_TYPES, ImageRecord, ImageSpec
from hub_images.catalogue.instance_type import InstanceType
from hub_images.store.search import MAX_SEARCH_LENGTH, SORTS

_REF = "#/components/schemas/{model}"


def _answer(description: str, model: str, **headers: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": _REF.format(model=model)}}},
    }
    if headers:
        answer["headers"] = headers
    return answer


def _refs(*statuses: str) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _body(model: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model)}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _operation(name: str, summary: str, scope: str | None, **rest: Any) -> dict[str, Any]:
    security: list[Any] = [{"token": [scope]}, {"session": [scope]}] if scope else []
    return {"operationId": name, "summary": summary, "security": security, **rest}


@lru_cache(maxsize=4)
def openapi_document(root: str) -> dict[str, Any]:
    """Return the document for a service below `root`, a path with a slash at both ends."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hub-images",
            "version": __version__,
            "description": "The container images that people of a JupyterHub may start.",
        },
        "servers": [{"url": root.rstrip("/")}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "responses": _responses(),
            "headers": {
                "ETag": {"schema": {"type": "string"}, "description": "The version, quoted."},
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A JupyterHub API token with the scope.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "service-images",
                    "description": "A browser's session; requests that change need X-XSRFToken.",
                },
            },
        },
    }


def _paths() -> dict[str, Any]:
    read, write = scopes.READ, scopes.WRITE
    etag = {"ETag": {"$ref": "#/components/headers/ETag"}}
    image = _answer("The image", "Image", **etag)
    if_match = {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "Versions that the caller knows; one must match, and * matches any.",
    }
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    errors = ("403", "404", "429", "503")
    changes = ("400", "403", "404", "412", "413", "422", "429", "503")
    return {
        "/api/images": {
            "get": _operation(
                "listImages", "List images", read, parameters=_list_parameters(),
                responses={"200": _answer("A page of images", "ImagePage"),
                           **_refs("403", "422", "429", "503")},
            ),
            "post": _operation(
                "addImage", "Add an image", write, requestBody=_body("NewImage"),
                responses={
                    "201": _answer("The new image", "Image", **etag,
                                   Location={"schema": {"type": "string"}}),
                    **_refs("400", "403", "409", "413", "422", "429", "503"),
                },
            ),
        },
        "/api/images/{name}": {
            "parameters": [name],
            "get": _operation("getImage", "Show an image", read,
                              responses={"200": image, **_refs(*errors)}),
            "put": _operation(
                "replaceImage", "Replace every writable field", write, parameters=[if_match],
                requestBody=_body("ImageReplacement"),
                responses={"200": image, **_refs(*changes)},
            ),
            "patch": _operation(
                "changeImage", "Change just the fields given", write, parameters=[if_match],
                requestBody=_body("ImageChanges"),
                responses={"200": image, **_refs(*changes)},
            ),
            "delete": _operation(
                "deleteImage", "Delete an image", write, parameters=[if_match],
                responses={"204": {"description": "The image is deleted"},
                           **_refs("403", "404", "412", "429", "503")},
            ),
        },
        "/api/instance-types": {
            "get": _operation(
                "listInstanceTypes", "List the configured instance types", read,
                responses={"200": _answer("In the order people see", "InstanceTypes"),
                           **_refs("403", "429", "503")},
            )
        },
        "/api/pull-secrets": {
            "get": _operation(
                "listPullSecrets", "List the names that an admin may choose", read,
                responses={"200": _answer("Names only", "PullSecrets"),
                           **_refs("403", "429", "503")},
            )
        },
        "/api/openapi.json": {
            "get": _operation(
                "getOpenApi", "Show this document", None,
                responses={"200": {"description": "OpenAPI 3.1",
                                   "content": {"application/json": {"schema": {}}}}},
            )
        },
        "/health": {
            "get": _operation(
                "getHealth", "Check that the database answers", None,
                responses={"200": _answer("The database answers", "Health"), **_refs("503")},
            )
        },
    }  # fmt: skip


def _list_parameters() -> list[dict[str, Any]]:
    sorts = [sign + name for name in SORTS for sign in ("", "-")]
    return [
        _parameter("search", {"type": "string", "maxLength": MAX_SEARCH_LENGTH},
                   "Every word has to be in the name, display name, description, type, url, "
                   "gpu_url or tags; ignores case."),
        _parameter("type", {"enum": list(IMAGE_TYPES)}),
        _parameter("group", {"type": "string"}, "Images that list this group."),
        _parameter("global", {"type": "boolean"}),
        _parameter("enabled", {"type": "boolean"}),
        _parameter("tag", {"type": "string", "minLength": 1, "maxLength": TAG_MAX_LENGTH},
                   "Images that have this tag; ignores case."),
        _parameter("pull_secret", {"type": "string"}, "Images with this image pull secret."),
        _parameter("registry", {"type": "string", "minLength": 1},
                   "Images with url or gpu_url in this registry, as host or host:port; "
                   "docker.io for references that name none."),
        _parameter("sort", {"enum": sorts, "default": "display_name"}),
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 999_999_999_999,
                             "default": 50}, "More than 200 is cut to 200."),
        _parameter("offset", {"type": "integer", "minimum": 0, "maximum": 999_999_999_999,
                              "default": 0}),
    ]  # fmt: skip


def _responses() -> dict[str, Any]:
    return {
        "400": _answer("The body is not valid JSON", "Error"),
        "403": _answer("Wrong or missing permission, or no valid XSRF token", "Error"),
        "404": _answer("There is no such image", "Error"),
        "409": _answer("The name is taken", "Error"),
        "412": _answer("The image has changed since that version", "Error"),
        "413": _answer("The body is too large", "Error"),
        "422": _answer(
            "Unknown or invalid fields, or a reference that the hub does not allow", "Error"
        ),
        "429": _answer(
            "The caller sent too many requests that fail or are expensive", "Error",
            **{"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
        ),
        "503": _answer("The database or the hub does not answer", "Error"),
    }  # fmt: skip


def _schemas() -> dict[str, Any]:
    spec = ImageSpec.model_json_schema(ref_template=_REF, by_alias=True)
    properties = spec["properties"]
    name = {"type": "string", "pattern": f"^{NAME_PATTERN}$", "maxLength": NAME_MAX_LENGTH}
    record = ImageRecord.model_json_schema(mode="serialization")["properties"]
    read_only = {key: {**value, "readOnly": True} for key, value in record.items()}
    writable = {"type": "object", "additionalProperties": False}
    url = {**properties["url"], "type": ["string", "null"]}
    sent = {**properties, "url": url, **read_only}
    answered = {
        key: {k: v for k, v in value.items() if k != "default"}
        for key, value in {**properties, **read_only}.items()
    }
    instance_type = InstanceType.model_json_schema(
        ref_template=_REF, by_alias=True, mode="serialization"
    )["properties"]
    instance_type.pop("kubespawner_override")
    instance_type["type"] = {"enum": ["cpu", "gpu"]}
    sentences = {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    }
    return {
        "Image": {"type": "object", "properties": answered, "required": sorted(answered)},
        "NewImage": {**writable, "properties": sent, "required": ["name"]},
        "ImageReplacement": {**writable, "properties": sent},
        "ImageChanges": {**writable, "properties": {**sent, "name": name}},
        "ImagePage": {
            "type": "object",
            "required": ["items", "_pagination"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": _REF.format(model="Image")}},
                "_pagination": {
                    "type": "object",
                    "required": ["offset", "limit", "total", "next"],
                    "properties": {
                        "offset": {"type": "integer"},
                        "limit": {"type": "integer"},
                        "total": {"type": "integer"},
                        "next": {
                            "type": ["object", "null"],
                            "required": ["offset", "limit", "url"],
                            "properties": {
                                "offset": {"type": "integer"},
                                "limit": {"type": "integer"},
                                "url": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
        "InstanceType": {"type": "object", "properties": instance_type},
        "InstanceTypes": {
            "type": "object",
            "required": ["items"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": _REF.format(model="InstanceType")}}
            },
        },
        "PullSecrets": {
            "type": "object",
            "required": ["items"],
            "properties": {
                "items": {"type": "array", "items": {"type": "string"}},
                "message": {"type": "string", "description": "Why they could not be read."},
            },
        },
        "Error": {
            "type": "object",
            "required": ["status", "message", "errors"],
            "properties": {
                "status": {"type": "integer"},
                "message": {"type": "string"},
                "errors": sentences,
            },
        },
        "Health": {"type": "object", "properties": {"status": {"const": "ok"}}},
    }
