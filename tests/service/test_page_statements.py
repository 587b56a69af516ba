"""How many statements a page sends to the database: as many for a large catalogue as for a small.

What a page shows beyond that it has read already: its images have left their session by then, and
would raise rather than read more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment
from sqlalchemy.orm import Session

from hub_images.catalogue.instance_type import InstanceType
from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import HubClient
from hub_images.service.pages.list_state import ListState
from hub_images.service.pages.listing import Known, listed_images, read_listing
from hub_images.service.pull_secrets import KnownSecrets, PullSecrets
from hub_images.service.running_servers import RunningServer, RunningServers
from hub_images.store.database import Database
from hub_images.store.engine import parse_url
from hub_images.store.images import get_image
from hub_images.store.overview import OverviewCache
from tests.support.catalogue import fill
from tests.support.statements import statements

FEW, MANY = 3, 150
#: Addresses of the list. All images lack their pull secret, and each is run by somebody.
ADDRESSES: dict[str, dict[str, bytes]] = {
    "all": {},
    "a search": {"search": b"image"},
    "a rare text": {"search": b"image-001"},
    "a filter": {"group": b"group-0", "sort": b"-updated_at"},
    "what needs attention": {"show": b"attention"},
    "what is in use": {"show": b"in-use"},
    "a page after the last": {"page": b"1000000"},
    "an image in sight": {},
}


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, ServiceContext]]:
    """Give what the service works with, over a small catalogue and over a large one."""
    folder = tmp_path_factory.mktemp("catalogues")
    with _context(folder, FEW) as few, _context(folder, MANY) as many:
        yield {FEW: few, MANY: many}


@contextmanager
def _context(folder: Path, count: int) -> Iterator[ServiceContext]:
    url = f"sqlite:///{folder / f'{count}.sqlite'}"
    fill(url, {f"image-{number:03}": _fields(number) for number in range(count)})
    with closing(Database(parse_url(url))) as database:
        yield ServiceContext(
            database=database,
            hub=HubClient("http://127.0.0.1", "no token"),
            pull_secrets=PullSecrets([]),
            policy=ReferencePolicy.of(["quay.io"]),
            instance_types=(InstanceType(name="small", cpu_limit=1),),
            templates=Environment(autoescape=True),
            template_vars={},
            service_name="images",
        )


def _fields(number: int) -> dict[str, object]:
    return {
        "global": False,
        "groups": [f"group-{group}" for group in range(1 + number)],
        "tags": [f"tag-{number}"],
        "pull_secret": "gone",
    }


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_list_sends_as_many_statements_at_any_size(
    contexts: dict[int, ServiceContext], address: str
) -> None:
    """However many images there are, and however many of them the page shows."""
    shown = "image-002" if address == "an image in sight" else ""
    counts = set()
    for count, context in contexts.items():
        servers = [RunningServer(f"user-{n}", "", f"image-{n:03}") for n in range(count)]
        for size in (b"25", b"100"):
            arguments = {name: [value] for name, value in ADDRESSES[address].items()}
            state = ListState.from_arguments({**arguments, "size": [size]})
            unread = replace(context, overviews=OverviewCache())  # as after a write
            known = Known(unread, KnownSecrets([]), RunningServers(servers), ["group-0"])
            with (
                Session(context.database.engine, expire_on_commit=False) as session,
                statements(context.database.engine) as sent,
            ):
                listing = read_listing(session, state, known, shown)
            assert len(listed_images(listing.images, known)) == len(listing.images) > 0
            counts.add(len(sent))
    assert len(counts) == 1, counts


def test_the_page_of_an_image_sends_as_many_statements_at_any_size(
    contexts: dict[int, ServiceContext],
) -> None:
    """However many images there are, and however many groups this one has."""
    counts = set()
    for count, context in contexts.items():
        with (
            Session(context.database.engine, expire_on_commit=False) as session,
            statements(context.database.engine) as sent,
        ):
            image = get_image(session, f"image-{count - 1:03}")
        assert len(image.groups) == count
        counts.add(len(sent))
    assert len(counts) == 1, counts
