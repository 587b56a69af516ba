"""How many requests of one caller may fail or be expensive, and whom that touches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import create_signed_value

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.api.openapi import openapi_document
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import HubClient
from hub_images.service.pull_secrets import PullSecrets
from hub_images.service.routes import make_application
from hub_images.service.web import rates
from hub_images.service.web.client_address import TrustedProxies
from hub_images.service.web.identity import FreshHubOAuth, session_key
from hub_images.service.web.rates import (
    PERIOD_SECONDS,
    LimitedHandler,
    RequestRates,
    TooManyRequests,
)
from hub_images.store.database import Database
from hub_images.store.engine import parse_url
from hub_images.templates import make_environment
from tests.support.hub_app import HubApp, StartHubApp, filled_catalogue, start_hub_app

__all__ = ["filled_catalogue", "start_hub_app"]

pytestmark = pytest.mark.hub

LIMIT = 5
SECRET = b"the secret of the tests"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def refused(counts: RequestRates, caller: str, *, known: bool = False) -> int:
    """Return how many seconds a caller has to wait, 0 for one who may go on."""
    try:
        counts.check(caller, known=known)
    except TooManyRequests as error:
        return error.seconds
    return 0


def test_a_minute_from_the_first_request_on() -> None:
    """The limit itself is allowed; one beyond it waits for the rest of the minute."""
    clock = Clock()
    counts = RequestRates(2, clock)
    counts.count("10.0.0.1", known=False)
    clock.seconds += 20.5
    assert refused(counts, "10.0.0.1") == 0
    counts.count("10.0.0.1", known=False)
    assert refused(counts, "10.0.0.1") == 40
    assert refused(counts, "10.0.0.2") == 0
    assert refused(counts, "10.0.0.1", known=True) == 0
    clock.seconds += 39.4
    assert refused(counts, "10.0.0.1") == 1
    clock.seconds += 0.2
    assert refused(counts, "10.0.0.1") == 0
    counts.count("10.0.0.1", known=False)
    assert refused(counts, "10.0.0.1") == 0


def test_no_limit() -> None:
    """0 counts nothing."""
    counts = RequestRates(0)
    for _ in range(3):
        counts.count("10.0.0.1", known=False)
    assert refused(counts, "10.0.0.1") == 0


def test_who_has_a_network_is_one_caller() -> None:
    """The customer of a provider has 2^64 addresses of IPv6."""
    counts = RequestRates(1)
    counts.count("2001:db8::1", known=False)
    assert refused(counts, "2001:db8::2:1")
    assert not refused(counts, "2001:db8:0:1::1")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood from many addresses forgets the oldest, and no name."""
    monkeypatch.setattr(rates, "MOST_CALLERS", 10)
    counts = RequestRates(1)
    counts.count("user maria", known=True)
    for number in range(50):
        counts.count(f"10.0.0.{number}", known=False)
    assert [n for n in range(50) if refused(counts, f"10.0.0.{n}")] == list(range(40, 50))
    assert refused(counts, "user maria", known=True)


