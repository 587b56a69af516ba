"""Descriptions as HTML."""

from __future__ import annotations

import pytest

from hub_images.catalogue.markdown import rendered


def test_links_say_that_we_do_not_vouch_for_them() -> None:
    """People follow them out of the hub."""
    assert rendered("[docs](https://example.org)") == (
        '<p><a href="https://example.org" rel="noopener noreferrer nofollow">docs</a></p>\n'
    )


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "/hub/home", "//example.org", "vbscript:x"]
)
def test_other_addresses_are_no_links(link: str) -> None:
    """A path would lead to the hub's own pages."""
    assert "<a" not in rendered(f"[text]({link}) <{link}>")


@pytest.mark.parametrize("heading", ["# Data", "###### Data", "Data\n===="])
def test_headings_are_not_those_of_the_page(heading: str) -> None:
    """Otherwise the page's own would be out of order."""
    assert rendered(f"{heading}\n\ntext") == '<p class="fw-bold">Data</p>\n<p>text</p>\n'
