"""What the roles of `configure(c)` give to members of groups, to tokens and to the service."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from hub_images.scopes import READ, WRITE, access_scope, may_read, may_write
from tests.support.hub_app import HubApp, StartHubApp

pytestmark = pytest.mark.hub

ACCESS = access_scope("images")
FILTERED = f"{WRITE}!group=students"


def _named(models: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(model for model in models if model["name"] == name)


def _ours(scopes: set[str]) -> set[str]:
    return {scope for scope in scopes if scope.startswith(("custom:", "access:services"))}


@pytest.mark.parametrize(
    ("user", "held"),
    [
        ("editor", {WRITE, READ, ACCESS}),
        ("reader", {READ, ACCESS}),
        ("student", set()),
        ("nobody", set()),
    ],
)
async def test_who_holds_what(hub: HubApp, user: str, held: set[str]) -> None:
    """`admin_groups` write and read, `reader_groups` read, others cannot even open the pages."""
    scopes = await hub.scopes(await hub.token(user))
    assert _ours(scopes) == held
    assert may_write(scopes) == (WRITE in held)
    assert may_read(scopes) == (READ in held)


async def test_a_hub_admin_may_everything_without_a_custom_scope(hub: HubApp) -> None:
    """The hub's own `admin` role cannot be given one; later admins have just that."""
    body, token = '{"admin": true}', await hub.token("admin")
    assert (await hub.api("PATCH", "users/nobody", token, content=body)).status_code == 200
    scopes = await hub.scopes(await hub.token("nobody"))
    assert not {scope for scope in scopes if scope.startswith("custom:")}
    assert may_write(scopes)
    assert may_read(scopes)


async def test_configured_admins_can_limit_a_token_to_our_scopes(hub: HubApp) -> None:
    """Who is in `admin_users` holds both scopes, and makes a token that is worth no more."""
    scopes = await hub.scopes(await hub.token("admin", [WRITE]))
    assert _ours(scopes) == {READ, WRITE}
    assert "admin:services" not in scopes


async def test_a_token_can_hold_less_than_its_user(hub: HubApp) -> None:
    """A token of somebody who may write can be limited to reading."""
    scopes = await hub.scopes(await hub.token("editor", [READ]))
    assert _ours(scopes) == {READ}
    assert may_read(scopes)
    assert not may_write(scopes)


@pytest.mark.parametrize(
    ("user", "scope"),
    [("reader", WRITE), ("student", READ), ("student", ACCESS), ("editor", "admin:services")],
)
async def test_a_token_cannot_hold_more_than_its_user(hub: HubApp, user: str, scope: str) -> None:
    """The hub makes no such token, and says which scope is too much."""
    body = {"scopes": [scope]}
    answer = await hub.api("POST", f"users/{user}/tokens", json=body)
    assert answer.status_code == 400
    assert scope in answer.json()["message"]


async def test_a_filtered_scope_is_none(start_hub_app: StartHubApp) -> None:
    """`…:write!group=x` is kept as it is, and allows neither reading nor writing."""
    role = {"name": "filtered", "users": ["nobody"], "scopes": [FILTERED]}
    hub = await start_hub_app(extra=f"c.JupyterHub.load_roles.append({role})\n")
    scopes = await hub.scopes(await hub.token("nobody"))
    assert FILTERED in scopes
    assert not may_read(scopes)
    assert not may_write(scopes)


async def test_group_and_permission_end_together(hub: HubApp) -> None:
    """A token loses what its user had from a group, and has it again when they are back."""
    token = await hub.token("editor")
    await hub.member("DELETE", "editors", "editor")
    assert _ours(await hub.scopes(token)) == set()
    await hub.member("POST", "readers", "editor")
    assert _ours(await hub.scopes(token)) == {READ, ACCESS}


async def test_the_access_goes_by_the_services_name(start_hub_app: StartHubApp) -> None:
    """With another `service_name`, the groups may open the service of that name."""
    hub = await start_hub_app(extra='c.HubImages.service_name = "pictures"\n')
    scopes = await hub.scopes(await hub.token("editor"))
    assert _ours(scopes) == {WRITE, READ, access_scope("pictures")}


async def test_the_service_reads_and_stops(hub: HubApp) -> None:
    """It sees groups, names of users and which servers run, and nothing of their state."""
    token = hub.service_token("images")
    scopes = await hub.scopes(token)
    assert {scope.partition(":")[0] for scope in scopes} == {"list", "read", "delete"}
    assert {scope for scope in scopes if scope.startswith("delete")} == {"delete:servers"}
    await hub.start("student", {"image": "scipy"})
    groups = await hub.api("GET", "groups", token=token)
    assert _named(groups.json(), "students")["users"] == ["student"]
    users = await hub.api("GET", "users", token=token)
    student = _named(users.json(), "student")
    assert student["servers"][""]["user_options"]["image"] == "scipy"
    assert "state" not in student["servers"][""]
    assert "groups" not in student
    stopped = await hub.api("DELETE", "users/student/server", token=token)
    assert stopped.status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "users/student/server"),
        ("POST", "users/student/tokens"),
        ("POST", "users/new"),
        ("DELETE", "users/student"),
        ("POST", "groups/students/users"),
        ("DELETE", "groups/students"),
        ("GET", "proxy"),
        ("POST", "shutdown"),
    ],
)
async def test_the_service_changes_nothing_else(hub: HubApp, method: str, path: str) -> None:
    """Whoever takes over the service can start and grant nothing in the hub."""
    content = '{"users": ["nobody"]}' if method == "POST" else None
    answer = await hub.api(method, path, token=hub.service_token("images"), content=content)
    # 404: the hub does not tell who may not see it that there is something
    assert answer.status_code in (403, 404), answer.text
    assert hub.starts == []


@pytest.mark.parametrize(
    ("user", "sees"),
    [("admin", True), ("editor", True), ("reader", True), ("student", False), ("nobody", False)],
)
async def test_who_may_open_the_pages_sees_the_link(hub: HubApp, user: str, sees: bool) -> None:
    """The hub's navigation bar has the link for them and for nobody else."""
    page = BeautifulSoup((await hub.visit(user, "hub/home")).text, "html.parser")
    assert bool(page.select("nav a[href='/services/images/']")) == sees
