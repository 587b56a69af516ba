"""Requests made from the OpenAPI document, as every kind of caller, on a real hub.

No answer is a server error or outside of the document; whoever may not, may not, whatever
they send; and what a refused caller or a reader sends leaves the catalogue as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub_images.service.api.openapi import openapi_document
from tests.support.examples import at_most
from tests.support.hub import Hub

DOCUMENT = openapi_document("/services/images/")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
#: Without the cases that walk along every limit, which are some hundred for each operation.
FUZZED = schemathesis.openapi.from_dict(
    DOCUMENT, config=schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
)
OPEN = {"/api/openapi.json", "/health"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Who asks, and what they may do: nothing, read, or write.
CALLERS = {
    "anonymous": "nothing",
    "garbage token": "nothing",
    "revoked token": "nothing",
    "plain user": "nothing",
    "plain user's cookie": "nothing",
    "cookie without XSRF": "read",
    "cookie with XSRF": "write",
    "read scope": "read",
    "write scope": "write",
    "hub admin": "write",
}
THERE: dict[str, Any] = {
    "name": "there",
    "url": "registry.example.org/there:1",
    "groups": ["students"],
}


class Callers:
    """What each caller sends along, and the catalogue behind it all."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        made = hub.api("POST", "users/editor/tokens", content="{}").json()
        assert hub.images("GET", token=made["token"]).status_code == 200
        assert hub.api("DELETE", f"users/editor/tokens/{made['id']}").status_code == 204
        tokens = {
            "garbage token": "0123456789abcdef",
            "revoked token": made["token"],
            "plain user": hub.token("student"),
            "read scope": hub.token("editor", ["custom:hub-images:read"]),
            "write scope": hub.token("editor", ["custom:hub-images:write"]),
            "hub admin": hub.token("admin"),
        }
        self.headers: dict[str, dict[str, str]] = {
            name: {"Authorization": f"token {token}"} for name, token in tokens.items()
        }
        editor, xsrf = hub.session("editor")
        cookies = {"Cookie": _cookie_header(editor)}
        self.headers |= {
            "anonymous": {},
            "plain user's cookie": {"Cookie": _cookie_header(hub.session("student")[0])},
            "cookie without XSRF": cookies,
            "cookie with XSRF": {**cookies, "X-XSRFToken": xsrf},
        }

    def catalogue(self) -> list[Any]:
        """Return all that is stored."""
        with sqlite3.connect(self.hub.db_url.removeprefix("sqlite:///")) as database:
            tables = ("hub_images_image", "hub_images_image_group", "hub_images_catalogue")
            return [database.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    def prepare(self) -> None:
        """Let there be the image that the requests are about."""
        with sqlite3.connect(self.hub.db_url.removeprefix("sqlite:///")) as database:
            found = database.execute("SELECT 1 FROM hub_images_image WHERE name = 'there'")
            if found.fetchone() is None:
                self.hub.add_image(**THERE)


def _cookie_header(client: httpx.Client) -> str:
    # by hand, because the service's cookies and the hub's are of different paths
    return "; ".join(
        f"{cookie.name}={cookie.value}"
        for cookie in client.cookies.jar
        if "/services/images/".startswith(cookie.path)
    )


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    """Run a hub and sign everybody in."""
    with Hub(tmp_path_factory.mktemp("generated")) as hub:
        yield Callers(hub)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Keep connections open, and no cookies."""
    with requests.Session() as made:
        made.trust_env = False
        yield made


def test_the_document_is_the_services_own(callers: Callers) -> None:
    """What the requests below are made from is what the service hands out."""
    assert callers.hub.images("GET", "openapi.json", token=None).json() == DOCUMENT


def test_the_document_is_openapi(callers: Callers) -> None:
    """By OpenAPI 3.1's own rules, the schemas in it too."""
    document = callers.hub.images("GET", "openapi.json", token=None).json()
    validate(document, cls=OpenAPIV31SpecValidator)


def _check(
    case: schemathesis.Case[Any], caller: str, callers: Callers, session: requests.Session
) -> None:
    callers.prepare()
    if "name" in case.path_parameters:
        case.path_parameters["name"] = "there"
    before = callers.catalogue()
    session.cookies.clear()
    # an address that cannot be a host's is refused before it is a request to the API
    for name in [name for name in case.headers if name.lower() == "host"]:
        del case.headers[name]
    case.headers.update(callers.headers[caller])
    answer = case.call(base_url=f"{callers.hub.url}services/images", session=session, timeout=30)
    case.validate_response(answer, checks=CHECKS)
    may, path = CALLERS[caller], case.operation.path
    if path not in OPEN and may != "write" and (may, case.method) != ("read", "GET"):
        assert answer.status_code >= 400
    if may != "write":
        assert callers.catalogue() == before


@SCHEMA.parametrize()
@at_most(20)
@pytest.mark.parametrize("caller", ["read scope", "write scope"])
def test_every_limit(
    case: schemathesis.Case[Any], caller: str, callers: Callers, session: requests.Session
) -> None:
    """Values at and past every limit of the document get answers that it names."""
    # nearly every generated version has moved on, and nothing would come past 412
    if case.meta is not None and case.meta.phase.name.value == "coverage":
        case.headers.pop("If-Match", None)
    _check(case, caller, callers, session)


@FUZZED.parametrize()
@at_most(8)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller(
    case: schemathesis.Case[Any], caller: str, callers: Callers, session: requests.Session
) -> None:
    """Whoever asks, the document names the answer, and nobody gets more than they may."""
    _check(case, caller, callers, session)
