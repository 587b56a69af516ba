"""Descriptions as HTML: CommonMark (https://spec.commonmark.org/0.31.2/) without what could harm.

Guarantees, whatever the text is:

- Only `ELEMENTS` come out, and of attributes only those of a link and the `start` of a list.
  Raw HTML is shown as text.
- A link has an absolute address with http, https or mailto, opens in a new tab, and says
  `noopener noreferrer nofollow`. Its title is left out.
- Nothing is loaded: an image is its alternative text, as it was written.
- Headings are bold paragraphs: the page that shows a description has its own.
- 2,000 characters take some hundredths of a second at worst. Block quotes, of which a nested one
  costs more than anything else, are text.

Line breaks stay, as in descriptions that were written as plain text.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

#: Every element that can come out.
ELEMENTS = frozenset(
    {"p", "br", "hr", "a", "strong", "em", "code", "pre", "ul", "ol", "li"}
)  # fmt: skip

# Browsers read `https:path`, without the slashes, as an address on the page's own host.
_ALLOWED_ADDRESS = re.compile(r"https?://[^/?#\\]|mailto:[^/?#\\]", re.IGNORECASE)

#: How deep lists and emphasis go; what is deeper in lists is left out. Parsing gets slow with it.
_MAX_NESTING = 8

_NEW_TAB = {"rel": "noopener noreferrer nofollow", "target": "_blank"}


def rendered(description: str) -> Markup:
    """Return a description as HTML that is safe to put into a page; see above."""
    return Markup(_MARKDOWN.render(description).rstrip())  # noqa: S704 (what this module is for)


def is_address(url: str) -> bool:
    """Say whether a link may lead to `url`."""
    return bool(_ALLOWED_ADDRESS.match(url))


def _disarm(state: StateCore) -> None:
    """Take out of a parsed text what an author may not decide."""
    before = ""
    for token in state.tokens:
        token.info = ""  # the language of code, which would be a class
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
        if token.children is not None:
            token.children = [_disarmed(child) for child in token.children]
            if before == "heading_open":
                strong = Token("strong_open", "strong", 1), Token("strong_close", "strong", -1)
                token.children = [strong[0], *token.children, strong[1]]
        before = token.type


def _disarmed(token: Token) -> Token:
    if token.type == "image":
        return Token("text", "", 0, content=token.content)
    if token.type == "link_open":
        token.attrs = {"href": token.attrs["href"], **_NEW_TAB}
    return token


def _make() -> MarkdownIt:
    markdown = MarkdownIt(
        "commonmark",
        {"html": False, "xhtmlOut": False, "breaks": True, "maxNesting": _MAX_NESTING},
    ).disable("blockquote")
    markdown.validateLink = is_address  # type: ignore[method-assign]
    markdown.core.ruler.push("disarm", _disarm)
    return markdown


_MARKDOWN = _make()
