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
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hub import Hub
from tests.starts import IMAGES, new_records, notebook, recording_hub, start

pytestmark = [pytest.mark.hub, pytest.mark.timeout(600)]

EXAMPLES = 500
REG = "registry.example.org/"

_COMMON = {("minimal", f"{REG}minimal:1"), ("scipy", f"{REG}scipy:1")}
_CPU = {*_COMMON, ("torch", f"{REG}torch:1")}
_GPU = {("minimal", f"{REG}minimal:1"), ("cuda", f"{REG}cuda:1"), ("torch", f"{REG}torch:gpu")}
#: Instance type, image and reference that each may start; nothing else is ever started.
MAY_START: dict[str, set[tuple[str, str, str]]] = {
    "nobody": {("small", *image) for image in _COMMON},
    "student": {("small", *image) for image in {*_COMMON, ("course", f"{REG}course:1")}},
    "scientist": {
        *((name, *image) for name in ("small", "large") for image in _CPU),
        *(("gpu-1", *image) for image in _GPU),
    },
}

# half of the values are real names, or hardly anything would start
_REAL_IMAGES = st.sampled_from([*IMAGES, "absent"])
_REAL_TYPES = st.sampled_from(["small", "large", "gpu-1", "default"])
_ODD = st.sampled_from(
    ["", " ", "minimal ", "MINIMAL", "mini\0mal", f"{REG}evil:1", f"{REG}default:never",
     "../secret", "torch:gpu", "{username}", "%s", "secret\n", "\ud800", "ｓecret", "*", "x" * 3000]
)  # fmt: skip
_TEXT = st.one_of(_ODD, st.text(max_size=20))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT | _REAL_IMAGES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_EXTRA_KEYS = [
    "hub_images_filled_in", "profile", "image_spec", "kubespawner_override", "image_pull_secrets",
    "unlisted_choice", "reference", "url", "Image", "image ", "opt-image", "spawner", "groups",
]  # fmt: skip
_FILLED_IN = st.lists(st.sampled_from(["image", "instance_type", "x"]), max_size=3)


def _options(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    ours = st.fixed_dictionaries(
        {},
        optional={"instance_type": _REAL_TYPES | values, "image": _REAL_IMAGES | values},
    )
    others = st.dictionaries(
        st.sampled_from(_EXTRA_KEYS) | _TEXT, values | _REAL_IMAGES, max_size=3
    )
    filled = st.fixed_dictionaries({}, optional={"hub_images_filled_in": _FILLED_IN | values})
    return st.tuples(others, filled, ours).map(lambda parts: {**parts[0], **parts[1], **parts[2]})


JSON_OPTIONS = _options(_JSON)
# what forms and links can carry: lists of text, and our fields not always once
_FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", " ", "minimal ", f"{REG}evil:1", "../secret", "mini\0mal", "x" * 3000]
)
FIELDS = st.dictionaries(
    st.sampled_from([*_EXTRA_KEYS, "opt-instance_type", "_x"]),
    st.lists(_FIELD, max_size=2),
    max_size=2,
).flatmap(
    lambda others: st.fixed_dictionaries(
        {},
        optional={
            "instance_type": st.lists(_REAL_TYPES | _FIELD, min_size=1, max_size=2),
            "image": st.lists(_REAL_IMAGES | _FIELD, min_size=1, max_size=2),
        },
    ).map(lambda ours: {**others, **ours})
)
USERS = st.sampled_from(sorted(MAY_START))


def many(examples: int = EXAMPLES) -> Any:
    """Bound the examples, the same in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


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
            page = BeautifulSoup(self.clients[user].get("hub/spawn").text, "html.parser")
            form = page.find("form", id="spawn_form")
            assert form is not None
            self.addresses[user] = f"http://127.0.0.1:{self.hub.port}{form['action']}"

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
        assert self.started >= examples // 20
        assert self.refused >= examples // 4


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    """Run a hub with a recording spawner and sign everybody in."""
    with recording_hub(tmp_path_factory.mktemp("starts")) as hub:
        made = Starts(hub)
        made.sign_in()
        yield made
        for client in made.clients.values():
            client.close()


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked for; a key said to be filled in last time is not."""
    filled = options.get("hub_images_filled_in")
    filled = filled if isinstance(filled, list) else []
    return {key: value for key, value in options.items() if key not in filled}


def _refusal_is_explained(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        assert answer.status_code in (400, 403)
        assert answer.json()["message"].endswith(".")


@pytest.mark.parametrize("server", ["", "two"], ids=["default", "named"])
def test_rest(starts: Starts, server: str) -> None:
    """REST starts of the default and of a named server, then again with what was saved."""
    starts.begin()

    @many()
    @given(user=USERS, options=JSON_OPTIONS)
    def run(user: str, options: dict[str, Any]) -> None:
        answer = start(starts.hub, user, {"user_options": options}, server=server)
        _refusal_is_explained(answer)
        starts.check(user, answer, _asked(options))
        again = start(starts.hub, user, server=server)
        _refusal_is_explained(again)
        starts.check(user, again, None)

    run()
    starts.enough(2 * EXAMPLES)


@pytest.mark.parametrize("path", ["form", "link"])
def test_form_and_link(starts: Starts, path: str) -> None:
    """What a form or a link carries: any fields, ours missing, empty, twice or by another name."""
    starts.begin()

    @many()
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
    starts.enough(EXAMPLES)
