"""Who may what: one table over all routes, callers and ways to prove who one is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hub_images.service import routes
from tests.support.hub import Hub

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]

#: method, path, body, does it need the write scope, handler's pattern. `open` is for everyone.
READ, WRITE, OPEN = "read", "write", "open"
ROUTES: list[tuple[str, str, Any, str, str]] = [
    ("GET", "", None, READ, ""),
    ("GET", "new", None, WRITE, "new"),
    ("GET", "new?from=there", None, WRITE, "new"),
    ("POST", "new", {"name": "Bad Name"}, WRITE, "new"),
    ("GET", "image/there", None, READ, "image/([^/]+)"),
    ("GET", "edit/there", None, WRITE, "edit/([^/]+)"),
    ("POST", "edit/there", {"url": "not valid", "version": "1"}, WRITE, "edit/([^/]+)"),
    ("POST", "delete/absent", {}, WRITE, "delete/([^/]+)"),
    ("POST", "bulk", {"action": "enable", "names": "there"}, WRITE, "bulk"),
    ("GET", "usage?names=there", None, READ, "usage"),
    ("GET", "running/there", None, WRITE, "running/([^/]+)"),
    ("POST", "running/there", {"servers": "student/"}, WRITE, "running/([^/]+)"),
    ("GET", "health", None, OPEN, "health"),
    ("GET", "api/openapi.json", None, OPEN, "api/openapi.json"),
    ("GET", "api/images", None, READ, "api/images"),
    ("POST", "api/images", {"json": True}, WRITE, "api/images"),
    ("GET", "api/images/there", None, READ, "api/images/([^/]+)"),
    ("PUT", "api/images/there", {"json": True}, WRITE, "api/images/([^/]+)"),
    ("PATCH", "api/images/there", {"json": True}, WRITE, "api/images/([^/]+)"),
    ("DELETE", "api/images/absent", None, WRITE, "api/images/([^/]+)"),
    ("GET", "api/instance-types", None, READ, "api/instance-types"),
    ("GET", "api/pull-secrets", None, READ, "api/pull-secrets"),
    ("GET", "api/nothing", None, OPEN, "api(?:/.*)?"),
]
CALLERS = ("anonymous", "user", "filtered", "read", "write", "admin")
WAYS = ("token", "cookie", "cookie without XSRF")
USERS = {"user": "student", "read": "reader", "write": "editor", "admin": "admin"}
SCOPES = {
    "user": ["self"],
    "read": ["custom:hub-images:read"],
    "write": ["custom:hub-images:write"],
    "filtered": ["custom:hub-images:write!group=students"],
}

EXTRA = """
c.JupyterHub.load_roles.append({
    "name": "filtered", "users": ["nobody"],
    "scopes": ["custom:hub-images:write!group=students", "access:services!service=images"],
})
"""


class Callers:
    """One token and one session for each caller."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.tokens = {
            kind: hub.token(USERS.get(kind, "nobody"), SCOPES.get(kind))
            for kind in ("user", "filtered", "read", "write", "admin")
        }
        self.sessions = {
            kind: hub.session(USERS.get(kind, "nobody"))
            for kind in ("user", "filtered", "read", "write", "admin")
        }

    def call(self, kind: str, way: str, method: str, path: str, body: Any) -> httpx.Response:
        """Send a request as `kind`, identified in that `way`."""
        headers = {"X-Test": "1"}
        client, xsrf = self.hub.client, ""
        if kind != "anonymous" and way == "token":
            headers["Authorization"] = f"token {self.tokens[kind]}"
        elif kind != "anonymous":
            client, xsrf = self.sessions[kind]
            if way == "cookie without XSRF":
                xsrf = ""
        rest: dict[str, Any] = {}
        if body and body.get("json"):
            rest["content"] = json.dumps({"name": "Bad Name", "url": "not valid"})
            headers["X-XSRFToken"] = xsrf
        elif body is not None:
            rest["data"] = {**body, "_xsrf": xsrf}
        elif xsrf:
            headers["X-XSRFToken"] = xsrf
        return client.request(
            method, self.hub.images_url + path, headers=headers, follow_redirects=False, **rest
        )


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    """Run a hub and sign everybody in."""
    with Hub(tmp_path_factory.mktemp("who"), extra=EXTRA) as hub:
        hub.add_image("there")
        yield Callers(hub)


def _may(kind: str, need: str) -> bool:
    if need == OPEN:
        return True
    return kind in ("write", "admin") or (kind == "read" and need == READ)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize(("method", "path", "body", "need", "_pattern"), ROUTES)
def test_matrix(
    callers: Callers,
    method: str,
    path: str,
    body: Any,
    need: str,
    _pattern: str,
    kind: str,
    way: str,
) -> None:
    """Who may gets past the door, everyone else 403; a browser without session the login."""
    answer = callers.call(kind, way, method, path, body)
    status = answer.status_code
    unsafe = method not in ("GET", "HEAD")
    if need == OPEN:
        assert status in (200, 404)
    elif way == "cookie without XSRF" and unsafe:
        assert status == 403
    elif _may(kind, need):
        assert status in (200, 303, 404, 422), answer.text
    elif kind == "anonymous" or (way != "token" and kind == "user"):
        # `user` may not open the service at all, so they have no session of it
        page = not path.startswith("api/") and path.partition("?")[0] != "usage"
        if page and not unsafe:
            assert status == 302
            assert "/hub/api/oauth2/authorize" in answer.headers["Location"]
        else:
            assert status == 403 or (status == 302 and path.startswith("usage"))
    else:
        assert status == 403
    stored = callers.hub.images("GET", "images/there").json()
    assert stored["url"] == "registry.example.org/there:1"


def test_every_route_is_in_the_table() -> None:
    """A new route without a row fails here."""
    patterns = {pattern for pattern, _handler in [*routes.PAGES, *routes.API]}
    assert patterns == {pattern for *_rest, pattern in ROUTES}


def test_every_method_is_in_the_table() -> None:
    """A new method of a handler without a row fails here."""
    table = {(method, pattern) for method, _path, _body, _need, pattern in ROUTES}
    for pattern, handler in [*routes.PAGES, *routes.API]:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method.lower() in vars(handler):
                assert (method, pattern) in table, f"{method} {pattern}"


def test_a_revoked_token_stops_at_once(callers: Callers) -> None:
    """There is no cache between the hub's word and ours."""
    hub = callers.hub
    made = hub.api("POST", "users/editor/tokens", content="{}").json()
    assert hub.images("GET", token=made["token"]).status_code == 200
    assert hub.api("DELETE", f"users/editor/tokens/{made['id']}").status_code == 204
    assert hub.images("GET", token=made["token"]).status_code == 403


def test_who_leaves_the_group_loses_the_permission(callers: Callers) -> None:
    """A user taken out of `admin_groups` may nothing at the next request, by token or cookie."""
    hub = callers.hub
    hub.member("POST", "editors", "reader")
    token = hub.token("reader")
    client, xsrf = hub.session("reader")
    headers = {"X-XSRFToken": xsrf}
    url = f"{hub.images_url}api/images/absent"
    assert hub.images("DELETE", "images/absent", token=token).status_code == 404
    assert client.delete(url, headers=headers).status_code == 404
    hub.member("DELETE", "editors", "reader")
    assert hub.images("DELETE", "images/absent", token=token).status_code == 403
    assert client.delete(url, headers=headers).status_code == 403
