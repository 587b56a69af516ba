"""Someone who visits the admin pages without a browser, and sees them as a parser does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import httpx
from bs4 import BeautifulSoup, Tag

from tests.support.hub import Hub
from tests.support.markup import element


@dataclass
class Visitor:
    """Someone signed in, with the pages as a parser sees them."""

    client: httpx.Client
    xsrf: str

    def get(self, path: str = "", status: int = 200) -> BeautifulSoup:
        """Open a page."""
        answer = self.client.get(f"services/images/{path}")
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    def post(self, path: str, status: int = 200, **fields: Any) -> BeautifulSoup:
        """Send a form and follow the redirect; `status` is that of the first answer."""
        answer = self.client.post(
            f"services/images/{path}", data={"_xsrf": self.xsrf, **fields}, follow_redirects=False
        )
        assert answer.status_code == status, answer.text
        if answer.is_redirect:
            answer = self.client.get(answer.headers["Location"])
        return BeautifulSoup(answer.text, "html.parser")

    @classmethod
    def sign_in(cls, hub: Hub, user: str) -> Self:
        """Sign in `user` by the hub's login form."""
        return cls(*hub.session(user))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.client.close()


def empty_catalogue(hub: Hub) -> None:
    """Delete all images."""
    for image in hub.images("GET", "images?limit=200").json()["items"]:
        hub.images("DELETE", f"images/{image['name']}")


def names(page: BeautifulSoup) -> list[str]:
    """Return the names in the list, in its order."""
    return [str(row["id"]).removeprefix("image-") for row in page.select("tr[id^=image-]")]


def cell(page: BeautifulSoup, name: str, label: str) -> str:
    """Return the text of a cell of the list."""
    return words(element(page, f"tr#image-{name} [data-label='{label}']"))


def text(page: BeautifulSoup, selector: str) -> str:
    """Return the text of the one element that `selector` finds, blank where there is none."""
    found = page.select(selector)
    assert len(found) <= 1
    return words(found[0]) if found else ""


def words(tag: Tag) -> str:
    """Return the text of an element, with one blank between words."""
    return " ".join(tag.get_text(" ", strip=True).split())


def facts(page: BeautifulSoup, section: str) -> dict[str, str]:
    """Return what a section of an image's page says in its definition list, by its terms."""
    listed = element(page, f"section[aria-labelledby={section}] > dl")
    found: dict[str, str] = {}
    for term in listed.find_all("dt", recursive=False):
        value = term.find_next_sibling("dd")
        assert isinstance(value, Tag)
        found[words(term)] = words(value)
    return found


def form_fields(page: BeautifulSoup) -> dict[str, Any]:
    """Return what a browser would send for the image's form."""
    form = element(page, "#image-form")
    sent: dict[str, Any] = {"groups": []}
    for control in form.select("input[name], textarea[name], select[name]"):
        name = str(control["name"])
        if control.name == "textarea":
            sent[name] = control.get_text().removeprefix("\n")
        elif control.name == "select":
            chosen = control.select_one("option[selected]")
            sent[name] = str(chosen["value"]) if chosen else ""
        elif control.get("type") in ("checkbox", "radio"):
            if control.has_attr("checked") and name == "groups":
                sent["groups"].append(str(control["value"]))
            elif control.has_attr("checked"):
                sent[name] = str(control["value"])
        else:
            sent[name] = str(control.get("value", ""))
    return sent
