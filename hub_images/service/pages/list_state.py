"""What the list of images shows, as its address says: search, filters, order, page.

`ListState` travels as a query string through every form and link. It reads only known
parameters. An invalid value counts as the default: unlike a form, an address cannot be
shown again for correction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self
from urllib.parse import urlencode

from hub_images.catalogue.image import IMAGE_TYPES, ImageType
from hub_images.store.search import MAX_SEARCH_LENGTH, SORTS, ImageQuery, Sort

PAGE_SIZE = 25
MAX_PAGE = 1_000_000

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
        """Read the query arguments of a request; an invalid value becomes the default."""
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
        """Return the state with `changes` as `?…`, without defaults."""
        state = replace(self, **changes)
        default = asdict(ListState())
        return _query({k: v for k, v in asdict(state).items() if v != default[k]})

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
        return replace(self, sort=ListState().sort, page=1) != ListState()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The address's parameters, for forms that send them along as hidden fields."""
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
