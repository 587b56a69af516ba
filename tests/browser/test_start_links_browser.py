"""Links to a choice in the options form: followed, refused, copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub
from tests.support.options_form import expect_notice, open_form
from tests.support.starts import recording_hub, records

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a recording spawner."""
    with recording_hub(tmp_path_factory.mktemp("links")) as running:
        yield running


def test_fragment_preselects_without_starting(browser: Browser, hub: Hub) -> None:
    """`#instance_type=…&image=…` preselects, and starts nothing."""
    before = len(records(hub))
    page = open_form(browser, hub, "#instance_type=gpu-1&image=torch")
    expect(page.get_by_label("One GPU")).to_be_checked()
    expect(page.get_by_label("Torch")).to_be_checked()
    assert len(records(hub)) == before
    page.context.close()


@pytest.mark.parametrize(
    ("fragment", "notice"),
    [
        ("image=gone", "the image gone, which is"),
        ("instance_type=huge.1", "the instance type huge.1, which is"),
        (
            "instance_type=huge&image=gone",
            "the instance type huge and the image gone, which are",
        ),
        # somebody who wrote a link must not speak through this page
        ("image=Call%20555%20now&instance_type=gpu-1", "the image, which is"),
        (f"image={'a' * 64}", "the image, which is"),
        ("image=evil.example.org", "the image, which is"),
    ],
)
def test_a_link_to_what_is_not_available(
    browser: Browser, hub: Hub, fragment: str, notice: str
) -> None:
    """It is said, with what is selected instead, and nothing that is remembered changes."""
    page = open_form(browser, hub)
    page.get_by_label("Large").check()
    page.get_by_label("SciPy").check()
    page.evaluate("fragment => { location.hash = fragment; }", fragment)
    said = f"This link names {notice} not available to you. SciPy on Large is selected instead."
    expect_notice(page, said)
    expect(page.get_by_label("Large")).to_be_checked()
    expect(page.get_by_label("SciPy")).to_be_checked()
    page.get_by_label("Small").check()
    expect(page.get_by_label("Minimal")).to_be_checked()
    page.context.close()


def test_a_link_to_what_does_not_fit(browser: Browser, hub: Hub) -> None:
    """Both are there, but not for each other; the last choice stays and a good link is silent."""
    page = open_form(browser, hub, "#instance_type=small&image=cuda")
    expect_notice(
        page,
        "This link names CUDA, which does not run on Small. Minimal on Small is selected instead.",
    )
    page.evaluate("location.hash = 'image=cuda'")
    expect(page.get_by_label("One GPU")).to_be_checked()
    expect(page.get_by_label("CUDA")).to_be_checked()
    expect_notice(page, None)
    page.context.close()


def test_copies_a_link_to_the_choice(browser: Browser, hub: Hub) -> None:
    """A link that preselects it on everyone's own page, and starts nothing."""
    page = open_form(browser, hub, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{hub.url}hub/spawn/scientist?opt-image=nothing-there")
    page.get_by_label("One GPU").check()
    page.get_by_label("Torch").check()
    page.get_by_role("button", name="Copy link to this choice").click()
    expect(page.get_by_role("status").filter(has_text="Link copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{hub.url}hub/spawn#instance_type=gpu-1&image=torch"
    page.goto("about:blank")
    page.goto(copied)
    expect(page.get_by_label("Torch")).to_be_checked()
    expect(page.get_by_label("One GPU")).to_be_checked()
    page.context.close()


def test_shows_the_link_where_it_cannot_be_copied(browser: Browser, hub: Hub) -> None:
    """Over plain HTTP there is no clipboard: the link stands there, selected."""
    page = sign_in(browser, hub, "scientist")
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(f"{hub.url}hub/spawn#image=torch")
    page.reload()  # from the same page, a fragment alone loads nothing
    page.get_by_role("button", name="Copy link to this choice").click()
    shown = page.get_by_role("textbox", name="Link to this choice")
    expect(shown).to_have_value(f"{hub.url}hub/spawn#instance_type=small&image=torch")
    expect(shown).to_be_focused()
    assert page.evaluate("getSelection().toString()") == shown.input_value()
    page.keyboard.press("Enter")
    page.get_by_label("SciPy").check()
    expect(shown).to_be_hidden()
    page.context.close()
