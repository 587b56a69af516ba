"""The list page's address and rows.

`ListState` is what the address says: search, filters, order, page. It travels as query
string through every form and link and is rebuilt from known parameters only; what
cannot be is the default, for an address is no form that could be sent back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from hub_images.catalogue.image import IMAGE_TYPES, ImageType
from hub_images.service.pull_secrets import KnownSecrets
from hub_images.store.orm import Image
from hub_images.store.search import SORTS, ImageQuery, Sort, list_images, listed_groups

PAGE_SIZE = 25
MAX_PAGE = 1_000_000
MAX_SEARCH_LENGTH = 200

Access = Literal["", "global", "groups"]
_YES_NO: dict[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True)
class ListState:
    """What the list shows; the defaults show everything by display name."""

    search: str = ""
    type: ImageType | Literal[""] = ""
    access: Access = ""
    group: str = ""
    enabled: Literal["", "true", "false"] = ""
    sort: str = "display_name"
    page: int = 1

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Sequence[bytes]]) -> Self:
        """Read the query arguments of a request; what cannot be is the default."""
        given = {
            name: arguments[name][-1].decode("utf8", "replace").replace("\0", "")
            for name in asdict(cls())
            if arguments.get(name)
        }
        allowed: dict[str, Collection[str]] = {
            "type": IMAGE_TYPES,
            "access": ("global", "groups"),
            "enabled": tuple(_YES_NO),
            "sort": [*SORTS, *(f"-{sort}" for sort in SORTS)],
        }
        fields: dict[str, Any] = {
            name: value
            for name, value in given.items()
            if name != "page" and value in allowed.get(name, [value])
        }
        fields["search"] = fields.get("search", "").strip()[:MAX_SEARCH_LENGTH]
        number = given.get("page", "")
        if number.isascii() and number.isdigit() and len(number) < 10:
            fields["page"] = min(max(int(number), 1), MAX_PAGE)
        return cls(**fields)

    def query_string(self, **changes: Any) -> str:
        """Return the state with `changes` as `?…`, without what is the default."""
        state = replace(self, **changes)
        default = asdict(ListState())
        return _query({k: v for k, v in asdict(state).items() if v != default[k]})

    def asking(self, name: str) -> str:
        """Return the query string that asks whether to delete the image `name`."""
        separator = "&" if self.query_string() else "?"
        return f"{self.query_string()}{separator}{urlencode({'confirm': name})}"

    @property
    def sort_column(self) -> Sort:
        """The column the list is sorted by."""
        return self.sort.removeprefix("-")  # type: ignore[return-value]

    @property
    def descending(self) -> bool:
        """Whether the order is reversed."""
        return self.sort.startswith("-")

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort=ListState().sort, page=1) != ListState()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the address, for forms that send them along as hidden fields."""
        default = asdict(ListState())
        return [(k, str(v)) for k, v in asdict(self).items() if v != default[k]]

    @property
    def images(self) -> ImageQuery:
        """The store's query for this page."""
        return ImageQuery(
            search=self.search,
            type=self.type or None,
            group=self.group or None,
            is_global={"global": True, "groups": False}.get(self.access),
            enabled=_YES_NO.get(self.enabled),
            sort=self.sort_column,
            descending=self.descending,
            limit=PAGE_SIZE,
            offset=(self.page - 1) * PAGE_SIZE,
        )


def _query(fields: Mapping[str, Any]) -> str:
    return f"?{urlencode(fields)}" if fields else ""


@dataclass(frozen=True)
class Listing:
    """One page of images out of the database; `state.page` is a page that exists."""

    state: ListState
    images: Sequence[Image]
    matching: int
    total: int
    groups: list[str]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.matching // PAGE_SIZE))

    @property
    def near_pages(self) -> list[int | None]:
        """Numbers of the pages to link to: first, last and those around; None is a gap."""
        around = {1, self.pages, *range(self.state.page - 2, self.state.page + 3)}
        numbers = sorted(number for number in around if 1 <= number <= self.pages)
        found: list[int | None] = []
        for number in numbers:
            if found and number - (found[-1] or 0) > 1:
                found.append(None)
            found.append(number)
        return found


def read_listing(session: Session, state: ListState) -> Listing:
    """Read the page that `state` asks for, or the last one where there are fewer."""
    images, matching = list_images(session, state.images)
    if not images and matching:
        state = replace(state, page=-(-matching // PAGE_SIZE))
        images, matching = list_images(session, state.images)
    total = matching
    if state.filtered:
        _some, total = list_images(session, ImageQuery(limit=1))
    return Listing(state, images, matching, total, listed_groups(session))


@dataclass(frozen=True)
class Row:
    """An image as the list shows it."""

    image: Image
    groups: list[tuple[str, bool]]  # with whether the hub knows it
    secret_missing: bool
    servers: int | None  # that run it now; None where the hub does not say
    updated: str


def make_rows(
    images: Sequence[Image],
    known_groups: Collection[str] | None,
    secrets: KnownSecrets,
    in_use: Mapping[str, int] | None,
) -> list[Row]:
    """Put together what the database, the hub and the cluster say of each image."""
    now = datetime.now(UTC)
    return [
        Row(
            image=image,
            groups=[(g, known_groups is None or g in known_groups) for g in image.groups],
            secret_missing=secrets.refuses(image.pull_secret),
            servers=None if in_use is None else in_use.get(image.name, 0),
            updated=time_since(image.updated_at, now),
        )
        for image in images
    ]


def time_since(then: datetime, now: datetime) -> str:
    """Say how long ago `then` was, as a person would; a date where it is long ago."""
    seconds = (now - then).total_seconds()
    for name, length, below in (("minute", 60, 3600), ("hour", 3600, 86400)):
        if seconds < length:
            break
        if seconds < below:
            return _ago(int(seconds // length), name)
    if seconds < 60:
        return "just now"
    days = int(seconds // 86400)
    return _ago(days, "day") if days < 30 else then.date().isoformat()


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit} ago" if count == 1 else f"{count} {unit}s ago"


def usage_sentence(servers: int | None, images: int = 1) -> str:
    """Say how many servers run the image, or images, that would be deleted."""
    them = "it" if images == 1 else "them"
    if servers is None:
        return f"The hub does not say whether running servers use {them}."
    if servers == 0:
        return f"No running server uses {them}."
    if servers == 1:
        return f"1 running server uses {them} now; it keeps running."
    return f"{servers} running servers use {them} now; they keep running."


def servers_text(servers: int | None) -> str:
    """Name the number of servers shortly."""
    if servers is None:
        return "unknown number of running servers"
    return "1 running server" if servers == 1 else f"{servers or 'no'} running servers"
