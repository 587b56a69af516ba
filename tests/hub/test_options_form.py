"""What stands in the options form, for whom, and what is preselected."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from tests.support.hub_app import HubApp
from tests.support.markup import element

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


async def test_the_last_choice_is_the_first_image(hub: HubApp) -> None:
    """It stands first and says so; the others follow in their order, and nothing else is marked."""
    assert "Last used" not in (await _form(hub, "scientist")).get_text()
    await hub.start("scientist", {"instance_type": "large", "image": "torch"})
    await hub.stop("scientist")
    form = await _form(hub, "scientist")
    assert _values(form, "image") == ["torch", "cuda", "minimal", "scipy"]
    (mark,) = [mark for mark in form.select(".hi-row i") if mark.get_text() == "Last used"]
    assert "Torch" in element(form, ".hi-row:first-child").get_text()
    assert mark.find_parent("label") == element(form, ".hi-row:first-child label")


async def test_what_was_filled_in_is_not_the_last_choice(hub: HubApp) -> None:
    """Who started without a choice has chosen nothing."""
    await hub.start("scientist", {})
    await hub.stop("scientist")
    form = await _form(hub, "scientist")
    assert "Last used" not in form.get_text()
    assert _values(form, "image") == ["cuda", "minimal", "scipy", "torch"]


async def test_each_image_shows_the_tag_that_would_start(hub: HubApp) -> None:
    """One for each kind of instance type where they differ."""
    hub.add_image("pinned", url=f"registry.example.org/pinned@sha256:{'ab' * 32}")
    hub.add_image("tagged", url=f"registry.example.org:5000/tagged:2@sha256:{'ab' * 32}")
    hub.add_image("untagged", url="registry.example.org:5000/untagged")
    rows = (await _form(hub, "scientist")).select(".hi-row")
    tags = {
        str(element(row, "input")["value"]): [
            (code.get_text(), code.get("data-k")) for code in row.select("code")
        ]
        for row in rows
    }
    assert tags == {
        "cuda": [("1", None)],
        "minimal": [("1", None)],
        "pinned": [("abababababab", None)],
        "scipy": [("1", None)],
        "tagged": [("2", None)],
        "torch": [("1", "cpu"), ("gpu", "gpu")],
        "untagged": [("latest", None)],
    }


async def test_a_row_has_tags_documentation_and_description(hub: HubApp) -> None:
    """Links and blocks stand beside the label, where HTML allows them, selected or not."""
    hub.change_image(
        "scipy", tags=["python", "<b>"], documentation_url="https://docs.example.org/?a=1&b=2",
        description="For **all**, see [the course](https://example.org/course).\n\n- one",
    )  # fmt: skip
    plain = _row(await _form(hub, "scientist"), "scipy")
    await hub.start("scientist", {"instance_type": "large", "image": "scipy"})
    await hub.stop("scientist")
    selected = _row(await _form(hub, "scientist"), "scipy")
    assert element(selected, "label").get_text(" ", strip=True) == "SciPy 1 CPU Last used"
    for row in (plain, selected):
        assert not row.select("label a, label div, span div, span p")
        assert [tag.get_text() for tag in row.select(".hi-tags i")] == ["python", "<b>"]
        documentation = element(row, "a.hi-doc")
        assert documentation["href"] == "https://docs.example.org/?a=1&b=2"
        assert documentation["aria-label"] == "Documentation of SciPy"
        assert element(row, ".hi-about strong").get_text() == "all"
        assert element(row, ".hi-about ul li").get_text() == "one"
        for link in row.select("a"):
            assert link["rel"] == ["noopener", "noreferrer", "nofollow"]
            assert link["target"] == "_blank"
    assert _row(await _form(hub, "scientist"), "minimal").select("a, .hi-about, .hi-tags") == []


def _row(form: BeautifulSoup, image: str) -> Tag:
    (row,) = [row for row in form.select(".hi-row") if row.select(f"[value={image}]")]
    return row


async def test_one_instance_type_is_a_sentence(hub: HubApp) -> None:
    """There is nothing to choose, so no radio buttons; the form sends it all the same."""
    form = await _form(hub, "student")
    assert not form.select("[type=radio][name=instance_type]")
    assert _values(form, "instance_type") == ["small"]
    assert "Your server starts on Small: 1 CPU, 2 GiB memory, no GPU." in form.get_text()
    assert len(form.select("[type=radio][name=image]")) == 3


async def test_one_image_is_a_sentence(hub: HubApp) -> None:
    """With its tag and description; the others' forms are as ever."""
    for name in ("scipy", "course"):
        hub.change_image(name, enabled=False)
    hub.change_image(
        "minimal", description="Nothing <b>else</b>, **ever**", display_name="A & B", tags=["bare"]
    )
    form = await _form(hub, "nobody")
    assert not form.select("[type=radio]")
    assert _values(form, "image") == ["minimal"]
    told = " ".join(form.get_text().split())
    assert "The image is A & B 1." in told
    assert "bare Nothing <b>else</b>, ever" in told
    assert len((await _form(hub, "scientist")).select("[type=radio][name=image]")) == 3


async def test_one_image_that_not_every_instance_type_fits_is_a_choice(hub: HubApp) -> None:
    """A sentence would promise it on all of them."""
    for name in ("minimal", "scipy", "torch"):
        hub.change_image(name, enabled=False)
    form = await _form(hub, "scientist")
    assert [box["type"] for box in form.select("[name=image]")] == ["radio"]


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
