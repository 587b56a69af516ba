"""The store on SQLite, PostgreSQL and MariaDB: the same answers, and nothing lost."""

from __future__ import annotations

import threading
from itertools import product
from typing import Any, get_args

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub_images.catalogue.image import ImageSpec, parse_image
from hub_images.catalogue.rules import may_use
from hub_images.store import images as store
from hub_images.store.orm import Image
from hub_images.store.search import SAMPLE, ImageQuery, Sort, list_images
from hub_images.store.snapshots import CachedCatalogue, read_snapshot


def _spec(name: str, **fields: Any) -> ImageSpec:
    return parse_image({"name": name, "url": f"x/{name}:1", **fields})


def _add(engine: Engine, name: str, **fields: Any) -> Image:
    with Session(engine, expire_on_commit=False) as session:
        return store.create_image(session, _spec(name, **fields), actor="maria")


def _names(engine: Engine, **query: Any) -> list[str]:
    with Session(engine) as session:
        images, _total = list_images(session, ImageQuery(**query))
        return [image.name for image in images]


@pytest.mark.parametrize(
    "text",
    [
        "Ünïcödé",
        "日本語のイメージ",
        "🧪🚀👩‍🔬",
        "עברית",
        "a\u0301 combining",
        "'; DROP TABLE hub_images_image; --",
        "<b>&amp;</b>",
        "back\\slash %s {} $1 :name",
        "tab\tand\nline",
    ],
)
def test_any_text_comes_back(engine: Engine, text: str) -> None:
    """What is stored is what was given, in any alphabet."""
    _add(engine, "a", description=text, groups=[text.replace("\n", " ").replace("\t", " ")])
    with Session(engine) as session:
        image = store.get_image(session, "a")
        assert image.description == text
        assert image.groups == [text.replace("\n", " ").replace("\t", " ")]


@pytest.mark.parametrize(
    ("stored", "sought"),
    [
        ("Äpfel", "äPFEL"),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσεύς".replace("ύ", "υ")),
        ("Привет", "ПРИВЕТ"),
        ("Ｗｉｄｅ", "wide"),
        ("100%", "%"),
        ("a_b", "_"),
        ("c:\\d", "\\"),
        ("ﬁne", "FINE"),
    ],
)
def test_search_in_every_alphabet(engine: Engine, stored: str, sought: str) -> None:
    """Upper and lower case are the same everywhere; % _ and backslash mean themselves."""
    _add(engine, "found", display_name=stored)
    _add(engine, "other", display_name="nothing of the kind")
    assert _names(engine, search=sought) == ["found"]


def test_search_has_the_order_and_pages_of_the_list(engine: Engine) -> None:
    """What is found comes in the list's order, page by page, and is counted, however many it is."""
    with Session(engine) as session:
        for number in range(SAMPLE):
            shown = ("Äther", "zebra", "𝐙", "Zebra", "ﬀ", "")[number % 6]
            name = f"{'few' if number % 10 == 0 else 'x'}-{number:04}"
            kind = ("cpu", "gpu", "universal")[number % 3]
            store.create_image(session, _spec(name, display_name=shown, type=kind), actor="x")
        for sort, descending in product(get_args(Sort), (False, True)):
            order = {"sort": sort, "descending": descending}
            every, _total = list_images(session, ImageQuery(**order, limit=5000))
            for search in ("few", "-", "nothing has this"):
                expected = [image.name for image in every if search in image.name]
                for offset in (0, 20, len(expected)):
                    query = ImageQuery(search=search, **order, limit=15, offset=offset)
                    images, found = list_images(session, query)
                    assert [image.name for image in images] == expected[offset : offset + 15]
                    assert found == len(expected)
        many = [len([i for i in every if search in i.name]) for search in ("few", "-")]
        assert many[0] < SAMPLE / 4 < many[1]  # both ways of looking


def test_search_does_not_cross_fields(engine: Engine) -> None:
    """The end of one field and the beginning of the next are no match."""
    _add(engine, "abc", display_name="def", description="ghi")
    assert _names(engine, search="cd") == []
    assert _names(engine, search="c\x1fd") == []
    assert _names(engine, search="universal") == ["abc"]


def test_order_is_the_same_everywhere(engine: Engine) -> None:
    """Display names sort case-insensitively by code point; the name settles what is equal."""
    for name, shown in [("c", "beta"), ("a", "Beta"), ("b", "alpha"), ("d", "Émile"), ("e", "Zoo")]:
        _add(engine, name, display_name=shown)
    assert _names(engine) == ["b", "a", "c", "e", "d"]
    assert _names(engine, descending=True) == ["d", "e", "c", "a", "b"]
    assert _names(engine, sort="name") == ["a", "b", "c", "d", "e"]
    assert _names(engine, limit=2, offset=1) == ["a", "c"]


