"""What a session of the pages is worth to whoever steals it: no more than our own two scopes."""

from __future__ import annotations

import base64
import json
import re
import time
from contextlib import closing
from typing import Any

import httpx
import pytest
from jupyterhub import apihandlers
from tornado.web import create_signed_value

from hub_images.scopes import HUB_ADMIN, READ, WRITE, access_scope, hub_admin_mark
from hub_images.service.app import cookie_secret
from tests.support.attacks import AttackedHub, session_cookie

pytestmark = pytest.mark.hub

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Addresses of the hub beside its API.
OTHERS = ["/metrics", "/api/proxy", "/api/users/student/admin-access"]
#: What stands for a parameter of an address: somebody else, and things that are there.
NAMES = {"users": "student", "groups": "students", "shares": "student", "share-codes": "student"}
#: What the hub tells an administrator of our service, and nobody else, of its entry.
ENTRY = {("GET", "/api/services"), ("GET", "/api/services/images")}


def _addresses() -> list[str]:
    """Return an address for each handler of the hub's API, two of the services."""
    found = []
    for pattern, *_handler in apihandlers.default_handlers:
        path = pattern.removesuffix("?").replace("(?:/([^/]+))", "/x")
        first = path.split("/")[2] if path.count("/") > 1 else ""
        if first == "services" and path != "/api/services":
            found += ["/api/services/images", "/api/services/new", "/api/services/tester"]
            continue
        filled = re.sub(r"\([^)]*\)", NAMES.get(first, "x"), path, count=1)
        found.append(re.sub(r"\([^)]*\)", "x", filled))
    return [*dict.fromkeys([*found, *OTHERS])]


ADDRESSES = _addresses()


class _Sessions:
    """The tokens that two sessions of the service stand for: a hub admin's and an editor's."""

    def __init__(self, hub: AttackedHub) -> None:
        self.hub = hub
        self.tokens = {}
        for user in ("admin", "editor"):
            with closing(hub.session(user)[0]) as client:
                self.tokens[user] = hub.session_token(client)

    def call(self, user: str, method: str, address: str, body: Any = None) -> httpx.Response:
        """Send a request to the hub with the session's token."""
        return self.hub.client.request(
            method,
            f"{self.hub.url}hub{address}",
            headers={"Authorization": f"token {self.tokens[user]}"},
            content=None if body is None else json.dumps(body),
            follow_redirects=False,
        )

    def everything(self) -> list[Any]:
        """Return what the hub holds, as its administrator sees it."""
        services = self.hub.api("GET", "services").json()
        services["images"].pop("pid")
        users = [
            {key: user[key] for key in ("name", "admin", "groups", "servers", "roles")}
            for user in self.hub.api("GET", "users").json()
        ]
        return [services, users, self.hub.api("GET", "groups").json()]


@pytest.fixture(scope="module")
def sessions(hub: AttackedHub) -> _Sessions:
    """Sign both in."""
    hub.api("POST", "users/student")
    return _Sessions(hub)


