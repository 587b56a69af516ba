"""Missing requirements: skipped on a laptop, failed in CI, with the same sentence."""

from __future__ import annotations

import pytest

from tests.support import requirements

REASON = "It is not on this machine: install it with `apt-get install it`."


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give an environment that demands nothing."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("HUB_IMAGES_REQUIRE_ALL", raising=False)
    monkeypatch.delenv("CHROMIUM", raising=False)
    return monkeypatch


def test_nothing_missing_goes_on(laptop: pytest.MonkeyPatch) -> None:
    """A requirement that is met stops nothing, in CI either."""
    requirements.require(None)
    laptop.setenv("CI", "true")
    requirements.require(None)


def test_missing_is_skipped_on_a_laptop(laptop: pytest.MonkeyPatch) -> None:
    """Who lacks a database server still gets the rest of the tests."""
    with pytest.raises(pytest.skip.Exception, match="apt-get install it"):
        requirements.require(REASON)


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("HUB_IMAGES_REQUIRE_ALL", "1")])
def test_missing_fails_where_all_is_required(
    laptop: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """CI cannot be green by having run less."""
    laptop.setenv(name, value)
    with pytest.raises(pytest.fail.Exception, match="apt-get install it"):
        requirements.require(REASON)


def test_chromium_that_is_named_and_missing_is_said_so(laptop: pytest.MonkeyPatch) -> None:
    """A wrong $CHROMIUM is not silently replaced by another browser."""
    laptop.setenv("CHROMIUM", "/nowhere/chromium")
    assert requirements.chromium() is None
    assert "/nowhere/chromium" in (requirements.chromium_missing() or "")