def test_names_are_unique(engine: Engine) -> None:
    """A taken name is refused, and the session can be used again."""
    _add(engine, "a")
    with Session(engine) as session:
        with pytest.raises(store.ImageExists):
            store.create_image(session, _spec("a"), actor="x")
        store.create_image(session, _spec("b"), actor="x")
    assert _names(engine) == ["a", "b"]


def test_groups_are_case_sensitive(engine: Engine) -> None:
    """Groups that differ in case or accents are two groups on every database."""
    _add(engine, "a", groups=["Lab", "lab", "läb"])
    assert _names(engine, group="lab") == ["a"]
    assert _names(engine, group="LAB") == []


def test_a_change_grows_the_version(engine: Engine) -> None:
    """Version, time and actor follow a change, and stay without one."""
    before = _add(engine, "a", groups=["x", "y"])
    with Session(engine, expire_on_commit=False) as session:
        same = store.change_image(session, "a", store.spec_of, actor="paul")
        assert (same.version, same.updated_by) == (1, "maria")
        after = store.change_image(
            session, "a", lambda _i: _spec("a", groups=["y", "z"]), actor="paul", expected=1
        )
    assert (after.version, after.updated_by, after.created_by) == (2, "paul", "maria")
    assert after.groups == ["y", "z"]
    assert after.updated_at > before.updated_at
    assert after.created_at == before.created_at
    assert after.updated_at.tzinfo is not None


def test_a_change_that_fails_changes_nothing(engine: Engine) -> None:
    """What raises inside of a change leaves image and revision as they were."""
    _add(engine, "a")
    with Session(engine) as session:
        revision = store.catalogue_revision(session)
        session.rollback()

        def fail(_image: Image) -> ImageSpec:
            raise KeyError("no")

        with pytest.raises(KeyError):
            store.change_image(session, "a", fail, actor="x")
        assert store.catalogue_revision(session) == revision
        assert store.get_image(session, "a").version == 1


def test_of_many_at_once_one_wins(engine: Engine) -> None:
    """Twelve who change the same version at once: one succeeds, eleven conflict."""
    _add(engine, "a")
    outcomes: list[str] = []
    start = threading.Barrier(12)

    def change(number: int) -> None:
        start.wait()
        with Session(engine) as session:
            try:
                store.change_image(
                    session, "a", lambda _i: _spec("a", description=str(number)), actor=str(number),
                    expected=1,
                )  # fmt: skip
                outcomes.append("changed")
            except store.VersionConflict:
                outcomes.append("conflict")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["changed"] + ["conflict"] * 11


def test_of_many_with_the_same_name_one_is_made(engine: Engine) -> None:
    """Twelve who create the same name at once: one image."""
    outcomes: list[str] = []
    start = threading.Barrier(12)

    def create() -> None:
        start.wait()
        with Session(engine) as session:
            try:
                store.create_image(session, _spec("same"), actor="x")
                outcomes.append("made")
            except store.ImageExists:
                outcomes.append("taken")

    threads = [threading.Thread(target=create) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["made"] + ["taken"] * 11


def test_several_at_once(engine: Engine) -> None:
    """Bulk enabling, disabling and deleting say what they changed."""
    for name in ("a", "b", "c"):
        _add(engine, name, enabled=name != "b", groups=["g"])
    with Session(engine) as session:
        assert store.set_enabled(session, ["a", "b", "x"], False, actor="x") == ["a"]
        assert store.delete_images(session, ["b", "c", "x"]) == ["b", "c"]
    assert _names(engine) == ["a"]
    assert _names(engine, enabled=False) == ["a"]


def test_snapshot_follows_the_catalogue(engine: Engine) -> None:
    """The remembered catalogue is used again until something changes."""
    _add(engine, "a", **{"global": True})
    cached = CachedCatalogue()
    with Session(engine) as session:
        first = cached.current(session)
        session.rollback()
        assert cached.current(session) is first
        session.rollback()
        store.set_enabled(session, ["a"], False, actor="x")
        assert cached.current(session).entries == ()


def test_snapshot_agrees_with_the_rules(engine: Engine) -> None:
    """`visible` is `rules.may_use` over all entries, in order."""
    _add(engine, "everyone", **{"global": True, "groups": ["x"]})
    _add(engine, "one", groups=["x"])
    _add(engine, "two", groups=["x", "y"])
    _add(engine, "nobody")
    _add(engine, "off", enabled=False, **{"global": True})
    _add(engine, "unready", url="", **{"global": True})
    with Session(engine) as session:
        snapshot = read_snapshot(session)
    assert [e.name for e in snapshot.entries] == ["everyone", "nobody", "one", "two"]
    for groups in ([], ["x"], ["y"], ["x", "y"], ["z"]):
        expected = [e for e in snapshot.entries if may_use(e, groups)]
        assert snapshot.visible(groups) == expected
