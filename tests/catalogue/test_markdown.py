"""Descriptions as HTML: what they may contain, whatever somebody writes."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from hub_images.catalogue.fields import DESCRIPTION_MAX_LENGTH
from hub_images.catalogue.markdown import ELEMENTS, rendered
from tests.support.attacks import MARKDOWN_PAYLOADS

_LINK = 'rel="noopener noreferrer nofollow" target="_blank"'


def _expect_harmless(text: str) -> None:
    """See only what may come out, by a parser of its own."""
    for element in BeautifulSoup(rendered(text), "html.parser").find_all(True):
        assert element.name in ELEMENTS, text
        attributes = dict(element.attrs)
        if element.name == "a":
            address = str(attributes.pop("href"))
            assert address.lower().startswith(("http://", "https://", "mailto:")), text
            assert attributes.pop("rel") == ["noopener", "noreferrer", "nofollow"]
            assert attributes.pop("target") == "_blank"
        if element.name == "ol":
            assert str(attributes.pop("start", "1")).isdecimal()
        assert attributes == {}, text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("plain", "<p>plain</p>"),
        ("**bold** _em_ `code`", "<p><strong>bold</strong> <em>em</em> <code>code</code></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("[a](https://b.org 'x')", f'<p><a href="https://b.org" {_LINK}>a</a></p>'),
        ("<mailto:a@b.org>", f'<p><a href="mailto:a@b.org" {_LINK}>mailto:a@b.org</a></p>'),
        ("<a@b.org>", f'<p><a href="mailto:a@b.org" {_LINK}>a@b.org</a></p>'),
        ("# Title", "<p><strong>Title</strong></p>"),
        ("Title\n---", "<p><strong>Title</strong></p>"),
        ("![a *b* <c>](https://d.org/e.png)", "<p>a *b* &lt;c&gt;</p>"),
        ("```python x\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("<div>\na", "<p>&lt;div&gt;<br>\na</p>"),
        ("> a", "<p>&gt; a</p>"),
        ("|a|\n|-|", "<p>|a|<br>\n|-|</p>"),
    ],
)
def test_what_comes_out(text: str, html: str) -> None:
    """Plain text with line breaks, emphasis, code, lists and links; all else is shown as text."""
    assert rendered(text) == html


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "/hub/home", "//example.org", "vbscript:x",
     "https:hub/logout", "https:/hub/logout", "http:///hub", "https:\\\\hub", "hub/logout",
     "#image=x", "?opt-image=x", "mailto:", "ftp://example.org", "file:///etc/passwd"],
)  # fmt: skip
def test_other_addresses_are_no_links(link: str) -> None:
    """A path would lead to the hub's own pages."""
    assert "<a" not in rendered(f"[text]({link}) <{link}>\n\n[text][x]\n\n[x]: {link}")


@pytest.mark.parametrize("text", MARKDOWN_PAYLOADS)
def test_payloads_are_harmless(text: str) -> None:
    """What has got past others' filters."""
    _expect_harmless(text)


_PIECES = st.sampled_from(
    ["<", ">", "[", "]", "(", ")", "!", "*", "_", "`", "\\", "&", "#", ";", ":", "\n", "\n\n", " ",
     "\t", "- ", "1. ", "> ", "```", "~~~", "|", "=", '"', "'", "http://", "https:", "mailto:",
     "javascript:", "data:", "&colon;", "&#106;", "&Tab;", "<a href=", "<img ", "onerror=", "]: ",
     "\x00", "\x01", "\u2028", "\u202e", "\ufeff", "a", "b@c.d", "\U0001f600"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(_PIECES | st.text(max_size=3), max_size=60).map("".join)))
def test_any_text_is_harmless(text: str) -> None:
    """Only the elements, attributes and schemes of the module's guarantee."""
    _expect_harmless(text)


@pytest.mark.parametrize(
    "pattern",
    [">", "[", "*", "_", "`", "<", "&", "![", "[a](", "![a](b", "![a](b[[a]", "a\n> 1)\n", "> - ",
     "a\n> ```\n", "- ", "  - ", "1. ", "*a **", "_a __", "<![CDATA[", "[a][", "[a]:b\n", "a\n=\n"],
)  # fmt: skip
def test_work_is_bounded(pattern: str) -> None:
    """Of the longest description, nested as it can be: calls are counted, not seconds."""
    text = (pattern * DESCRIPTION_MAX_LENGTH)[:DESCRIPTION_MAX_LENGTH]
    assert _calls(text) < 400 * DESCRIPTION_MAX_LENGTH
    _expect_harmless(text)


def _calls(text: str) -> int:
    """Count the function calls that rendering takes, which depend on nothing but the text."""
    counted: Counter[str] = Counter()

    def count(_frame: object, event: str, _argument: object) -> None:
        counted[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        rendered(text)
    finally:
        sys.setprofile(before)
    return counted["call"] + counted["c_call"]
