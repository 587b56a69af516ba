"""The list page's address, numbers of pages, and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub_images.service.pages.image_list import Listing, time_since
from hub_images.service.pages.list_state import ListState
from hub_images.service.pages.usage import usage_sentence


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
                  sort=b"-updated_at", page=b"3")  # fmt: skip
    assert asked.query_string() == (
        "?search=a%26b+%25&type=gpu&access=groups&group=x+y&enabled=false&sort=-updated_at&page=3"
    )
    assert asked.images.offset == 50
    assert asked.images.descending
    assert asked.images.is_global is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", b"fpga"),
        ("access", b"all"),
        ("enabled", b"yes"),
        ("sort", b"url"),
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
    listing = Listing(ListState(page=page), [], matching, matching, [])
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
        (2, "2 running servers use it now; they keep running."),
    ],
)
def test_usage_sentence(servers: int | None, expected: str) -> None:
    """The dialog says what it knows, and no more."""
    assert usage_sentence(servers) == expected
