"""Fifty clients at once over REST, on each database: no lost update, one of a name."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.services import Service, Services

CLIENTS = 50


@pytest.fixture
def pair(services: Services, database_url: str) -> tuple[Service, Service]:
    """Run two services on one database, started at once on an empty one."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(services.start, [database_url] * 2)
    return first, second


def test_of_fifty_edits_none_is_lost(pair: tuple[Service, Service]) -> None:
    """Each round one 200, the others 412; what the 200s wrote is what is there."""
    body = {"name": "shared", "url": "a/b:1"}
    assert pair[0].api("POST", json=body).status_code == 201
    for version in (1, 2, 3):
        etag = f'"{version}"'

        def edit(number: int, etag: str = etag) -> tuple[int, int]:
            text = f"{etag} by {number}"  # a change that changes nothing would be no conflict
            answer = pair[number % 2].api(
                "PATCH",
                "images/shared",
                json={"description": text, "groups": [text]},
                headers={"If-Match": etag},
            )
            return answer.status_code, number

        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(edit, range(CLIENTS)))
        assert Counter(status for status, _number in answers) == {200: 1, 412: CLIENTS - 1}
        (winner,) = (number for status, number in answers if status == 200)
        stored = pair[1].api("GET", "images/shared").json()
        assert stored["version"] == version + 1
        assert stored["description"] == f"{etag} by {winner}"
        assert stored["groups"] == [f"{etag} by {winner}"]


def test_of_fifty_with_one_name_one_is_made(pair: tuple[Service, Service]) -> None:
    """One 201, the others 409, and the image is the one that was answered."""

    def create(number: int) -> tuple[int, int]:
        body = {"name": "same", "url": "a/b:1", "description": f"by {number}"}
        return pair[number % 2].api("POST", json=body).status_code, number

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(create, range(CLIENTS)))
    assert Counter(status for status, _number in answers) == {201: 1, 409: CLIENTS - 1}
    (winner,) = (number for status, number in answers if status == 201)
    assert pair[0].api("GET", "images/same").json()["description"] == f"by {winner}"
    assert pair[0].api("GET", "images?search=same").json()["_pagination"]["total"] == 1