def test_tokens_that_the_hub_knows_are_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded too; one that the hub does not know any more is forgotten."""
    monkeypatch.setattr(rates, "MOST_TOKENS", 2)
    counts = RequestRates(1)
    for token in ("a", "b", "a", "c"):
        counts.remember_token(token, known=True)
    assert [token for token in "abc" if counts.token_is_known(token)] == ["a", "c"]
    counts.remember_token("a", known=False)
    assert not counts.token_is_known("a")


class Limited:
    """A service in this process that allows five requests a minute, and its hub."""

    def __init__(self, hub: HubApp, clock: Clock, url: str, api_token: str) -> None:
        self.hub, self.clock = hub, clock
        self._url, self._api_token = url, api_token

    async def call(
        self, path: str = "api/images", method: str = "GET", address: str = "", **headers: str
    ) -> httpx.Response:
        """Send a request, as a proxy would from `address`."""
        if address:
            headers["X-Forwarded-For"] = address
        async with httpx.AsyncClient(verify=False) as client:
            return await client.request(method, self._url + path, headers=headers)

    async def token(self, user: str) -> dict[str, str]:
        """Return the header of a new token."""
        return {"Authorization": f"token {await self.hub.token(user)}"}

    async def session(self, user: str) -> dict[str, str]:
        """Return the header of a new session."""
        token = await self.hub.token(user)
        encrypted = session_key(self._api_token).encrypt(token.encode())
        cookie = create_signed_value(SECRET, "service-images", encrypted).decode()
        return {"Cookie": f"service-images={cookie}"}

    async def use_up(self, **headers: str) -> None:
        """Fail as often as is allowed."""
        for _ in range(LIMIT):
            answer = await self.call("api/images/absent", **headers)
            assert answer.status_code in (403, 404)


@pytest.fixture
async def limited(
    start_hub_app: StartHubApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Limited]:
    """Run a hub and a service."""
    hub = await start_hub_app()
    api_token = hub.service_token("images")
    for name, value in {
        "API_URL": f"{hub.url}hub/api",
        "API_TOKEN": api_token,
        "CLIENT_ID": "service-images",
        "SERVICE_PREFIX": "/services/images/",
    }.items():
        monkeypatch.setenv(f"JUPYTERHUB_{name}", value)
    FreshHubOAuth.clear_instance()
    database = Database(parse_url(hub.db_url))
    context = ServiceContext(
        database=database,
        hub=HubClient(),
        pull_secrets=PullSecrets([]),
        instance_types=(),
        templates=make_environment(),
        template_vars={},
        service_name="images",
        policy=ReferencePolicy(),
    )
    clock = Clock()
    application = make_application(
        context, "/services/images/", SECRET, TrustedProxies(), RequestRates(LIMIT, clock)
    )
    server: Any = application.listen(0, "127.0.0.1")
    port = next(iter(server._sockets.values())).getsockname()[1]
    yield Limited(hub, clock, f"http://127.0.0.1:{port}/services/images/", api_token)
    server.stop()
    await server.close_all_connections()
    database.close()
    FreshHubOAuth.clear_instance()


async def test_failures_of_somebody_unknown_count_by_address(limited: Limited) -> None:
    """The sixth gets 429 and when to come again; another address is as free as before."""
    bad = {"Authorization": "token nonsense", "address": "10.0.0.1"}
    await limited.use_up(**bad)
    answer = await limited.call(**bad)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert answer.json() == {
        "status": 429,
        "message": "You sent too many requests; try again in 60 seconds.",
        "errors": {},
    }
    assert (await limited.call(**{**bad, "address": "10.0.0.2"})).status_code == 403
    limited.clock.seconds += PERIOD_SECONDS
    assert (await limited.call(**bad)).status_code == 403


async def test_the_hub_is_not_asked_for_who_is_past_the_limit(
    limited: Limited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guesses at tokens beyond the limit end here."""
    await limited.use_up(Authorization="token nonsense")
    monkeypatch.setattr(FreshHubOAuth.instance(), "api_url", "http://127.0.0.1:9/")
    answer = await limited.call(Authorization="token other-nonsense")
    assert answer.status_code == 429
    assert (await limited.call("api/nothing")).status_code == 429


async def test_who_is_known_does_not_suffer_from_the_same_address(limited: Limited) -> None:
    """Behind one proxy, whoever has a session, or a token that was good, goes on."""
    token, session = await limited.token("editor"), await limited.session("reader")
    assert (await limited.call(**token)).status_code == 200
    await limited.use_up(Authorization="token nonsense")
    assert (await limited.call()).status_code == 429
    assert (await limited.call(**token)).status_code == 200
    assert (await limited.call("", **session)).status_code == 200