def test_the_session_of_a_hub_admin_holds_our_scopes_and_a_mark(sessions: _Sessions) -> None:
    """Neither `admin:services` nor the hub's admin page, but what tells a hub admin."""
    held = set(sessions.call("admin", "GET", "/api/user").json()["scopes"])
    strong = {scope for scope in held if not scope.startswith("read:users")}
    subscopes = {f"{s}!service=images" for s in ("list:services", "read:services")}
    names = {f"read:{s}!service=images" for s in ("services:name", "roles:services")}
    mark = hub_admin_mark("images")
    assert HUB_ADMIN not in held
    assert {mark} <= strong <= {READ, WRITE, access_scope("images"), mark, *subscopes, *names}
    assert {s.partition("!")[2] for s in held - strong} == {"user=admin"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hub_admins_session_opens_no_more_of_the_hub_than_an_editors(
    sessions: _Sessions, address: str, method: str
) -> None:
    """Every address and method of the hub's API: the same answer, but for our own entry."""
    bodies: list[Any] = [None]
    if method != "GET":
        service = {"url": "http://127.0.0.1:1", "admin": True, "api_token": "0" * 32}
        bodies.append({"admin": True, "name": "new", "usernames": ["new"], "users": ["x"]})
        bodies.append(service if "services" in address else {"scopes": ["admin:users"]})
    before = sessions.everything()
    for body in bodies:
        admin, editor = (
            sessions.call(user, method, address, body).status_code for user in ("admin", "editor")
        )
        if (method, address) in ENTRY:
            assert admin == 200
        elif address == "/api/services/images" and method in ("POST", "DELETE"):
            assert admin in (405, 409)  # it is the configuration's
        elif address.startswith("/api/services/") and method in ("GET", "POST", "DELETE"):
            assert admin in (403, 404)  # 404 hides from the mark's holder what is there
        else:
            assert admin == editor
        if method != "GET" and not address.startswith("/api/oauth2"):
            assert admin >= 400
    assert sessions.everything() == before


def test_the_hubs_entry_of_our_service_is_all_that_is_shown(sessions: _Sessions) -> None:
    """No other service, and nothing that is secret."""
    listed = sessions.call("admin", "GET", "/api/services").json()
    assert list(listed) == ["images"]
    assert sessions.hub.service_token() not in json.dumps(listed)
    assert sessions.hub.db_url not in json.dumps(listed)


def test_the_cookie_holds_no_token(hub: AttackedHub, sessions: _Sessions) -> None:
    """Whoever reads a cookie can send nothing of it to the hub."""
    with closing(hub.session("admin")[0]) as client:
        token, cookie = hub.session_token(client), session_cookie(client)
        assert client.get("services/images/new").status_code == 200
    assert hub.api("GET", "user", token=token).status_code == 200
    parts = re.split(r"[|:]", cookie)
    decoded = [base64.b64decode(part + "==", altchars=b"-_") for part in parts if len(part) > 20]
    assert token not in cookie
    assert token.encode() not in b"".join(decoded)
    for part in [*parts, *(bytes_.decode("latin1") for bytes_ in decoded)]:
        if part.isascii() and part.isprintable() and part:
            assert hub.api("GET", "user", token=part).status_code == 403


def test_a_cookie_of_another_kind_is_no_session(hub: AttackedHub, sessions: _Sessions) -> None:
    """One of the time before, signed but not encrypted, or a changed one, leads to the login."""
    secret = cookie_secret(hub.service_token())
    token = sessions.tokens["editor"]
    with closing(hub.session("editor")[0]) as client:
        good = session_cookie(client)
    plain = create_signed_value(secret, "service-images", token).decode()
    odd = create_signed_value(secret, "service-images", "Ω" * 40).decode()
    middle = len(good) // 2
    changed = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for cookie in (plain, odd, changed, good[:-1], token, "x", ""):
        headers = {"Cookie": f"service-images={cookie}; _xsrf=x"}
        page = httpx.get(hub.direct_url, headers=headers)
        assert page.status_code == 302
        assert "/hub/api/oauth2/authorize" in page.headers["Location"]
        for method in ("GET", "POST"):
            answer = httpx.request(method, f"{hub.direct_url}api/images", headers=headers)
            assert answer.status_code == 403
    headers = {"Cookie": f"service-images={good}"}
    assert httpx.get(hub.direct_url, headers=headers).status_code == 200


def test_signing_in_again_replaces_an_old_cookie(hub: AttackedHub, sessions: _Sessions) -> None:
    """Nobody has to remove cookies by hand after the upgrade."""
    plain = create_signed_value(
        cookie_secret(hub.service_token()), "service-images", sessions.tokens["editor"],
        clock=time.time,
    ).decode()  # fmt: skip
    with closing(hub.browser("editor")) as client:
        client.cookies.set("service-images", plain, "127.0.0.1", "/services/images/")
        assert client.get("services/images/new").status_code == 200


def test_the_hubs_admin_page_is_linked_for_hub_admins(hub: AttackedHub) -> None:
    """Without its scope in the session."""
    for user, linked in (("admin", True), ("editor", False)):
        with closing(hub.session(user)[0]) as client:
            assert ('href="/hub/admin"' in client.get("services/images/").text) == linked
