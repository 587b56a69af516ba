"""What stands in the options form, for whom, and what is preselected."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.support.hub_app import HubApp

pytestmark = pytest.mark.hub


async def _form(hub: HubApp, user: str) -> BeautifulSoup:
    answer = await hub.visit(user, "hub/spawn")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


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
async def test_offers_what_the_user_may_use(
    hub: HubApp, user: str, instance_types: list[str], images: list[str]
) -> None:
    """Instance types in configured order; images by display name, only those that fit one."""
    form = await _form(hub, user)
    assert _values(form, "instance_type") == instance_types
    assert _values(form, "image") == images


async def test_cards_show_cpu_memory_and_gpu(hub: HubApp) -> None:
    """An instance type says what it has."""
    cards = [
        card.get_text(" ", strip=True)
        for card in (await _form(hub, "scientist")).select(".hi-card")
    ]
    assert cards == [
        "Small 1 CPU 2 GiB memory no GPU",
        "Large 4 CPU 16 GiB memory no GPU",
        "One GPU 8 CPU 32 GiB memory 1 GPU",
    ]


async def test_preselects_the_last_choice(hub: HubApp) -> None:
    """The last choice of that server is preselected."""
    assert _checked(await _form(hub, "scientist"), "image") == ["minimal"]
    await hub.start("scientist", {"instance_type": "large", "image": "torch"})
    await hub.stop("scientist")
    form = await _form(hub, "scientist")
    assert _checked(form, "instance_type") == ["large"]
    assert _checked(form, "image") == ["torch"]


async def test_says_that_the_last_choice_is_gone(hub: HubApp) -> None:
    """A last choice that is not allowed any more is named, and something else preselected."""
    hub.add_image("passing")
    await hub.start("student", {"image": "passing"})
    await hub.stop("student")
    hub.delete_image("passing")
    form = await _form(hub, "student")
    assert "Your last image, passing, is no longer available to you." in form.get_text()
    assert _checked(form, "image") == ["course"]


async def test_says_that_the_last_choice_fits_no_more(hub: HubApp) -> None:
    """Image and instance type are both there, but no longer for each other."""
    hub.add_image("retyped", type="universal")
    await hub.start("scientist", {"instance_type": "gpu-1", "image": "retyped"})
    await hub.stop("scientist")
    hub.change_image("retyped", type="cpu")
    form = await _form(hub, "scientist")
    assert "Your last image, retyped, cannot be used with One GPU." in form.get_text()
    assert _checked(form, "instance_type") == ["gpu-1"]
    assert _checked(form, "image") == ["cuda"]


async def test_search_box_from_eleven_images(hub: HubApp) -> None:
    """More than ten images bring a search box."""
    for number in range(8):
        hub.add_image(f"more-{number}")
    form = await _form(hub, "nobody")
    assert len(_values(form, "image")) == 10
    assert not form.select("[type=search]")
    hub.add_image("one-more")
    assert (await _form(hub, "nobody")).select("[type=search]")


async def test_stored_text_is_escaped(hub: HubApp) -> None:
    """A script in a name or description stays text."""
    hub.add_image(
        "attack", display_name="<script>alert(1)</script>", description='"><img src=x onerror=y>'
    )
    page = (await hub.visit("nobody", "hub/spawn")).text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_who_may_use_nothing_sees_why(hub: HubApp) -> None:
    """Nothing to choose: the page says so, with the groups, and a start is refused."""
    for name in ("minimal", "scipy", "cuda", "torch"):
        hub.change_image(name, enabled=False)
    page = (await _form(hub, "nobody")).get_text(" ", strip=True)
    assert "There is nothing for you to start yet." in page
    assert "You are not a member of any group" in page
    assert "data-science" in (await _form(hub, "scientist")).get_text()
    for options in (None, {}, {"image": ""}, {"image": "minimal"}):
        assert (await hub.start("nobody", options)).status_code == 403
