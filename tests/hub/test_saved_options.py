"""A refused start changes nothing of what is remembered, on every way to start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.support.hub import Hub
from tests.support.starts import forget, recording_hub, start, stop

pytestmark = pytest.mark.hub

EXTRA = """
async def veto(spawner):
    if spawner.user_options.get("veto"):
        raise RuntimeError("the deployer's own hook says no")
c.Spawner.pre_spawn_hook = veto
c.Spawner.apply_user_options = {"none": "image"}
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose deployer has a hook that refuses starts too."""
    with recording_hub(tmp_path_factory.mktemp("saved"), extra=EXTRA) as running:
        yield running


@pytest.fixture(autouse=True)
def chosen(hub: Hub) -> None:
    """Let the scientist have chosen SciPy on a large server, once."""
    forget(hub, "scientist")
    options = {"instance_type": "large", "image": "scipy"}
    assert start(hub, "scientist", options).status_code == 201
    stop(hub, "scientist")


def _saved(hub: Hub, user: str = "scientist") -> dict[str, Any]:
    answer = hub.api("GET", f"users/{user}?include_stopped_servers=1")
    return dict(answer.json()["servers"][""]["user_options"])


def _form(hub: Hub, user: str = "scientist") -> BeautifulSoup:
    page = BeautifulSoup(hub.browser(user).get("hub/spawn").text, "html.parser")
    form = page.select_one("#hub-images")
    assert form is not None
    return form


def _selected(form: BeautifulSoup) -> list[str]:
    return [str(box["value"]) for box in form.select("input[type=radio][checked]")]


def _expect_the_choice(hub: Hub) -> None:
    saved = _saved(hub)
    assert (saved["instance_type"], saved["image"]) == ("large", "scipy")
    form = _form(hub)
    assert _selected(form) == ["large", "scipy"]
    assert "no longer available" not in form.get_text()


@pytest.mark.parametrize(
    "options",
    [
        {"image": "secret"},
        {"image": "absent", "instance_type": "absent"},
        {"image": ["scipy"]},
        {"image": "cuda", "instance_type": "small"},
        {"image": "minimal", "veto": True},
        {"image": "minimal", "kept": {"by": "nobody"}, "instance_type": "none"},
    ],
)
def test_a_refused_start_over_rest(hub: Hub, options: dict[str, Any]) -> None:
    """Neither what was refused nor what else was sent with it is remembered."""
    assert start(hub, "scientist", options).status_code >= 400
    _expect_the_choice(hub)
    assert not {"veto", "kept"} & set(_saved(hub))


@pytest.mark.parametrize("query", ["opt-image=secret", "opt-instance_type=none", "opt-image=<b>"])
def test_a_refused_link(hub: Hub, query: str) -> None:
    """A link can make nobody forget their choice."""
    assert "is not available to you" in hub.browser("scientist").get(f"hub/spawn?{query}").text
    _expect_the_choice(hub)


def test_a_refused_form(hub: Hub) -> None:
    """Nor can a form that was open for too long."""
    browser = hub.browser("scientist")
    browser.get("hub/spawn")
    xsrf = browser.cookies.get("_xsrf", path="/hub/")
    answer = browser.post("hub/spawn", data={"image": "secret", "_xsrf": xsrf})
    assert "is not available to you" in answer.text
    _expect_the_choice(hub)


def test_a_refused_first_start_is_no_choice(hub: Hub) -> None:
    """Someone who never started anything is told of nothing that is gone."""
    forget(hub, "student")
    assert start(hub, "student", {"image": "secret"}).status_code == 403
    form = _form(hub, "student")
    assert "no longer available" not in form.get_text()
    assert _selected(form) == ["small", "course"]


def test_an_allowed_start_after_a_refused_one_is_remembered(hub: Hub) -> None:
    """The next choice counts, and a start without one uses it."""
    assert start(hub, "scientist", {"image": "secret"}).status_code == 403
    assert start(hub, "scientist", {"image": "minimal"}).status_code == 201
    stop(hub, "scientist")
    assert start(hub, "scientist", {"image": "secret"}).status_code == 403
    assert start(hub, "scientist").status_code == 201
    assert _saved(hub)["image"] == "minimal"
    stop(hub, "scientist")


def test_a_saved_choice_that_is_refused_stays(hub: Hub) -> None:
    """A start without options that is refused keeps the choice, for when it is allowed again."""
    hub.images("PATCH", "images/scipy", json={"enabled": False})
    try:
        assert start(hub, "scientist").status_code == 403
        assert _saved(hub)["image"] == "scipy"
        assert "Your last image, scipy, is no longer available to you." in _form(hub).get_text()
    finally:
        hub.images("PATCH", "images/scipy", json={"enabled": True})
    _expect_the_choice(hub)


def test_it_outlives_a_restart_of_the_hub(hub: Hub) -> None:
    """What is remembered is in the hub's database, not in its memory."""
    assert start(hub, "scientist", {"image": "secret"}).status_code == 403
    hub.stop()
    hub.start()
    _expect_the_choice(hub)
    assert start(hub, "scientist", {"image": "secret"}).status_code == 403
    _expect_the_choice(hub)


def test_who_has_nothing_that_fits_reads_one_true_thing(hub: Hub) -> None:
    """Their instance type is still there, and no sentence says that it is not."""
    names = [image["name"] for image in hub.images("GET").json()["items"] if image["enabled"]]
    for name in names:
        hub.images("PATCH", f"images/{name}", json={"enabled": False})
    try:
        told = _form(hub).get_text(" ", strip=True)
        assert "Your last image, scipy, is no longer available to you." in told
        assert told.count("no longer available") == 1
        assert "No image that fits Small or Large or One GPU is available to you." in told
        hub.images("PATCH", "images/scipy", json={"enabled": True, "type": "gpu"})
        hub.api("DELETE", "groups/data-science/users", content=json.dumps({"users": ["scientist"]}))
        told = _form(hub).get_text(" ", strip=True)
        assert "Your last image, SciPy, does not fit any instance type" in told
        assert "no longer available" not in told
    finally:
        hub.api("POST", "groups/data-science/users", content=json.dumps({"users": ["scientist"]}))
        for name in names:
            hub.images("PATCH", f"images/{name}", json={"enabled": True})
        hub.images("PATCH", "images/scipy", json={"type": "cpu"})
