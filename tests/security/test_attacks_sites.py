"""Attacks that go by a signed-in person's browser: other sites, redirects, frames, caches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.attacks import AttackedHub
from tests.support.visitor import Visitor

EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def admin(hub: AttackedHub) -> Iterator[Visitor]:
    """Sign in an admin."""
    visitor = Visitor.sign_in(hub, "admin")
    yield visitor
    visitor.client.close()


def _version(hub: AttackedHub) -> int:
    return int(hub.images("GET", "images/there").json()["version"])


def _disable(admin: Visitor, xsrf: str | None, headers: dict[str, str]) -> httpx.Response:
    data = {"names": "there", "action": "disable", **({"_xsrf": xsrf} if xsrf is not None else {})}
    return admin.client.post(
        "services/images/bulk", data=data, headers=headers, follow_redirects=False
    )


OTHER_SITES = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
]


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_another_sites_page_changes_nothing(
    hub: AttackedHub, admin: Visitor, headers: dict[str, str]
) -> None:
    """Not even with the XSRF token, by form or by fetch; a page of our own does."""
    before = _version(hub)
    assert _disable(admin, admin.xsrf, headers).status_code == 403
    answer = admin.client.patch(
        "services/images/api/images/there",
        json={"description": "evil"},
        headers={"X-XSRFToken": admin.xsrf, **headers},
    )
    assert answer.status_code == 403
    assert "another site" in answer.json()["message"]
    assert _version(hub) == before


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_our_own_page_does(hub: AttackedHub, admin: Visitor, site: str | None) -> None:
    """What the check above lets through, or it would prove nothing."""
    hub.images("PATCH", "images/there", json={"enabled": True})
    headers = {"Sec-Fetch-Site": site} if site else {"Origin": hub.url.rstrip("/")}
    assert _disable(admin, admin.xsrf, headers).status_code == 303
    assert hub.images("GET", "images/there").json()["enabled"] is False


def test_a_wrong_xsrf_token_changes_nothing(hub: AttackedHub, admin: Visitor) -> None:
    """Another person's, an old one, half of one, the hub's own, or none."""
    other, others_token = hub.session("editor")
    hubs_own = admin.client.cookies.get("_xsrf", path="/hub/")
    assert hubs_own
    assert others_token
    before = _version(hub)
    wrong = [others_token, hubs_own, admin.xsrf[:-1], admin.xsrf[:20], "x", "", "é", None]
    for token in wrong:
        assert _disable(admin, token, {}).status_code == 403, token
    # the cookie set to what the form says, as an attacker of a sister domain could
    forged = httpx.Client(base_url=hub.url, cookies={"_xsrf": "forged"})
    forged.cookies.update(
        {c.name: c.value or "" for c in admin.client.cookies.jar if c.name != "_xsrf"}
    )
    answer = forged.post(
        "services/images/bulk", data={"names": "there", "action": "disable", "_xsrf": "forged"}
    )
    assert answer.status_code == 403
    assert _version(hub) == before
    forged.close()
    other.close()


TARGETS = [
    EVIL, "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example",
    "https:evil.example", "/%09/evil.example", "%2f%2fevil.example", "javascript:alert(1)",
    "http://127.0.0.1@evil.example/", "/services/images/\r\nLocation: https://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_no_parameter_redirects_elsewhere(hub: AttackedHub, admin: Visitor, target: str) -> None:
    """Whatever stands in an address or form, redirects stay below the service."""
    names = ("next", "url", "return", "return_to", "redirect", "continue", "search", "page")
    parameters = dict.fromkeys(names, target)
    answers = [
        admin.client.post(
            "services/images/bulk",
            params=parameters,
            data={**parameters, "_xsrf": admin.xsrf, "action": "enable"},
            follow_redirects=False,
        ),
        hub.client.get(hub.images_url.rstrip("/"), params=parameters),
        hub.client.get(f"{hub.direct_url.rstrip('/')}?{target}".replace("\r\n", "%0d%0a")),
    ]
    for answer in answers:
        assert answer.is_redirect
        there = urlsplit(answer.headers["Location"])
        assert (there.scheme, there.netloc, there.path) == ("", "", "/services/images/")


@pytest.mark.parametrize("target", TARGETS)
def test_the_login_comes_back_to_our_own_page(hub: AttackedHub, target: str) -> None:
    """`next` and what else is asked for on the way in cannot lead out."""
    with closing(hub.browser("admin")) as client:
        answer = client.get("services/images/", params={"next": target, "search": target})
        assert answer.status_code == 200
        for step in [*answer.history, answer]:
            assert step.url.netloc == urlsplit(hub.url).netloc.encode()
        assert answer.url.path == "/services/images/"


@pytest.mark.parametrize(
    "start", [b"http://evil.example/services/images/", b"//evil.example/services/images/"]
)
def test_an_address_of_elsewhere_is_not_ours(hub: AttackedHub, start: bytes) -> None:
    """An absolute address as the request's target is not taken as the place to come back to."""
    answer = hub.send(
        b"GET " + start + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert answer.split(b" ")[1] == b"404"
    assert b"Location" not in answer


def test_a_login_that_was_not_begun_here_ends(hub: AttackedHub) -> None:
    """A code without the state of this browser signs nobody in; the answer is a sentence."""
    for query in ("", "?code=x", "?code=x&state=y", "?error=%0d%0aX-Evil:1&state=y"):
        answer = hub.client.get(f"{hub.direct_url}oauth_callback{query}")
        assert answer.status_code in (400, 403)
        assert "service-images=" not in answer.headers.get("Set-Cookie", "")
        assert "X-Evil" not in answer.headers
        assert answer.headers["Content-Type"].startswith("text/plain")


PAGES = ["", "new", "edit/there", "?confirm=there", "edit/absent", "usage?names=there"]
API = ["api/images", "api/images/there", "api/images/absent", "api/pull-secrets", "health", "api/x"]
OTHERS = ["oauth_callback", "static/image_list.js", "static/none", "nothing/here"]


@pytest.mark.parametrize("path", [*PAGES, *API, *OTHERS])
def test_security_headers(admin: Visitor, path: str) -> None:
    """Every answer: no guessing, no frames, no inline script; data is kept by nobody."""
    headers = admin.client.get(f"services/images/{path}", follow_redirects=False).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = {
        part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split(";")
    }
    assert policy["frame-ancestors"] == ["'none'"]
    scripts = policy.get("script-src") or policy["default-src"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:", "http:"} & set(scripts)
    if not path.startswith("static/"):
        assert headers["Cache-Control"] == "no-store"


def test_no_other_site_may_read(hub: AttackedHub, admin: Visitor) -> None:
    """No answer has a CORS header, to a plain request or a preflight."""
    asking = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}
    for method, path in (("GET", "api/images"), ("OPTIONS", "api/images/there"), ("GET", "")):
        answer = admin.client.request(method, f"services/images/{path}", headers=asking)
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_cookie_flags(hub: AttackedHub, admin: Visitor, protocol: str) -> None:
    """Session, login state and message: not for scripts, not for other sites, TLS kept."""
    headers = {"X-Forwarded-Proto": protocol, "X-Scheme": protocol}
    answers = [httpx.get(hub.direct_url, headers=headers)]
    cookie = "; ".join(f"{c.name}={c.value}" for c in admin.client.cookies.jar if c.path != "/hub/")
    answers.append(
        httpx.post(
            f"{hub.direct_url}bulk",
            data={"_xsrf": admin.xsrf, "action": "enable"},
            headers={**headers, "Cookie": cookie},
        )
    )
    seen = set()
    for answer in answers:
        for line in answer.headers.get_list("Set-Cookie"):
            name = line.partition("=")[0]
            flags = {part.strip().lower() for part in line.split(";")[1:]}
            seen.add(name)
            assert {"httponly", "samesite=lax", "path=/services/images/"} <= flags, line
            assert ("secure" in flags) == (protocol == "https"), line
    assert seen == {"service-images-oauth-state", "hub-images-flash"}


def test_the_sessions_cookie(hub: AttackedHub) -> None:
    """It is no script's and no other site's either."""
    with closing(hub.browser("admin")) as client:
        answer = client.get("services/images/")
        lines = [
            line
            for step in answer.history
            for line in step.headers.get_list("Set-Cookie")
            if line.startswith("service-images=")
        ]
    assert lines
    flags = {part.strip().lower() for part in lines[0].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/services/images/"} <= flags
