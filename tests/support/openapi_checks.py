"""Holds answers of the REST API against its own OpenAPI document."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from hub_images.service.api.openapi import openapi_document


@lru_cache
def _document() -> dict[str, Any]:
    return openapi_document("/services/images/")


def check_answer(method: str, template: str, answer: httpx.Response) -> None:
    """Fail where status or body of `answer` is none that the document names."""
    operation = _document()["paths"][template][method.lower()]
    responses = operation["responses"]
    status = str(answer.status_code)
    assert status in responses, f"{method} {template}: {status} is not documented"
    response = responses[status]
    if "$ref" in response:
        response = _document()["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    if "content" not in response:
        assert answer.content == b""
        return
    schema = response["content"]["application/json"]["schema"]
    whole = {**schema, "components": _document()["components"]}
    Draft202012Validator(whole).validate(answer.json())
