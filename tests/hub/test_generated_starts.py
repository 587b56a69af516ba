"""Generated `user_options` on every start path of a real hub: form, link, REST, named, saved.

Whatever they hold, what is started is in a table written here by hand, and is what was
asked for where something was; anything else is refused with a sentence. Nothing is a
server error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given

from tests.support.examples import at_most
from tests.support.generated_options import FIELDS, JSON_OPTIONS, MAY_START, USERS, asked_for
from tests.support.hub import Hub
from tests.support.starts import new_records, notebook, recording_hub, spawn_form_action, start

pytestmark = pytest.mark.timeout(300)

#: Over HTTP; each is started, and started again with what was saved.
OVER_HTTP = 50


@dataclass
class Starts:
    """The hub, the people who are signed in, and what came of their starts."""

    hub: Hub
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    started: int = 0
    refused: int = 0

    def sign_in(self) -> None:
        """Sign everybody in, and open the form once for its address with the XSRF token."""
        for user in MAY_START:
            self.clients[user] = self.hub.browser(user)
            action = spawn_form_action(self.clients[user].get("hub/spawn").text)
            self.addresses[user] = f"http://127.0.0.1:{self.hub.port}{action}"

    def begin(self) -> None:
        """Count anew."""
        self.started = self.refused = 0

    def check(self, user: str, answer: httpx.Response, wanted: dict[str, Any] | None) -> None:
        """Hold what was started, if anything was, against the table; then stop it."""
        assert answer.status_code < 500, answer.text
        new, self.seen = new_records(self.hub, self.seen)
        if not new:
            self.refused += 1
            return
        assert len(new) == 1
        record = new[0]
        labels = record["manifest"]["metadata"]["labels"]
        got = (
            labels["hub-images/instance-type"], labels["hub-images/image"],
            notebook(record)["image"],
        )  # fmt: skip
        assert record["user"] == user
        assert got in MAY_START[user]
        for key, value in zip(("instance_type", "image"), got[:2], strict=True):
            asked = (wanted or {}).get(key)
            assert asked in (None, "", value), f"asked for {asked!r}, got {value!r}"
        self.started += 1
        server = record["server"]
        path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
        # not removed: a start that comes while the hub removes a server is the hub's own 500
        assert self.hub.api("DELETE", path).status_code == 204

    def enough(self, examples: int) -> None:
        """Fail where the examples proved little."""
        assert self.started + self.refused >= examples
        assert self.started >= examples // 10
        assert self.refused >= examples // 10


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    """Run a hub with a recording spawner and sign everybody in."""
    with recording_hub(tmp_path_factory.mktemp("starts")) as hub:
        made = Starts(hub)
        made.sign_in()
        yield made
        for client in made.clients.values():
            client.close()


def _refusal_is_explained(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        assert answer.status_code in (400, 403)
        assert answer.json()["message"].endswith(".")


@pytest.mark.parametrize("server", ["", "two"], ids=["default", "named"])
def test_rest(starts: Starts, server: str) -> None:
    """REST starts of the default and of a named server, then again with what was saved."""
    starts.begin()

    @at_most(OVER_HTTP)
    @given(user=USERS, options=JSON_OPTIONS)
    def run(user: str, options: dict[str, Any]) -> None:
        answer = start(starts.hub, user, {"user_options": options}, server=server)
        _refusal_is_explained(answer)
        starts.check(user, answer, asked_for(options))
        again = start(starts.hub, user, server=server)
        _refusal_is_explained(again)
        starts.check(user, again, None)

    run()
    starts.enough(2 * OVER_HTTP)


@pytest.mark.parametrize("path", ["form", "link"])
def test_form_and_link(starts: Starts, path: str) -> None:
    """What a form or a link carries: any fields, ours missing, empty, twice or by another name."""
    starts.begin()

    @at_most(OVER_HTTP)
    @given(user=USERS, fields=FIELDS)
    def run(user: str, fields: dict[str, list[str]]) -> None:
        client = starts.clients[user]
        if path == "form":
            address = starts.addresses[user]
            answer = client.post(address, data=fields, follow_redirects=False)
        else:
            query = {f"opt-{key}": value for key, value in fields.items()}
            answer = client.get("hub/spawn", params=query, follow_redirects=False)
        single = {key: values[0] for key, values in fields.items() if len(values) == 1}
        if any(len(fields.get(key, [])) > 1 for key in ("instance_type", "image")):
            assert answer.status_code in (200, 400, 403)
        starts.check(user, answer, single)

    run()
    starts.enough(OVER_HTTP)
