"""What stands in the options form, for whom, and what is preselected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from tests.support.hub import Hub
from tests.support.starts import forget, recording_hub, start, stop

pytestmark = pytest.mark.hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a recording spawner."""
    with recording_hub(tmp_path_factory.mktemp("form")) as running:
        yield running


def _form(hub: Hub, user: str) -> BeautifulSoup:
    return BeautifulSoup(hub.browser(user).get("hub/spawn").text, "html.parser")


def _values(form: BeautifulSoup, name: str) -> list[str]:
    return [str(field["value"]) for field in form.select(f"[name={name}]")]


def _checked(form: BeautifulSoup, name: str) -> list[str]:
    return [str(field["value"]) for field in form.select(f"[name={name}][checked]")]


@pytest.mark.parametrize(
    ("user", "instance_types", "images"),
    [
        ("student", ["small"], ["course", "minimal", "scipy"]),
        ("nobody", ["small"], ["minimal", "scipy"]),
        ("scientist", ["small", "large", "gpu-1"], ["cuda", "minimal", "scipy", "torch"]),
    ],
)
def test_offers_what_the_user_may_use(
    hub: Hub, user: str, instance_types: list[str], images: list[str]
) -> None:
    """Instance types in configured order; images by display name, only those that fit one."""
    form = _form(hub, user)
    assert _values(form, "instance_type") == instance_types
    assert _values(form, "image") == images


def test_cards_show_cpu_memory_and_gpu(hub: Hub) -> None:
    """An instance type says what it has."""
    cards = [card.get_text(" ", strip=True) for card in _form(hub, "scientist").select(".hi-card")]
    assert cards == [
        "Small 1 CPU 2 GiB memory no GPU",
        "Large 4 CPU 16 GiB memory no GPU",
        "One GPU 8 CPU 32 GiB memory 1 GPU",
    ]


def test_preselects_the_last_choice(hub: Hub) -> None:
    """The last choice of that server is preselected."""
    forget(hub, "scientist")
    assert _checked(_form(hub, "scientist"), "image") == ["minimal"]
    start(hub, "scientist", {"instance_type": "large", "image": "torch"})
    stop(hub, "scientist")
    form = _form(hub, "scientist")
    assert _checked(form, "instance_type") == ["large"]
    assert _checked(form, "image") == ["torch"]


def test_says_that_the_last_choice_is_gone(hub: Hub) -> None:
    """A last choice that is not allowed any more is named, and something else preselected."""
    forget(hub, "student")
    hub.add_image("passing")
    start(hub, "student", {"image": "passing"})
    stop(hub, "student")
    hub.images("DELETE", "images/passing")
    form = _form(hub, "student")
    assert "Your last image, passing, is no longer available to you." in form.get_text()
    assert _checked(form, "image") == ["course"]


def test_says_that_the_last_choice_fits_no_more(hub: Hub) -> None:
    """Image and instance type are both there, but no longer for each other."""
    forget(hub, "scientist")
    hub.add_image("retyped", type="universal")
    try:
        start(hub, "scientist", {"instance_type": "gpu-1", "image": "retyped"})
        stop(hub, "scientist")
        hub.images("PATCH", "images/retyped", json={"type": "cpu"})
        form = _form(hub, "scientist")
        told = "Your last image, retyped, cannot be used with One GPU."
        assert told in form.get_text()
        assert _checked(form, "instance_type") == ["gpu-1"]
        assert _checked(form, "image") == ["cuda"]
    finally:
        hub.images("DELETE", "images/retyped")


def test_search_box_from_eleven_images(hub: Hub) -> None:
    """More than ten images bring a search box."""
    assert not _form(hub, "nobody").select("[type=search]")
    for number in range(9):
        hub.add_image(f"more-{number}")
    try:
        assert _form(hub, "nobody").select("[type=search]")
    finally:
        for number in range(9):
            hub.images("DELETE", f"images/more-{number}")


def test_stored_text_is_escaped(hub: Hub) -> None:
    """A script in a name or description stays text."""
    hub.add_image(
        "attack", display_name="<script>alert(1)</script>", description='"><img src=x onerror=y>'
    )
    try:
        page = hub.browser("nobody").get("hub/spawn").text
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page
    finally:
        hub.images("DELETE", "images/attack")


def test_who_may_use_nothing_sees_why(hub: Hub) -> None:
    """Nothing to choose: the page says so, with the groups, and a start is refused."""
    for name in ("minimal", "scipy", "cuda"):
        hub.images("PATCH", f"images/{name}", json={"enabled": False})
    forget(hub, "nobody")
    forget(hub, "scientist")
    hub.images("PATCH", "images/torch", json={"enabled": False})
    try:
        page = _form(hub, "nobody").get_text(" ", strip=True)
        assert "There is nothing for you to start yet." in page
        assert "You are not a member of any group" in page
        assert "data-science" in _form(hub, "scientist").get_text()
        for options in (None, {}, {"image": ""}, {"image": "minimal"}):
            assert start(hub, "nobody", options).status_code == 403
    finally:
        for name in ("minimal", "scipy", "cuda", "torch"):
            hub.images("PATCH", f"images/{name}", json={"enabled": True})