async def test_a_known_callers_requests_count_by_name(limited: Limited) -> None:
    """Token and session are one caller; another person at the same address is not touched."""
    token, session = await limited.token("editor"), await limited.session("editor")
    await limited.use_up(**token)
    assert (await limited.call(**token, address="10.0.0.3")).status_code == 429
    assert (await limited.call(**session)).status_code == 429
    assert (await limited.call(**await limited.token("reader"))).status_code == 200
    limited.clock.seconds += PERIOD_SECONDS
    assert (await limited.call(**token)).status_code == 200


async def test_a_page_says_it_in_a_sentence(limited: Limited) -> None:
    """A browser gets a page with the navigation bar."""
    session = await limited.session("editor")
    await limited.use_up(**session)
    limited.clock.seconds += 30
    answer = await limited.call("new", **session)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    page = BeautifulSoup(answer.text, "html.parser")
    assert "You sent too many requests; try again in 30 seconds." in page.get_text(" ")


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "api/images", False),
        ("GET", "api/images/scipy", False),
        ("GET", "api/instance-types", False),
        ("GET", "api/images?search=", False),
        ("GET", "api/images?search=x", True),
        ("GET", "api/images?tag=x", True),
        ("GET", "api/pull-secrets", True),
        ("GET", "", True),
        ("GET", "usage?names=scipy", True),
        ("GET", "edit/scipy", True),
        ("PATCH", "api/images/scipy", True),
        ("GET", "api/images/absent", True),
    ],
)
async def test_what_counts(limited: Limited, method: str, path: str, counts: bool) -> None:
    """What fails, changes, searches, or asks the hub or the cluster for everything; once each."""
    token = await limited.token("editor")
    statuses = [(await limited.call(path, method, **token)).status_code for _ in range(LIMIT + 1)]
    assert 429 not in statuses[:LIMIT]
    assert (statuses[LIMIT] == 429) == counts


@pytest.mark.parametrize(
    "path", ["health", "api/openapi.json", "static/images.css", "static/absent.css"]
)
async def test_what_is_never_limited(limited: Limited, path: str) -> None:
    """Probes and files answer, and count for nothing."""
    for _ in range(LIMIT):
        await limited.call(path)
    await limited.use_up()
    assert (await limited.call()).status_code == 429
    assert (await limited.call(path)).status_code in (200, 404)


def test_the_description_names_the_answer() -> None:
    """Every request of the API that asks who is asking may get 429, with its header."""
    document = openapi_document("/services/images/")
    assert "Retry-After" in document["components"]["responses"]["429"]["headers"]
    without = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "responses" in operation and "429" not in operation["responses"]
    }
    assert without == {"/api/openapi.json", "/health"}


async def test_a_login_is_no_failure(limited: Limited) -> None:
    """Who has no session is sent to the hub as often as they come."""
    for _ in range(LIMIT + 1):
        assert (await limited.call("")).status_code == 302


async def test_a_session_that_has_ended_counts(limited: Limited) -> None:
    """The hub is asked about each one, whatever the answer."""
    session = await limited.session("student")
    answer = await limited.hub.api("DELETE", "users/student")
    assert answer.status_code == 204
    for _ in range(LIMIT):
        assert (await limited.call("", **session)).status_code == 302
    assert (await limited.call("", **session)).status_code == 429


@pytest.mark.parametrize(
    ("forwarded", "counted_by"),
    [
        ("203.0.113.9", "10.0.0.5 203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "10.0.0.5 203.0.113.9"),
        ("", "10.0.0.5"),
        ("x" * 1_000, "10.0.0.5 " + "x" * 45),
    ],
)
def test_people_behind_a_proxy_that_is_not_trusted_count_apart(
    forwarded: str, counted_by: str
) -> None:
    """The proxy has one address for all; one of them cannot have the others refused."""
    handler = LimitedHandler.__new__(LimitedHandler)
    handler.request = HTTPServerRequest(
        method="GET", uri="/", headers=HTTPHeaders({"X-Forwarded-For": forwarded})
    )
    handler.request.remote_ip = "10.0.0.5"
    assert handler._address == counted_by
