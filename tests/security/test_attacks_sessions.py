"""What is taken away counts at the next click, and no log opens a door."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from hub_images.service.web.access_log import PERIOD_SECONDS, AccessLog
from tests.support.attacks import AttackedHub, session_cookie
from tests.support.hub_config import ADMIN_TOKEN
from tests.support.visitor import Visitor, form_fields


def test_an_open_form_is_worth_nothing_after_leaving_the_group(hub: AttackedHub) -> None:
    """Who opened the form as an editor and is none any more saves nothing with it."""
    hub.member("POST", "editors", "scientist")
    visitor = Visitor.sign_in(hub, "scientist")
    edit, new = form_fields(visitor.get("edit/there")), form_fields(visitor.get("new"))
    hub.member("DELETE", "editors", "scientist")
    before = hub.images("GET").json()
    visitor.post("edit/there", 403, **{**edit, "display_name": "Changed"})
    visitor.post("new", 403, **{**new, "name": "added"})
    visitor.post("delete/there", 403)
    visitor.post("bulk", 403, names="there", action="delete", confirmed="yes")
    visitor.get("", 403)
    assert hub.images("GET").json() == before
    visitor.client.close()


def test_a_hub_admin_who_is_none_any_more(hub: AttackedHub) -> None:
    """Cookie and token lose the right with the next request."""
    admin = hub.token("admin")
    answer = hub.api("PATCH", "users/nobody", content='{"admin": true}', token=admin)
    assert answer.status_code == 200
    token = hub.token("nobody")
    visitor = Visitor.sign_in(hub, "nobody")
    visitor.get("new")
    assert hub.images("PATCH", "images/there", token=token, json={}).status_code == 200
    answer = hub.api("PATCH", "users/nobody", content='{"admin": false}', token=admin)
    assert answer.status_code == 200
    visitor.get("new", 403)
    assert hub.images("PATCH", "images/there", token=token, json={}).status_code == 403
    visitor.client.close()


def test_signing_out_ends_the_services_session(hub: AttackedHub) -> None:
    """A copy of the cookie is worth nothing after its owner has signed out."""
    with closing(hub.browser("editor")) as client:
        assert client.get("services/images/").status_code == 200
        stolen = {"Cookie": f"service-images={session_cookie(client)}"}
        assert httpx.get(hub.direct_url, headers=stolen).status_code == 200
        client.get("hub/logout")
    assert httpx.get(hub.direct_url, headers=stolen).status_code == 302


def test_a_user_who_is_deleted(hub: AttackedHub) -> None:
    """Neither their cookie nor their token outlives them."""
    hub.api("POST", "users/student")
    hub.member("POST", "readers", "student")
    token = hub.token("student")
    visitor = Visitor.sign_in(hub, "student")
    visitor.get()
    assert hub.images("GET", token=token).status_code == 200
    assert hub.api("DELETE", "users/student").status_code == 204
    assert hub.images("GET", token=token).status_code == 403
    answer = visitor.client.get("services/images/", follow_redirects=False)
    assert answer.status_code == 302
    visitor.client.close()


def test_tokens_count_in_the_header_only(hub: AttackedHub) -> None:
    """Not in the address, a form or JSON, where logs and histories would keep them."""
    for name in ("token", "access_token", "api_token"):
        answer = hub.images("GET", f"images?{name}={ADMIN_TOKEN}", token=None)
        assert answer.status_code == 403
        answer = httpx.post(hub.direct_url + "bulk", data={name: ADMIN_TOKEN, "action": "enable"})
        assert answer.status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path", ["oauth_callback", "api/images/%ff", "edit/%ff", "health", "nothing", "static/none"]
)
def test_no_request_with_a_cookie_stops_the_service(
    hub: AttackedHub, path: str, method: str
) -> None:
    """Early errors, and pages that identify nobody, do not make the service wait for the hub."""
    with closing(hub.session("editor")[0]) as client:
        headers = {"Cookie": f"service-images={session_cookie(client)}; _xsrf=x"}
    # a wrong token, or HubAuth would not come as far as comparing it
    headers["X-XSRFToken"] = "y"
    answer = httpx.request(method, hub.direct_url + path, headers=headers, timeout=20)
    assert answer.status_code < 500
    assert httpx.get(f"{hub.direct_url}health", timeout=20).status_code == 200


class _Forgetful(httpx.Client):
    """Keeps its connections, and no cookie."""

    def send(self, request: httpx.Request, **rest: Any) -> httpx.Response:
        """Send a request, and forget what the answer sets."""
        answer = super().send(request, **rest)
        self.cookies.clear()
        return answer


def _use_secrets(hub: AttackedHub) -> dict[str, str]:
    """Sign in, fail and succeed in many ways; return what must not be in the log."""
    revoked = hub.api("POST", "users/editor/tokens", content="{}").json()
    hub.api("DELETE", f"users/editor/tokens/{revoked['id']}")
    secrets = {
        "password": "a-password-that-is-wrong",
        "admin token": ADMIN_TOKEN,
        "user's token": hub.token("editor"),
        "plain user's token": hub.token("reader", ["self"]),
        "revoked token": revoked["token"],
        "garbage token": "garbage-0123456789abcdef",
        "service's token": hub.service_token(),
    }
    client, xsrf = hub.session("editor")
    cookie = session_cookie(client)
    payload = cookie.split("|")[-2].partition(":")[2]
    secrets |= {
        "session cookie": cookie,
        "cookie's payload": payload,
        "cookie's token": hub.session_token(client),
        "xsrf token": xsrf,
    }
    with closing(hub.browser("editor")) as signing_in:
        form = {"username": "x", "password": secrets["password"]}
        signing_in.post("hub/login", data=form)
    other = _Forgetful()
    for name in ("token", "_xsrf", "code", "state", "api_key", "auth"):
        for secret in list(secrets.values()):
            for path in ("", "api/images", "static/none", "oauth_callback", "nothing", "api/x"):
                other.get(f"{hub.direct_url}{path}", params={name: secret})
    for secret in list(secrets.values()):
        for scheme in ("token ", "Bearer ", "Basic ", ""):
            headers = {"Authorization": scheme + secret}
            other.get(f"{hub.direct_url}api/images", headers=headers)
            other.delete(f"{hub.direct_url}api/images/absent", headers=headers)
        headers = {"Cookie": f"service-images={secret}; _xsrf={secret}; hub-images-flash={secret}"}
        for path in ("", "api/images", "new", "oauth_callback?code=x&state=y", "static/none"):
            other.get(hub.direct_url + path, headers=headers)
            other.post(hub.direct_url + path, headers=headers, data={"_xsrf": secret})
        other.post(f"{hub.direct_url}new", data={"token": secret, "password": secret})
        other.post(f"{hub.direct_url}api/images", content=f'{{"token": "{secret}"}}')
    # as after a new start of the hub: the cookie's signature is another's, what it holds is good
    for forged in (cookie[:-4] + "0000", f"{payload}|1|0000"):
        for name in ("service-images", "hub-images-flash", "_xsrf", "service-images-oauth-state"):
            for path in ("", "oauth_callback?code=x&state=y"):
                other.get(hub.direct_url + path, headers={"Cookie": f"{name}={forged}"})
    client.post("services/images/bulk", data={"_xsrf": xsrf, "action": "enable", "names": "there"})
    client.close()
    other.close()
    return secrets


def test_no_secret_is_written_down(hub: AttackedHub) -> None:
    """Passwords, tokens, cookies and codes, used rightly or wrongly, with the database away too."""
    secrets = _use_secrets(hub)
    lock = sqlite3.connect(hub.db_url.removeprefix("sqlite:///"), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        answer = hub.images("PATCH", "images/there", token=secrets["user's token"], json={})
        assert answer.status_code == 503
    finally:
        lock.close()
    log = hub.service_log(until="503 PATCH /services/images/api/images/there")
    assert "GET /services/images/api/images?token=[secret]" in log
    assert "Invalid cookie signature [secret]" in log
    assert "503 PATCH /services/images/api/images/there" in log
    found = {name for name, secret in secrets.items() if secret in log}
    assert found == set()


def test_refusals_are_in_the_log(hub: AttackedHub) -> None:
    """Who was refused what, and from where."""
    token = hub.token("reader")
    hub.images("DELETE", "images/there", token=token)
    asked = "DELETE /services/images/api/images/there"
    log = hub.service_log(until=f"403 {asked} (reader@")
    lines = [line for line in log.splitlines() if "DELETE" in line]
    assert any(f"Refused {asked} to reader: custom:hub-images:write is" in line for line in lines)
    assert any(f"403 {asked} (reader@127.0.0.1)" in line for line in lines)


def test_failures_are_counted_by_the_minute(caplog: pytest.LogCaptureFixture) -> None:
    """A flood of failures is one line a minute; a few are not worth one."""
    now = SimpleNamespace(seconds=0.0)
    count: Any = AccessLog(lambda: now.seconds).count
    for _ in range(9):
        count(403, "10.0.0.1")
    now.seconds += PERIOD_SECONDS
    count(200, "10.0.0.2")
    assert caplog.messages == []
    for number in range(30):
        count(403 if number % 3 else 404, f"10.0.0.{number % 5}")
        count(200, "10.0.0.9")
    now.seconds += PERIOD_SECONDS
    count(403, "10.0.0.1")
    assert caplog.messages == [
        "30 requests failed in 60 s: 20 × 403, 10 × 404; "
        "most from 10.0.0.0 (6), 10.0.0.1 (6), 10.0.0.2 (6)"
    ]
    for number in range(5000):
        count(404, f"address-{number}")
    now.seconds += PERIOD_SECONDS
    count(200, "10.0.0.1")
    assert caplog.messages[-1].startswith("5001 requests failed in 60 s: 1 × 403, 5000 × 404;")
