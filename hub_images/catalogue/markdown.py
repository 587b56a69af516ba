"""Descriptions as HTML: CommonMark (https://spec.commonmark.org/0.31.2/) without what could harm.

Guarantees: no element, attribute or address of the author's own reaches the page. Raw HTML is
shown as text; links are http, https or mailto, and say `noopener noreferrer nofollow`; images
are left out. A description stands within a page or a list, so its headings are paragraphs there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_ALLOWED_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def rendered(description: str) -> str:
    """Return a description as HTML that is safe to put into a page."""
    return str(_MARKDOWN.render(description))


def _link_open(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, idx, options, env)


def _heading(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[idx].tag = "p"
    if tokens[idx].nesting == 1:
        tokens[idx].attrSet("class", "fw-bold")
    return renderer.renderToken(tokens, idx, options, env)


def _make() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
    # only absolute addresses: a path would lead to pages of the hub
    markdown.validateLink = lambda url: bool(_ALLOWED_LINK.match(url))  # type: ignore[method-assign]
    markdown.add_render_rule("link_open", _link_open)
    for end in ("open", "close"):
        markdown.add_render_rule(f"heading_{end}", _heading)
    return markdown


_MARKDOWN = _make()
