"""The radios of the options form: the same for the same people, and nobody else's."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from markupsafe import Markup

from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.catalogue.snapshot import Entry, Snapshot
from hub_images.hub.image_radios import CACHED_CHARACTERS, SHOWN, ImageRadios
from hub_images.hub.options_form import OptionsForm
from tests.support.catalogue import entry

TYPES = parse_instance_types([{"name": "small"}, {"name": "big", "global": False, "groups": ["b"]}])


def _entry(name: str, group: str | None = None, description: str = "") -> Entry:
    shown = {"display_name": name.title(), "description": description}
    groups = [] if group is None else [group]
    return entry(name, **shown, is_global=group is None, groups=groups)


def _numbered(count: int) -> Snapshot:
    return Snapshot(tuple(_entry(f"image-{number:03}") for number in range(count)))


def _page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def _names(html: str, within: str = "") -> list[str]:
    return [str(field["value"]) for field in _page(html).select(f"{within} [name=image]")]


@pytest.mark.parametrize("count", [1, SHOWN - 1, SHOWN, SHOWN + 1, 3 * SHOWN])
def test_all_radios_are_there_the_first_as_they_are(count: int) -> None:
    """Every image has its row, in order; those after the first hundred stand in a noscript."""
    html = OptionsForm(TYPES).render(_numbered(count), [], {})
    names = [f"image-{number:03}" for number in range(count)]
    assert _names(html) == names
    assert _names(html, "noscript") == names[SHOWN:]
    assert len(_page(html).select("noscript")) == (count > SHOWN)


@pytest.mark.parametrize("number", [0, 1, SHOWN - 1, SHOWN, SHOWN + 1, 2 * SHOWN - 1])
def test_one_row_is_checked_wherever_it_stands(number: int) -> None:
    """The last choice is first and checked, nothing else, and the next person does not see it."""
    form, snapshot = OptionsForm(TYPES), _numbered(2 * SHOWN)
    for _again in range(2):
        html = form.render(snapshot, [], {"image": f"image-{number:03}"})
        last = f"image-{number:03}"
        checked = _page(html).select("[name=image][checked]")
        assert [field["value"] for field in checked] == [last]
        others = [entry.name for entry in snapshot.entries if entry.name != last]
        assert _names(html) == [last, *others]
    other = _page(form.render(snapshot, [], {})).select("[name=image][checked]")
    assert [field["value"] for field in other] == ["image-000"]


def test_what_is_kept_for_some_is_not_shown_to_others() -> None:
    """Whoever comes after whom, everyone gets what their own groups allow."""
    snapshot = Snapshot((_entry("a", "a"), _entry("b", "b"), _entry("c")))
    form = OptionsForm(TYPES)
    expected: dict[tuple[str, ...], list[str]] = {
        (): ["c"], ("a",): ["a", "c"], ("b",): ["b", "c"], ("a", "b"): ["b", "a", "c"],
        ("none",): ["c"], ("a", "none"): ["a", "c"],
    }  # fmt: skip
    for groups in [*expected, *reversed(expected)]:
        html = form.render(snapshot, groups, {"image": "b", "instance_type": "big"})
        assert _names(html) == expected[groups]
        types = [str(field["value"]) for field in _page(html).select("[name=instance_type]")]
        assert types == (["small", "big"] if "b" in groups else ["small"])
        told = _page(html).get_text().count("are no longer available to you")
        assert told == (0 if "b" in groups else 1)


def test_a_changed_image_is_shown_changed() -> None:
    """An image made anew under the same name, with the same version, has a new row."""
    form = OptionsForm(TYPES)
    old, new = (_entry("a", description=f"the {word} words") for word in ("first", "second"))
    assert "the first words" in form.render(Snapshot((old, _entry("b"))), [], {"image": "b"})
    html = form.render(Snapshot((new,)), [], {})
    assert "the first words" not in html
    assert "the second words" in html
    assert _names(html) == ["a"]


def test_a_description_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all people, selected or not, alone or not, until the image changes."""
    rendered: list[str] = []

    def render(markdown: MarkdownIt, text: str) -> str:
        rendered.append(text)
        return f"<p>{text}</p>"

    monkeypatch.setattr(MarkdownIt, "render", render)
    form = OptionsForm(TYPES)
    one, two = _entry("a", description="one"), _entry("b", "b", description="two")
    for entries in ((one, two), (one,), (one, _entry("b", "b", description="three"))):
        for groups in ([], ["b"]):
            for saved in ({}, {"image": "a"}, {"image": "b"}, {"image": "gone"}):
                assert "<p>one</p>" in form.render(Snapshot(entries), groups, saved)
    assert rendered == ["one", "two", "three"]


def test_what_is_kept_is_bounded() -> None:
    """Many combinations of groups with long lists do not fill the hub's memory."""
    text = "x" * (CACHED_CHARACTERS // 100)
    entries = tuple(_entry(f"i-{n}", f"g-{n // 20}", text) for n in range(200))
    radios = ImageRadios(TYPES, lambda entry, *_: entry.description, lambda _: Markup())
    snapshot = Snapshot(entries)
    for group in [*range(10), 9]:
        assert len(radios.list_for(snapshot, [f"g-{group}"]).offer.images) == 20
    kept = [len(rendered.html) for rendered in radios._lists.values()]
    assert 0 < sum(kept) <= CACHED_CHARACTERS
    assert next(reversed(radios._lists)) == {"g-9"}


def test_a_change_while_another_form_is_rendered() -> None:
    """One thread forgets what is old while another renders; neither gets in the other's way."""
    forgetting, rendered = threading.Event(), threading.Event()

    class Slow(Snapshot):
        def named(self, name: str) -> Entry | None:
            forgetting.set()
            assert rendered.wait(20)
            return super().named(name)

    def row(entry: Entry, *_: object) -> str:
        if entry.name == "image-001":  # rendered by the first thread only
            began.set()
            assert forgetting.wait(20)
        if entry.name == "image-002":
            rendered.set()
        return entry.name

    began = threading.Event()
    radios = ImageRadios(TYPES, row, lambda _: Markup())
    radios.list_for(_numbered(1), [])
    second = _numbered(3)
    first = threading.Thread(target=radios.list_for, args=(replace(second), []))
    # the first thread has to be at work on the catalogue that the second one replaces
    first.start()
    assert began.wait(20)
    made = radios.list_for(Slow(second.entries[:1]), [])
    first.join(20)
    assert not first.is_alive()
    assert made.html == "image-000"
