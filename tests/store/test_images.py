"""The store on SQLite, PostgreSQL and MariaDB: the same answers, and nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import Any, get_args

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub_images.catalogue.bulk import parse_bulk_change
from hub_images.catalogue.difference import FieldChange
from hub_images.catalogue.image import ImageSpec, parse_image
from hub_images.catalogue.rules import may_use
from hub_images.store import images as store
from hub_images.store.orm import Image
from hub_images.store.search import (
    SAMPLE,
    ImageQuery,
    Sort,
    list_images,
    listed_registries,
)
from hub_images.store.snapshots import SnapshotCache, catalogue_state, read_snapshot
from hub_images.store.transaction import write

DISABLE = parse_bulk_change("disable", {}).make


def _spec(name: str, **fields: Any) -> ImageSpec:
    return parse_image({"name": name, "url": f"x/{name}:1", **fields})


def _create(engine: Engine, name: str, **fields: Any) -> store.Change:
    spec = _spec(name, **fields)
    return write(engine, lambda session: store.create_image(session, spec, actor="maria"))


def _add(engine: Engine, name: str, **fields: Any) -> Image:
    return _create(engine, name, **fields).image


def _change(
    engine: Engine,
    name: str,
    make: Callable[[ImageSpec], ImageSpec],
    *,
    actor: str = "paul",
    expected: store.Expected = None,
) -> store.Change:
    return write(
        engine,
        lambda session: store.change_image(session, name, make, actor=actor, expected=expected),
    )


def _twelve_at_once(work: Callable[[int], None]) -> None:
    """Run `work` in twelve threads that begin together, each with a number of its own."""
    start = threading.Barrier(12)

    def run(number: int) -> None:
        start.wait(30)
        work(number)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(run, range(12)))


def _revision(engine: Engine) -> int:
    with engine.connect() as connection:
        return catalogue_state(connection).revision


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


def test_text_that_folding_makes_long(engine: Engine) -> None:
    """One character may fold to eighteen; the longest description of these is stored and found."""
    _add(engine, "a", description="\ufdfa" * 2000)
    assert _names(engine, search="\ufdfa" * 3) == ["a"]


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


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("SCIPY quay.io", ["a"]),
        ("quay.io   scipy", ["a"]),
        ("scipy ghcr", []),
        ("cuda12", ["b"]),
        ("geo SPATIAL", ["b"]),
        ("geo spatial climate", []),
        ("tial cl", ["c"]),
        ("spatialclimate", []),
        (" ", ["a", "b", "c"]),
        ("\x1e", ["a", "b", "c"]),
    ],
)
def test_every_word_has_to_be_in_a_field(engine: Engine, search: str, found: list[str]) -> None:
    """In any order and in different fields, references and tags among them."""
    _add(engine, "a", display_name="SciPy", url="quay.io/lab/a:1")
    _add(engine, "b", url="ghcr.io/b:1", gpu_url="ghcr.io/b:cuda12", tags=["Geo spatial"])
    _add(engine, "c", url="", tags=["spatial", "climate"])
    assert _names(engine, search=search, sort="name") == found


def test_filters_by_tag_and_secret(engine: Engine) -> None:
    """A tag is found as a whole and in any case, and nothing else that reads like it."""
    _add(engine, "a", tags=["Python", "x%_"], pull_secret="lab")
    _add(engine, "b", tags=["python 3", "Straße"], description="python")
    _add(engine, "python", pull_secret="lab-2")
    assert _names(engine, tag="python") == ["a"]
    assert _names(engine, tag="PYTHON 3") == ["b"]
    assert _names(engine, tag="STRASSE") == ["b"]
    assert _names(engine, tag="x%_") == ["a"]
    assert _names(engine, tag="%") == []
    assert _names(engine, tag="python", search="3") == []
    assert _names(engine, pull_secret="lab") == ["a"]


def test_filters_by_registry(engine: Engine) -> None:
    """The host of either reference, however it is written; docker.io where none is named."""
    _add(engine, "a", url="python:3", gpu_url="Quay.IO:443/lab/a:gpu")
    _add(engine, "b", url="quay.io/lab/b")
    _add(engine, "c", url="index.docker.io/lab/c", display_name="quay.io")
    _add(engine, "d", url="quay.io:5000/lab/d")
    _add(engine, "e", url="")
    assert _names(engine, registry="quay.io") == ["a", "b"]
    assert _names(engine, registry="docker.io", sort="name") == ["a", "c"]
    assert _names(engine, registry="quay.io:5000") == ["d"]
    assert _names(engine, registry="quay.io", search="lab/b") == ["b"]
    assert _names(engine, registry="quay") == []
    _change(engine, "b", lambda _stored: _spec("b", url="ghcr.io/lab/b"))
    assert _names(engine, registry="quay.io") == ["a"]
    with Session(engine) as session:
        assert listed_registries(session) == ["docker.io", "ghcr.io", "quay.io", "quay.io:5000"]


def test_people_see_images_by_order_then_by_display_name(engine: Engine) -> None:
    """The snapshot, which the form and the fill-in go by, and the list that is sorted so."""
    for name, shown, order in [("a", "Z", 0), ("b", "é", -1), ("c", "D", -1), ("d", "b", 5)]:
        _add(engine, name, display_name=shown, order=order, **{"global": True})
    with engine.connect() as connection:
        _state, snapshot = read_snapshot(connection)
    assert [entry.name for entry in snapshot.entries] == ["c", "b", "a", "d"]
    assert [entry.name for entry in snapshot.visible([])] == ["c", "b", "a", "d"]
    first = snapshot.first_fitting([], "cpu")
    assert first is not None
    assert first.name == "c"
    assert _names(engine, sort="order") == ["c", "b", "a", "d"]
    assert _names(engine, sort="order", descending=True) == ["d", "a", "b", "c"]


def test_the_largest_environment_is_stored(engine: Engine) -> None:
    """Fifty values of 4,096 characters, each of which takes four bytes."""
    environment = {f"V{number}": "🙂" * 4096 for number in range(50)}
    _add(engine, "a", environment=environment)
    with engine.connect() as connection:
        (entry,) = read_snapshot(connection)[1].entries
    assert entry.environment == environment


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
    with pytest.raises(store.ImageExists):
        _add(engine, "a")
    _add(engine, "b")
    assert _names(engine) == ["a", "b"]


def test_groups_are_case_sensitive(engine: Engine) -> None:
    """Groups that differ in case or accents are two groups on every database."""
    _add(engine, "a", groups=["Lab", "lab", "läb"])
    assert _names(engine, group="lab") == ["a"]
    assert _names(engine, group="LAB") == []


def test_a_change_grows_the_version(engine: Engine) -> None:
    """Version, time and actor follow a change, and stay without one."""
    before = _add(engine, "a", groups=["x", "y"])
    revision = _revision(engine)
    same = _change(engine, "a", lambda stored: stored)
    assert (same.action, same.fields) == (None, {})
    assert (same.image.version, same.image.updated_by) == (1, "maria")
    assert _revision(engine) == revision
    change = _change(engine, "a", lambda _s: _spec("a", groups=["y", "z"]), expected=[1])
    assert change.action == "changed"
    assert change.fields == {"groups": FieldChange(["x", "y"], ["y", "z"])}
    assert _revision(engine) == revision + 1
    after = change.image
    assert (after.version, after.updated_by, after.created_by) == (2, "paul", "maria")
    assert after.groups == ["y", "z"]
    assert after.updated_at > before.updated_at
    assert after.created_at == before.created_at
    assert after.updated_at.tzinfo is not None


def test_a_change_that_fails_changes_nothing(engine: Engine) -> None:
    """What raises inside of a change leaves image and revision as they were."""
    _add(engine, "a")
    revision = _revision(engine)

    def fail(_stored: ImageSpec) -> ImageSpec:
        raise KeyError("no")

    with pytest.raises(KeyError):
        _change(engine, "a", fail)
    assert _revision(engine) == revision
    with Session(engine) as session:
        assert store.get_image(session, "a").version == 1


@pytest.mark.parametrize("expected", [[1], [7, 1], ["*"], None])
def test_one_version_of_several_suffices(engine: Engine, expected: store.Expected) -> None:
    """A caller may know several versions, or any."""
    _add(engine, "a")
    changed = _change(engine, "a", lambda _s: _spec("a", description="x"), expected=expected)
    assert changed.image.version == 2


def test_of_many_at_once_one_wins(engine: Engine) -> None:
    """Twelve who change the same version at once: one succeeds, eleven conflict."""
    _add(engine, "a")
    outcomes: list[str] = []

    def change(number: int) -> None:
        spec = _spec("a", description=str(number))
        try:
            _change(engine, "a", lambda _stored: spec, actor=str(number), expected=[1])
            outcomes.append("changed")
        except store.VersionConflict:
            outcomes.append("conflict")

    _twelve_at_once(change)
    assert sorted(outcomes) == ["changed"] + ["conflict"] * 11


def test_of_many_with_the_same_name_one_is_made(engine: Engine) -> None:
    """Twelve who create the same name at once: one image."""
    outcomes: list[str] = []

    def create(_number: int) -> None:
        try:
            _add(engine, "same")
            outcomes.append("made")
        except store.ImageExists:
            outcomes.append("taken")

    _twelve_at_once(create)
    assert sorted(outcomes) == ["made"] + ["taken"] * 11


def test_several_at_once(engine: Engine) -> None:
    """Bulk enabling, disabling and deleting say what they changed."""
    for name in ("a", "b", "c"):
        _add(engine, name, enabled=name != "b", groups=["g"])
    disabled = write(
        engine, lambda session: store.change_images(session, ["a", "b", "x"], DISABLE, actor="x")
    )
    assert [change.image.name for change in disabled if change.action] == ["a"]
    deleted = write(engine, lambda session: store.delete_images(session, ["b", "c", "x"]))
    assert [(change.image.name, change.action) for change in deleted] == [
        ("b", "deleted"), ("c", "deleted"),
    ]  # fmt: skip
    assert _names(engine) == ["a"]
    assert _names(engine, enabled=False) == ["a"]


def test_many_delete_at_once(engine: Engine) -> None:
    """Sixty who each delete another image at once: all of them succeed, on every database."""
    names = [f"i-{number}" for number in range(60)]
    for name in names:
        _add(engine, name)
    problems: list[BaseException] = []

    def delete(number: int) -> None:
        for name in names[number::12]:
            try:
                write(engine, partial(store.delete_image, name=name))
            except Exception as error:  # noqa: BLE001 (whatever it is, it is shown)
                problems.append(error)

    _twelve_at_once(delete)
    assert problems == []
    assert _names(engine) == []


def test_snapshot_follows_the_catalogue(engine: Engine) -> None:
    """The cached snapshot is used again until something changes."""
    _add(engine, "a", **{"global": True})
    cache = SnapshotCache()
    with engine.connect() as connection:
        first = cache.current(connection)
        connection.rollback()
        assert cache.current(connection) is first
        connection.rollback()
        write(engine, lambda session: store.change_images(session, ["a"], DISABLE, actor="x"))
        assert cache.current(connection).entries == ()


def test_snapshot_agrees_with_the_rules(engine: Engine) -> None:
    """`visible` is `rules.may_use` over all entries, in order."""
    _add(engine, "everyone", **{"global": True, "groups": ["x"]})
    _add(engine, "one", groups=["x"])
    _add(engine, "two", groups=["x", "y"])
    _add(engine, "nobody")
    _add(engine, "off", enabled=False, **{"global": True})
    _add(engine, "unready", url="", **{"global": True})
    with engine.connect() as connection:
        _state, snapshot = read_snapshot(connection)
    assert [e.name for e in snapshot.entries] == ["everyone", "nobody", "one", "two"]
    for groups in ([], ["x"], ["y"], ["x", "y"], ["z"]):
        expected = [e for e in snapshot.entries if may_use(e, groups)]
        assert snapshot.visible(groups) == expected
