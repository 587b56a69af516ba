"""Which images need attention, where a row stands, and what the filters offer: on each database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, get_args

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.pages.status import status_of
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.store.attention import Attention, refused_ids
from hub_images.store.images import change_image, create_image, named_ids
from hub_images.store.overview import MAX_CHOICES, OverviewCache, read_overview
from hub_images.store.search import ImageQuery, Sort, count_images, list_images, position_of
from hub_images.store.transaction import write
from tests.support.catalogue import add_image, spec
from tests.support.statements import statements
from tests.support.university import UNIVERSITY

_SMALL = InstanceType(name="small", cpu_limit=1)
_GPU = InstanceType(name="gpu", cpu_limit=1, gpu_limit=1)


def _fill(engine: Engine) -> None:
    specs = [spec(name, **fields) for name, fields in UNIVERSITY.items()]
    # a reference that is not allowed where another one is, and one that nobody is offered
    specs.append(spec("two", url="quay.io/a:1", gpu_url="x.example.org/a:1", **{"global": True}))
    specs.append(spec("off", url="x.example.org/a:1", pull_secret="gone", enabled=False))
    write(engine, lambda session: [create_image(session, s, actor="x") for s in specs])


@pytest.mark.parametrize("policy", [ReferencePolicy(), ReferencePolicy.of(["quay.io", "ghcr.io"])])
@pytest.mark.parametrize(
    "secrets", [KnownSecrets(["lab-registry"]), KnownSecrets([]), KnownSecrets(message="?")]
)
@pytest.mark.parametrize("types", [[_SMALL, _GPU], [_SMALL], []])
def test_the_database_finds_what_the_pages_mark(
    filled: Engine,
    policy: ReferencePolicy,
    secrets: KnownSecrets,
    types: Sequence[InstanceType],
) -> None:
    """Exactly the images whose status is neither Offered nor Disabled, and their number."""
    with Session(filled) as session:
        every, _total = list_images(session, ImageQuery(limit=1000))
        expected = [
            image.name
            for image in every
            if status_of(image, secrets, policy, types).word not in ("Offered", "Disabled")
        ]
        names = secrets.names if secrets.readable else None
        attention = Attention.of(refused_ids(session, policy), names, types)
        found, count = list_images(session, ImageQuery(attention=attention, limit=1000))
        assert [image.name for image in found] == expected
        assert count == count_images(session, ImageQuery(attention=attention)) == len(expected)
        assert expected


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Give a database with a university's images, and some that go wrong in another way."""
    _fill(engine)
    return engine


def test_the_position_is_that_in_the_list(filled: Engine) -> None:
    """In each order, with a filter and without one; None if the filter hides the image."""
    with Session(filled) as session:
        for sort, descending in product(get_args(Sort), (False, True)):
            order: dict[str, Any] = {"sort": sort, "descending": descending}
            for query in (ImageQuery(**order), ImageQuery(**order, type="cpu", search="example")):
                listed, _count = list_images(session, ImageQuery(**{**vars(query), "limit": 1000}))
                positions = [position_of(session, query, image.name) for image in listed]
                assert positions == list(range(len(listed)))
        assert position_of(session, ImageQuery(type="gpu"), "scipy") is None
        assert position_of(session, ImageQuery(), "not-there") is None


def test_only_some_ids(filled: Engine) -> None:
    """None of them is nothing, not everything; many are no error."""
    with Session(filled) as session:
        ids = frozenset(row[0] for row in named_ids(session, ["scipy", "off", "gone", "nul\0"]))
        found, count = list_images(session, ImageQuery(ids=ids, sort="name"))
        assert [image.name for image in found] == ["off", "scipy"]
        assert count == 2
        assert count_images(session, ImageQuery(ids=frozenset())) == 0
        many = frozenset(range(10**6, 10**6 + 50_000)) | ids
        assert count_images(session, ImageQuery(ids=many)) == 2


def test_what_the_filters_offer(filled: Engine) -> None:
    """What occurs, once and sorted."""
    with Session(filled) as session:
        overview = read_overview(session, ReferencePolicy())
    assert overview.pull_secrets == ["gone", "gone-with-the-old-registry", "lab-registry"]
    assert overview.registries == [
        "docker.io", "ghcr.io", "quay.io", "registry.old.example.org:5000",
        "us-central1-docker.pkg.dev", "x.example.org",
    ]  # fmt: skip
    assert {"astro", "cuda", "python"} <= set(overview.tags)
    assert overview.groups == sorted(set(overview.groups))


def test_choices_are_bounded(engine: Engine) -> None:
    """A thousand groups do not make a list of a thousand choices."""
    add_image(engine, "a", groups=[f"g{number:03}" for number in range(1000)])
    with Session(engine) as session:
        overview = read_overview(session, ReferencePolicy())
    assert overview.groups == [f"g{number:03}" for number in range(MAX_CHOICES)]


def test_the_overview_is_that_of_the_present_state(filled: Engine) -> None:
    """It is read once while nobody writes, and anew after a write and for another policy."""
    cache = OverviewCache()
    with Session(filled) as session:
        first = cache.current(session, ReferencePolicy())
        assert cache.current(session, ReferencePolicy()) is first
        strict = cache.current(session, ReferencePolicy(require_digest=True))
        assert strict.refused
        assert not first.refused
    tagged = spec("two", url="quay.io/a:1", tags=["new"])
    write(filled, lambda session: change_image(session, "two", lambda _old: tagged, actor="x"))
    with Session(filled) as session:
        assert "new" in cache.current(session, ReferencePolicy()).tags


def test_what_needs_attention_is_counted_anew_when_it_may_differ(filled: Engine) -> None:
    """Once while nothing changes; anew after a write, and when a pull secret is gone."""
    cache, policy = OverviewCache(), ReferencePolicy()
    everything = frozenset({"cpu", "gpu", "universal"})
    known, fewer = (
        Attention(frozenset(), secrets, everything) for secrets in (("lab-registry",), ())
    )

    def count(attention: Attention) -> tuple[int, int]:
        """Return the count, and how many statements it took beside that of the state."""
        with Session(filled) as session:
            overview = cache.current(session, policy)
            with statements(filled) as sent:
                return cache.count_attention(session, overview, attention), len(sent)

    before, first = count(known)
    assert first == 1
    assert count(known) == (before, 0)
    write(filled, lambda session: create_image(session, spec("new", url=""), actor="x"))
    assert count(known) == (before + 1, 1)
    assert count(fewer)[0] > before + 1
