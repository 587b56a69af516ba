"""What the list of images shows, as its address says: search, filters, order, page.

`ListState` travels as a query string through every form and link. It reads only known
parameters. An invalid value counts as the default: unlike a form, an address cannot be
shown again for correction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import urlencode

from hub_images.catalogue.image import IMAGE_TYPES, ImageType
from hub_images.catalogue.reference import normalised_registry
from hub_images.store.search import MAX_SEARCH_LENGTH, ImageQuery, Sort

PAGE_SIZES = (25, 50, 100)
PAGE_SIZE = PAGE_SIZES[0]
MAX_PAGE = 1_000_000
_LONGEST = 300  # longer than any value that can be stored; SQLite refuses longer patterns of LIKE

Access = Literal["", "global", "groups"]
#: The quick filters; `listing.resolved` says what they mean.
Show = Literal["", "attention", "in-use"]
_YES_NO: dict[str, bool] = {"true": True, "false": False}

#: The filters in the order in which people see them, with what they are called.
FILTERS: dict[str, str] = {
    "search": "Search",
    "type": "Type",
    "access": "Access",
    "group": "Group",
    "enabled": "Enabled",
    "tag": "Tag",
    "pull_secret": "Pull secret",
    "registry": "Registry",
}
#: What can be picked in those filters that always offer the same.
PICKED: dict[str, Sequence[str]] = {
    "type": IMAGE_TYPES,
    "access": ("global", "groups"),
    "enabled": tuple(_YES_NO),
}
#: Those that a narrow window keeps behind a button; a wide one shows the first four of them.
FOLDED = tuple(FILTERS)[1:]
#: What stands in an address, where it is not what people read.
WORDS: dict[str, dict[str, str]] = {
    "access": {"global": "Everyone", "groups": "Groups only"},
    "enabled": {"true": "Yes", "false": "No"},
}


#: The columns that have one name, in their order; people can choose which of them they see.
COLUMNS: dict[str, str] = {
    "reference": "Reference",
    "type": "Type",
    "access": "Access",
    "status": "Status",
    "enabled": "Enabled",
    "in-use": "In use",
    "updated": "Updated",
}
#: What the list can be sorted by, with what it is called.
SORT_NAMES: dict[Sort, str] = {
    "display_name": "Display name",
    "name": "Name",
    "type": "Type",
    "updated_at": "Updated",
    "order": "Order",
}


class SetFilter(NamedTuple):
    """A filter that is set: what it is called, its value for people, the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class ListState:
    """What the list shows; the defaults show everything by display name."""

    search: str = ""
    type: ImageType | Literal[""] = ""
    access: Access = ""
    group: str = ""
    enabled: Literal["", "true", "false"] = ""
    tag: str = ""
    pull_secret: str = ""
    registry: str = ""
    show: Show = ""
    sort: str = "display_name"
    size: int = PAGE_SIZE
    page: int = 1

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Sequence[bytes]]) -> Self:
        """Read the query arguments of a request; an invalid value becomes the default."""
        given = {
            name: arguments[name][-1].decode("utf8", "replace").replace("\0", "")[:_LONGEST]
            for name in asdict(cls())
            if arguments.get(name)
        }
        allowed: dict[str, Collection[str]] = {
            **PICKED,
            "show": ("attention", "in-use"),
            "sort": [*SORT_NAMES, *(f"-{sort}" for sort in SORT_NAMES)],
        }
        fields: dict[str, Any] = {
            name: value
            for name, value in given.items()
            if name not in ("page", "size") and value in allowed.get(name, [value])
        }
        fields["search"] = fields.get("search", "").strip()[:MAX_SEARCH_LENGTH]
        size = given.get("size", "")
        fields["size"] = int(size) if size in map(str, PAGE_SIZES) else PAGE_SIZE
        number = given.get("page", "")
        if number.isascii() and number.isdigit() and len(number) < 10:
            fields["page"] = min(max(int(number), 1), MAX_PAGE)
        return cls(**fields)

    def query_string(self, /, *, beside: Mapping[str, str] | None = None, **changes: Any) -> str:
        """Return the state with `changes` as `?…`, without defaults, and `beside` before it."""
        fields = {**(beside or {}), **dict(replace(self, **changes).kept)}
        return f"?{urlencode(fields)}" if fields else ""

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
        """Whether a search or filter may leave images out."""
        return replace(self, page=1) != self.unfiltered

    @property
    def unfiltered(self) -> ListState:
        """The same list without search and filters, from its first page."""
        return ListState(sort=self.sort, size=self.size)

    @property
    def set_filters(self) -> list[SetFilter]:
        """The search and filters that are set, without the quick filters."""
        return [
            SetFilter(
                label,
                WORDS.get(name, {}).get(value, value),
                self.without(name),
            )
            for name, label in FILTERS.items()
            if (value := getattr(self, name))
        ]

    def without(self, name: str) -> str:
        """Return the address's query of the list without one filter, from its first page."""
        changes: dict[str, Any] = {name: "", "page": 1}
        return self.query_string(**changes)

    @property
    def folded(self) -> int:
        """How many filters are set that a narrow window keeps behind a button."""
        return sum(bool(getattr(self, name)) for name in FOLDED)

    @property
    def folded_in_wide(self) -> int:
        """How many filters are set that a wide window keeps behind a button."""
        return sum(bool(getattr(self, name)) for name in FOLDED[4:])

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The address's parameters, for forms that send them along as hidden fields."""
        default = asdict(ListState())
        return [(k, str(v)) for k, v in asdict(self).items() if v != default[k]]

    @property
    def images(self) -> ImageQuery:
        """The store's query for this page.

        With a quick filter it finds nothing: that takes what the hub and the cluster say, and
        `listing.resolved`. So nobody acts on all images by mistake.
        """
        return ImageQuery(
            search=self.search,
            type=self.type or None,
            group=self.group or None,
            is_global={"global": True, "groups": False}.get(self.access),
            enabled=_YES_NO.get(self.enabled),
            tag=self.tag or None,
            pull_secret=self.pull_secret or None,
            registry=_host(self.registry) if self.registry else None,
            ids=frozenset() if self.show else None,
            sort=self.sort_column,
            descending=self.descending,
            limit=self.size,
            offset=(self.page - 1) * self.size,
        )


def _host(typed: str) -> str:
    try:
        return normalised_registry(typed)
    except ValueError:
        return typed  # which is no registry, so no image is from there
