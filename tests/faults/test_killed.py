"""`kill -9` of the service while people write: what was acknowledged is there, whole.

Four services share one database, and each is killed again and again at a moment of its
own. HUB_IMAGES_KILLS sets how often in all, for each database; by default 100.
"""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from hub_images.store.images import image_model
from hub_images.store.search import ImageQuery, list_images
from tests.support.catalogue import open_engine
from tests.support.services import Service, Services

pytestmark = pytest.mark.timeout(900)

KILLS = int(os.environ.get("HUB_IMAGES_KILLS") or 100)
LANES = 4


@dataclass
class Known:
    """What is known of one image: its change number, None once it is deleted."""

    acknowledged: int | None = None
    flying: int | None = None
    """What was sent and not answered when the service was killed; it may be there or not."""
    in_flight: bool = False
    last: int = -1
    """The last change number that was stored; numbers go on over a deletion, as versions do."""

    def settle(self, found: int | None) -> None:
        """Note what is stored."""
        self.acknowledged, self.in_flight = found, False
        self.last = self.last if found is None else found


@dataclass
class Lane:
    """One writer, whose images nobody else touches, and the service it writes to."""

    number: int
    seed: int
    known: dict[str, Known] = field(default_factory=dict)
    acknowledged: int = 0
    unexpected: list[str] = field(default_factory=list)
    writing: threading.Event = field(default_factory=threading.Event)
    """Set once the service has acknowledged something."""

    def write(self, service: Service) -> None:
        """Add, change and delete until the service is gone."""
        chance = random.Random(self.seed)
        while True:
            name = f"lane-{self.number}-{chance.randrange(6)}"
            known = self.known.setdefault(name, Known())
            if known.in_flight:
                # ask what became of it, as a person would
                if not self._settle(service, name, known):
                    return
                continue
            change = known.last + 1
            remove = known.acknowledged is not None and chance.random() < 0.1
            known.flying, known.in_flight = (None if remove else change), True
            answer = self._send(service, name, change, known.acknowledged, remove)
            if answer is None:
                return
            if answer.status_code not in (200, 201, 204):
                self.unexpected.append(f"{answer.status_code} {answer.text}")
                return
            known.settle(known.flying)
            self.acknowledged += 1
            self.writing.set()

    def _send(
        self, service: Service, name: str, change: int, before: int | None, remove: bool
    ) -> httpx.Response | None:
        # description and groups tell the same number: half a change would show
        body: dict[str, Any] = {"description": f"{change}", "groups": [f"g{change}", "all"]}
        try:
            if remove:
                return service.api("DELETE", f"images/{name}")
            if before is None:
                return service.api("POST", json={"name": name, "url": "a/b:1", **body})
            return service.api("PATCH", f"images/{name}", json=body)
        except httpx.TransportError:
            return None

    def _settle(self, service: Service, name: str, known: Known) -> bool:
        try:
            answer = service.api("GET", f"images/{name}")
        except httpx.TransportError:
            return False
        found = None if answer.status_code == 404 else int(answer.json()["description"])
        if found not in (known.acknowledged, known.flying):
            self.unexpected.append(f"{name} is {found}: {known}")
        known.settle(found)
        return True


def _kill_again_and_again(services: Services, url: str, lane: Lane, times: int) -> None:
    chance = random.Random(lane.seed)
    for _kill in range(times):
        service = services.start(url)
        writer = threading.Thread(target=lane.write, args=(service,))
        lane.writing.clear()
        writer.start()
        lane.writing.wait(10)
        time.sleep(chance.uniform(0, 0.2))
        service.kill()
        writer.join(30)
        assert not writer.is_alive()


def test_what_was_acknowledged_is_there(services: Services, database_url: str) -> None:
    """Each image is as its writer knows it; version, groups and audit columns agree."""
    services.start(database_url).kill()  # makes the tables
    lanes = [Lane(number, seed=number + 1) for number in range(LANES)]
    threads = [
        threading.Thread(
            target=_kill_again_and_again, args=(services, database_url, lane, KILLS // LANES)
        )
        for lane in lanes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sentence for lane in lanes for sentence in lane.unexpected] == []
    engine = open_engine(database_url)
    with Session(engine) as session:
        stored = {
            image.name: image_model(image)
            for image in list_images(session, ImageQuery(limit=1000))[0]
        }
    engine.dispose()
    for lane in lanes:
        for name, known in lane.known.items():
            _check(name, known, stored.pop(name, None))
    assert stored == {}
    acknowledged = sum(lane.acknowledged for lane in lanes)
    print(f"{KILLS} kills, {acknowledged} acknowledged writes")
    assert acknowledged > KILLS  # there was a load to speak of


def _check(name: str, known: Known, image: dict[str, Any] | None) -> None:
    allowed = {known.acknowledged, *([known.flying] if known.in_flight else [])}
    if image is None:
        assert None in allowed, f"{name} is gone, not one of {allowed}"
        return
    found = int(image["description"])
    assert found in allowed, f"{name}: {found}, not one of {allowed}"
    assert image["groups"] == [f"g{found}", "all"]
    assert image["version"] == found + 1
    assert image["created_by"] == image["updated_by"] == "tester"
    assert image["updated_at"] >= image["created_at"]
