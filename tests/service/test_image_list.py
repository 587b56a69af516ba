"""The list page's address, numbers of pages, and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub_images.service.pages.list_state import SORT_NAMES, ListState, SetFilter
from hub_images.service.pages.listing import Listing
from hub_images.service.pages.times import time_since
from hub_images.service.pages.usage import servers_text, usage_sentence
from hub_images.store.overview import Overview
from hub_images.store.search import SORTS

NOTHING = Overview([], [], [], [], frozenset())


def state(**arguments: bytes) -> ListState:
    """Read an address with one value for each parameter."""
    return ListState.from_arguments({name: [value] for name, value in arguments.items()})


def test_everything_is_shown_by_display_name_when_nothing_is_asked() -> None:
    """An address without parameters has the defaults, and the defaults make no parameters."""
    assert state() == ListState()
    assert state().query_string() == ""
    assert not state().filtered


def test_the_address_keeps_what_was_asked() -> None:
    """State → query string → state changes nothing."""
    asked = state(search=b"a&b %", type=b"gpu", access=b"groups", group=b"x y", enabled=b"false",
                  tag=b"r", pull_secret=b"s", registry=b"quay.io", show=b"in-use",
                  sort=b"-updated_at", size=b"50", page=b"3")  # fmt: skip
    assert asked.query_string() == (
        "?search=a%26b+%25&type=gpu&access=groups&group=x+y&enabled=false"
        "&tag=r&pull_secret=s&registry=quay.io&show=in-use&sort=-updated_at&size=50&page=3"
    )
    assert asked.images.offset == 100
    assert asked.images.registry == "quay.io"
    assert asked.images.descending
    assert asked.images.is_global is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", b"fpga"),
        ("access", b"all"),
        ("enabled", b"yes"),
        ("sort", b"url"),
        ("show", b"deprecated"),
        ("size", b"26"),
        ("size", b"1000000"),
        ("sort", b"--name"),
        ("page", b"-1"),
        ("page", b"x"),
        ("page", b"1e3"),
        ("page", "٣".encode()),
        ("page", b"99999999999999999999"),
        ("next", b"https://example.org/"),
        ("search", b"\0"),
    ],
)
def test_what_cannot_be_is_the_default(name: str, value: bytes) -> None:
    """A bad parameter is no error page; what is not known does not travel on."""
    assert state(**{name: value}) == ListState()


def test_every_order_can_be_asked_for_and_has_a_name() -> None:
    """What the store can sort by, the list offers, in both directions."""
    assert set(SORT_NAMES) == set(SORTS)
    for sort in SORTS:
        assert state(sort=sort.encode()).sort_column == sort
        assert state(sort=f"-{sort}".encode()).descending


def test_set_filters_can_be_taken_away_one_by_one() -> None:
    """Each says what people read, and leads to the first page of the list without it."""
    asked = state(search=b"x", access=b"global", size=b"50", page=b"2", show=b"attention")
    assert asked.set_filters == [
        SetFilter("Search", "x", "?access=global&show=attention&size=50"),
        SetFilter("Access", "Everyone", "?search=x&show=attention&size=50"),
    ]
    assert asked.unfiltered.query_string() == "?size=50"
    assert not asked.unfiltered.filtered
    assert state(size=b"100", sort=b"name", page=b"2").set_filters == []


def test_a_quick_filter_finds_nothing_before_it_is_resolved() -> None:
    """Who takes the query without what the hub says acts on no image, not on all."""
    assert state(show=b"attention").images.ids == frozenset()
    assert state().images.ids is None


@pytest.mark.parametrize(
    ("typed", "host"),
    [("quay.io", "quay.io"), ("QUAY.IO", "quay.io"), ("no host", "no host")],
)
def test_a_typed_registry(typed: str, host: str) -> None:
    """It is written as references' hosts are compared; what is none finds nothing."""
    assert state(registry=typed.encode()).images.registry == host


def test_text_that_is_not_unicode_is_no_error() -> None:
    """Bytes that are no UTF-8 search for what they are shown as."""
    assert state(search=b"\xff").search == "�"


@pytest.mark.parametrize(
    ("page", "matching", "expected"),
    [
        (1, 0, [1]),
        (1, 25, [1]),
        (1, 26, [1, 2]),
        (1, 10_000, [1, 2, 3, None, 400]),
        (200, 10_000, [1, None, 198, 199, 200, 201, 202, None, 400]),
        (400, 10_000, [1, None, 398, 399, 400]),
    ],
)
def test_near_pages(page: int, matching: int, expected: list[int | None]) -> None:
    """First, last and neighbouring pages are linked."""
    listing = Listing(ListState(page=page), [], matching, matching, NOTHING)
    assert listing.near_pages == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=30), "2026-01-30"),
    ],
)
def test_time_since(ago: timedelta, expected: str) -> None:
    """Near times are told as a person does, far ones as a date."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert time_since(now - ago, now) == expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (None, "Could not find out whether running servers use this image."),
        (0, "No running server uses it."),
        (1, "1 running server uses it now; it keeps running."),
        (2_000, "2,000 running servers use it now; they keep running."),
    ],
)
def test_usage_sentence(servers: int | None, expected: str) -> None:
    """The dialog says what it knows, and no more."""
    assert usage_sentence(servers) == expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (None, "an unknown number of running servers"),
        (0, "no running servers"),
        (1, "1 running server"),
        (2_000, "2,000 running servers"),
    ],
)
def test_servers_text(servers: int | None, expected: str) -> None:
    """Numbers have separators, and what is unknown is called so."""
    assert servers_text(servers) == expected
