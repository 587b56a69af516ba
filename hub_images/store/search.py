"""The list of images: which of them, in which order, one page at a time.

Guarantees: every database finds and sorts images alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from hub_images.catalogue.image import SEARCHED, ImageType
from hub_images.catalogue.reference import registry_of
from hub_images.store.attention import Attention, one_of
from hub_images.store.orm import SORT_KEY_MAX_LENGTH, Image, ImageGroup

Sort = Literal["name", "display_name", "type", "updated_at", "order"]
SORTS: tuple[Sort, ...] = get_args(Sort)
MAX_SEARCH_LENGTH = 200

#: Separates the fields of `search_text`, so that no match spans two of them; no field holds
#: this control character.
_FIELD_END = "\x1f"

#: Stands before and after each entry of a list in `search_text`. Tags are the only list there,
#: so that a tag between two of these is a whole tag; no field holds this character either.
_ENTRY_END = "\x1e"

#: From so many images we estimate whether a text is frequent, which decides how to search.
SAMPLE = 200

_SAMPLE = select(Image.search_text).order_by(Image.id).limit(SAMPLE)


@dataclass(frozen=True)
class ImageQuery:
    """Which images to list, in which order, and which part; None does not filter."""

    search: str = ""
    type: ImageType | None = None
    group: str | None = None
    is_global: bool | None = None
    enabled: bool | None = None
    tag: str | None = None
    """In any case of its letters."""
    pull_secret: str | None = None
    registry: str | None = None
    """The host of `url` or `gpu_url`, as `normalised_registry` writes it."""
    attention: Attention | None = None
    """Only images that need attention by it."""
    ids: frozenset[int] | None = None
    """Only images that have one of these ids."""
    sort: Sort = "display_name"
    descending: bool = False
    limit: int = 50
    offset: int = 0


def fold(value: str) -> str:
    """Fold `value`, so that text which people read as the same compares as the same.

    Compatibility-normalised and case-folded (Unicode standard, section 3.13), in every
    alphabet alike; the databases' own lower() differ from each other.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def sort_key(image: Image) -> str:
    """Return the folded text that the display name sorts by."""
    return fold(image.display_name)[:SORT_KEY_MAX_LENGTH]


def search_text(image: Image) -> str:
    """Return the folded text that a search looks in."""
    return _FIELD_END.join(_folded(getattr(image, name)) for name in SEARCHED)


def derive(image: Image) -> None:
    """Set the columns of a row that lists sort, search and filter by, from its other columns."""
    image.sort_key, image.search_text = sort_key(image), search_text(image)
    image.url_registry = registry_of(image.url) if image.url else None
    image.gpu_url_registry = registry_of(image.gpu_url) if image.gpu_url else None


def _folded(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"{_ENTRY_END}{fold(entry)}{_ENTRY_END}" for entry in value)
    return "" if value is None else fold(str(value))


def list_images(session: Session, query: ImageQuery) -> tuple[Sequence[Image], int]:
    """Return one page of images with their groups, and how many there are in all."""
    columns = _sorted_by(query)
    order = [column.desc() for column in columns] if query.descending else columns
    page = select(Image).options(selectinload(Image.group_rows)).order_by(*order)
    words = _words(query)
    if not words or _in_many(session, words):
        # the database reads the order's index, only as far as needed
        page = _filtered(page, query).limit(query.limit).offset(query.offset)
        return session.execute(page).scalars().all(), count_images(session, query)
    # Finding a rare text takes reading every row, so one query returns both page and total.
    # Asked for the page alone, databases follow the order's index here too, and fetch row by
    # row.
    keys = cast("Select[Any]", select(Image.id, func.count().over()))
    keys = _filtered(keys, query).order_by(*order).limit(query.limit).offset(query.offset)
    found = session.execute(keys).all()
    if not found:  # a page after the last one has no row that holds the total
        return [], count_images(session, query) if query.offset else 0
    ids = [row[0] for row in found]
    return session.execute(page.where(Image.id.in_(ids))).scalars().all(), found[0][1]


def _sorted_by(query: ImageQuery) -> Sequence[Any]:
    columns: Sequence[Any] = {
        "name": (),
        "display_name": (Image.sort_key,),
        "type": (Image.type,),
        "updated_at": (Image.updated_at,),
        "order": (Image.order, Image.sort_key),
    }[query.sort]
    return (*columns, Image.name)  # breaks ties, in the same direction


def position_of(session: Session, query: ImageQuery, name: str) -> int | None:
    """Return how many images the query lists before the named one; None if it does not list it."""
    columns = _sorted_by(query)
    own = session.execute(
        _filtered(cast("Select[Any]", select(*columns)), query).where(Image.name == name)
    ).one_or_none()
    if own is None:
        return None
    # the first column in which an image differs decides, as in ORDER BY
    before = [
        and_(
            *(column == value for column, value in zip(columns[:at], own[:at], strict=True)),
            columns[at] > own[at] if query.descending else columns[at] < own[at],
        )
        for at in range(len(columns))
    ]
    statement = _filtered(select(func.count(Image.id)), query).where(or_(*before))
    return cast("int", session.execute(statement).scalar_one())


def count_images(session: Session, query: ImageQuery) -> int:
    """Return how many images there are in all."""
    statement = _filtered(select(func.count(Image.id)), query)
    return cast("int", session.execute(statement).scalar_one())


def _words(query: ImageQuery) -> list[str]:
    """Return the words that an image must have, each in one of its fields."""
    text = fold(query.search).replace(_FIELD_END, "").replace(_ENTRY_END, "")
    return list(dict.fromkeys(text.split()))


def _in_many(session: Session, words: Sequence[str]) -> bool:
    """Estimate from some of the images whether many of them have the words."""
    texts = session.execute(_SAMPLE).scalars()
    return sum(all(word in text for word in words) for text in texts) > SAMPLE / 4


def _filtered(statement: Select[Any], query: ImageQuery) -> Select[Any]:
    sought = _words(query)
    if query.tag is not None:
        sought.append(f"{_ENTRY_END}{fold(query.tag)}{_ENTRY_END}")
    for text in sought:
        statement = statement.where(Image.search_text.contains(text, autoescape=True))
    if query.type is not None:
        statement = statement.where(Image.type == query.type)
    if query.is_global is not None:
        statement = statement.where(Image.is_global.is_(query.is_global))
    if query.pull_secret is not None:
        statement = statement.where(Image.pull_secret == query.pull_secret)
    if query.registry is not None:
        hosts = (Image.url_registry, Image.gpu_url_registry)
        statement = statement.where(or_(*(host == query.registry for host in hosts)))
    if query.enabled is not None:
        statement = statement.where(Image.enabled.is_(query.enabled))
    if query.attention is not None:
        statement = statement.where(query.attention.condition())
    if query.ids is not None:
        statement = statement.where(one_of(query.ids))
    if query.group is not None:
        statement = statement.where(Image.group_rows.any(ImageGroup.group_name == query.group))
    return statement


def listed_groups(session: Session) -> list[str]:
    """Return the names of all groups that any image lists, sorted."""
    names = session.execute(select(ImageGroup.group_name).distinct()).scalars()
    return sorted(names)


def listed_registries(session: Session) -> list[str]:
    """Return the normalised hosts of all references that any image has, sorted."""
    found: set[str | None] = set()
    for column in (Image.url_registry, Image.gpu_url_registry):
        found.update(session.execute(select(column).distinct()).scalars())
    return sorted(host for host in found if host is not None)
