"""The catalogue over REST on a real hub and each database: what is answered, what refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from hub_images.store.orm import PastName
from tests.support.catalogue import open_engine
from tests.support.databases import DatabaseServer, Kind, missing_reason
from tests.support.hub import Hub
from tests.support.openapi_checks import check_answer
from tests.support.requirements import require

SPEC = {
    "name": "full",
    "display_name": "Full",
    "description": "Everything set",
    "type": "universal",
    "url": "registry.example.org/full:1",
    "gpu_url": "registry.example.org/full:gpu",
    "pull_secret": "lab-registry",
    "global": False,
    "groups": ["students", "not-yet-known"],
    "enabled": True,
    "tags": ["Python", "a, b"],
    "documentation_url": "https://wiki.example.org/full",
    "order": -5,
    "default_url": "/lab",
    "environment": {"B": "1", "A": " x "},
    "command": ["start.sh", ""],
    "working_dir": "/home/jovyan",
    "image_pull_policy": "Always",
}


class Api:
    """Calls the API as an admin and holds every answer against the OpenAPI document."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def __call__(self, method: str, path: str = "images", **rest: Any) -> httpx.Response:
        """Send a request."""
        answer = self.hub.images(method, path, **rest)
        template = "/api/images/{name}" if path.startswith("images/") else "/api/images"
        check_answer(method, template, answer)
        return answer


@pytest.fixture(
    scope="module", params=[pytest.param("sqlite", marks=pytest.mark.hub), "postgresql", "mariadb"]
)
def hub(
    request: pytest.FixtureRequest,
    database_servers: dict[Kind, DatabaseServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hub]:
    """Run a hub over an empty database of each kind."""
    url = None
    if request.param != "sqlite":
        require(missing_reason(request.param))
        url = database_servers[request.param].create_database()
    with Hub(tmp_path_factory.mktemp("api"), db_url=url) as running:
        yield running


@pytest.fixture
def api(hub: Hub) -> Api:
    """Give the API over an empty catalogue, which has never held an image."""
    for image in hub.images("GET", "images?limit=200").json()["items"]:
        hub.images("DELETE", f"images/{image['name']}")
    engine = open_engine(hub.db_url)
    with engine.begin() as connection:
        connection.execute(delete(PastName))
    engine.dispose()
    return Api(hub)


def test_add_and_show(api: Api) -> None:
    """POST answers 201 with Location, ETag and the image; GET the same."""
    answer = api("POST", json=SPEC)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/services/images/api/images/full"
    assert answer.headers["ETag"] == '"1"'
    image = answer.json()
    assert {key: image[key] for key in SPEC} == SPEC
    assert image["ready"] is True
    assert image["created_by"] == image["updated_by"] == "tester"
    assert image["created_at"].endswith("Z")
    shown = api("GET", "images/full")
    assert shown.json() == image
    assert shown.headers["ETag"] == '"1"'


def test_defaults(api: Api) -> None:
    """Only the name is required; the API's default for global is false."""
    image = api("POST", json={"name": "bare"}).json()
    assert image["display_name"] == "bare"
    assert image["type"] == "universal"
    assert (image["url"], image["ready"], image["gpu_url"]) == ("", False, None)
    assert (image["global"], image["groups"], image["enabled"]) == (False, [], True)


def test_text_is_trimmed(api: Api) -> None:
    """Blanks around text go, but for groups, which are the hub's; a null URL means blank."""
    sent = {"name": " a ", "display_name": "  ", "url": " x/y:1 ", "groups": [" g ", "g"]}
    image = api("POST", json=sent).json()
    assert (image["name"], image["display_name"], image["url"]) == ("a", "a", "x/y:1")
    assert image["groups"] == [" g ", "g"]
    assert api("PATCH", "images/a", json={"url": None}).json()["ready"] is False


def test_taken_name(api: Api) -> None:
    """A second image of the same name is 409, and the first stays."""
    api("POST", json=SPEC)
    assert api("POST", json={"name": "full"}).status_code == 409
    assert api("GET", "images/full").json()["description"] == "Everything set"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "Upper"}, "name"),
        ({"name": "-a"}, "name"),
        ({"name": "a_"}, "name"),
        ({"name": "a" * 64}, "name"),
        ({"name": "a.b"}, "name"),
        ({"name": None}, "name"),
        ({"name": 1}, "name"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"display_name": "two\nlines"}, "display_name"),
        ({"display_name": 1}, "display_name"),
        ({"description": "x" * 2001}, "description"),
        ({"description": "\u0000"}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"type": "tpu"}, "type"),
        ({"type": None}, "type"),
        ({"url": "https://quay.io/a"}, "url"),
        ({"url": "a b"}, "url"),
        ({"url": "quay.io/Upper/case"}, "url"),
        ({"url": "a@sha256:123"}, "url"),
        ({"url": "a:b:c"}, "url"),
        ({"url": 5}, "url"),
        ({"type": "cpu", "gpu_url": "a/b"}, "gpu_url"),
        ({"gpu_url": "not valid"}, "gpu_url"),
        ({"pull_secret": "unknown"}, "pull_secret"),
        ({"pull_secret": "Not_Valid"}, "pull_secret"),
        ({"global": "yes"}, "global"),
        ({"global": 1}, "global"),
        ({"enabled": None}, "enabled"),
        ({"groups": "students"}, "groups"),
        ({"groups": [1]}, "groups"),
        ({"groups": [""]}, "groups"),
        ({"groups": ["g" * 256]}, "groups"),
        ({"tags": ["a", ""]}, "tags"),
        ({"tags": "a"}, "tags"),
        ({"documentation_url": "javascript:alert(1)"}, "documentation_url"),
        ({"order": True}, "order"),
        ({"order": 1.5}, "order"),
        ({"order": 1001}, "order"),
        ({"default_url": "//example.org"}, "default_url"),
        ({"default_url": "https://example.org/"}, "default_url"),
        ({"environment": {"A-B": ""}}, "environment"),
        ({"environment": {"\ud800": ""}}, "environment"),
        ({"environment": {"JUPYTERHUB_API_TOKEN": "x"}}, "environment"),
        ({"environment": {"A": None}}, "environment"),
        ({"environment": None}, "environment"),
        ({"command": "start.sh"}, "command"),
        ({"working_dir": "home"}, "working_dir"),
        ({"image_pull_policy": "always"}, "image_pull_policy"),
        ({"nonsense": 1}, "nonsense"),
        ({"is_global": True}, "is_global"),
    ],
)
def test_invalid_field(api: Api, fields: dict[str, Any], wrong: str) -> None:
    """What cannot be right is 422 with a sentence at the field, on POST, PUT and PATCH."""
    body = json.dumps({"name": "new", **fields})
    answer = api("POST", content=body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [wrong]
    assert answer.json()["errors"][wrong][0].endswith((".", "!"))
    assert api("GET").json()["_pagination"]["total"] == 0
    api("POST", json={"name": "new", "url": "x/y:1"})
    assert api("PUT", "images/new", content=body).status_code == 422
    assert api("PATCH", "images/new", content=json.dumps(fields)).status_code == 422
    assert api("GET", "images/new").json()["version"] == 1


@pytest.mark.parametrize(
    "body",
    ["", "{", "nonsense", '{"name": NaN}', b"\xff\xfe", "[" * 100_000, '{"name": "a"} x'],
)
def test_malformed_json(api: Api, body: str | bytes) -> None:
    """What is no JSON is 400."""
    assert api("POST", content=body).status_code == 400


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true"])
def test_other_json(api: Api, body: str) -> None:
    """JSON that is no object is 422."""
    assert api("POST", content=body).status_code == 422


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "name", ["absent", "Upper", "%ff", "%00", "a%2Fb", "..%2f..", "é", "a" * 300]
)
def test_absent(api: Api, method: str, name: str) -> None:
    """There is no such image: 404, whatever the name looks like."""
    rest = {"content": "{}"} if method in ("PUT", "PATCH") else {}
    answer = api.hub.images(method, f"images/{name}", **rest)
    assert answer.status_code in (400, 404)
    assert answer.status_code == 404 or name == "%ff"


def test_put_replaces(api: Api) -> None:
    """PUT sets every writable field; what is left out gets its default."""
    api("POST", json=SPEC)
    image = api("PUT", "images/full", json={"url": "x/y:2"}).json()
    assert (image["url"], image["gpu_url"], image["pull_secret"]) == ("x/y:2", None, None)
    assert (image["groups"], image["display_name"], image["version"]) == ([], "full", 2)


def test_get_edit_put(api: Api) -> None:
    """What GET answered can be changed and sent back; read-only fields are ignored."""
    image = api("POST", json=SPEC).json()
    sent = {**image, "description": "changed", "version": 99, "created_by": "x", "ready": False}
    answer = api("PUT", "images/full", json=sent)
    assert answer.json() == {
        **image,
        "description": "changed",
        "version": 2,
        "updated_at": answer.json()["updated_at"],
    }


def test_name_is_fixed(api: Api) -> None:
    """Another name in PUT or PATCH is 422."""
    api("POST", json=SPEC)
    for method in ("PUT", "PATCH"):
        answer = api(method, "images/full", json={"name": "other"})
        assert list(answer.json()["errors"]) == ["name"]


def test_patch_changes_only_what_is_given(api: Api) -> None:
    """PATCH leaves the rest alone."""
    image = api("POST", json=SPEC).json()
    changed = api("PATCH", "images/full", json={"description": "new"}).json()
    expected = {**image, "description": "new", "version": 2, "updated_at": changed["updated_at"]}
    assert changed == expected
    assert changed["updated_at"] > image["updated_at"]


def test_patch_replaces_lists_and_mappings_whole(api: Api) -> None:
    """What is given is all there is afterwards; an empty command is none."""
    api("POST", json=SPEC)
    changes: dict[str, Any] = {
        "environment": {"C": "3"},
        "tags": [],
        "command": [],
        "default_url": None,
    }
    changed = api("PATCH", "images/full", json=changes).json()
    assert {name: changed[name] for name in changes} == {**changes, "command": None}
    assert (changed["order"], changed["working_dir"]) == (-5, "/home/jovyan")
    assert api("GET", "images/full").json() == changed


def test_the_order_of_variables_is_kept(api: Api) -> None:
    """They are shown as they were given; another order alone is no change."""
    assert list(api("POST", json=SPEC).json()["environment"]) == ["B", "A"]
    turned = {"environment": {"A": " x ", "B": "1"}}
    assert api("PATCH", "images/full", json=turned).json()["version"] == 1
    changed = api("PATCH", "images/full", json={**turned, "order": 1}).json()
    assert (list(changed["environment"]), changed["version"]) == (["A", "B"], 2)


def test_patch_of_the_type_clears_gpu_url(api: Api) -> None:
    """A type other than universal has no URL for GPU; asking for both is 422."""
    api("POST", json=SPEC)
    both = api("PATCH", "images/full", json={"type": "cpu", "gpu_url": "x/y:gpu"})
    assert list(both.json()["errors"]) == ["gpu_url"]
    assert api("PATCH", "images/full", json={"type": "cpu"}).json()["gpu_url"] is None


def test_stored_pull_secret_is_kept(api: Api) -> None:
    """A secret that the image has already stays allowed; another unknown one does not."""
    api("POST", json=SPEC)
    assert api("PATCH", "images/full", json={"pull_secret": "lab-registry"}).status_code == 200
    assert api("PATCH", "images/full", json={"pull_secret": "other"}).status_code == 422
    assert api("PATCH", "images/full", json={"pull_secret": None}).json()["pull_secret"] is None


def test_delete(api: Api) -> None:
    """DELETE is 204, and then it is gone."""
    api("POST", json=SPEC)
    assert api("DELETE", "images/full").status_code == 204
    assert api("GET", "images/full").status_code == 404
    assert api("DELETE", "images/full").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match(api: Api, method: str) -> None:
    """A version that has moved on is 412, `*` and the present one pass."""
    api("POST", json=SPEC)
    api("PATCH", "images/full", json={"description": "second"})
    rest = {} if method == "DELETE" else {"content": '{"description": "mine"}'}
    for stale in ('"1"', '"3"', '"x"', "nonsense", '"-2"', "", '"1", "3"', ",", '"9, 2"', '"*"'):
        answer = api(method, "images/full", headers={"If-Match": stale}, **rest)
        assert answer.status_code == 412, stale
    assert api("GET", "images/full").json()["description"] == "second"
    passing = {"PUT": "*", "PATCH": '"1", W/"2"', "DELETE": '"2"'}[method]
    answer = api(method, "images/full", headers={"If-Match": passing}, **rest)
    assert answer.status_code in (200, 204)


def test_paging_to_the_end(api: Api) -> None:
    """Following `next` shows every image once."""
    for number in range(7):
        api("POST", json={"name": f"n-{number}"})
    page = api("GET", "images?limit=3&sort=name").json()
    seen = [image["name"] for image in page["items"]]
    while page["_pagination"]["next"]:
        following = page["_pagination"]["next"]
        assert following["limit"] == 3
        query = following["url"].partition("?")[2]
        page = api("GET", f"images?{query}").json()
        seen += [image["name"] for image in page["items"]]
    assert seen == [f"n-{number}" for number in range(7)]
    assert page["_pagination"]["total"] == 7
    assert api("GET", "images?limit=100000").json()["_pagination"]["limit"] == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=ÄPFEL", ["fruit"]),
        ("search=STRASSE", ["street"]),
        ("search=%25", ["percent"]),
        ("search=_", ["percent"]),
        ("search=gpu", ["cuda"]),
        ("type=gpu", ["cuda"]),
        ("search=registry+STRASSE", ["street"]),
        ("search=registry+cuda+nothing", []),
        ("search=r-lang", ["cuda"]),
        ("tag=PYTHON", ["cuda", "street"]),
        ("tag=pyth", []),
        ("pull_secret=lab-registry", ["street"]),
        ("pull_secret=lab", []),
        ("registry=Registry.Example.org", ["street"]),
        ("registry=docker.io", ["percent"]),
        ("registry=quay.io", ["cuda", "percent"]),
        ("registry=example.org", []),
        ("sort=order", ["fruit", "percent", "street", "cuda"]),
        ("sort=-order", ["cuda", "street", "percent", "fruit"]),
        ("group=students", ["street"]),
        ("group=student", []),
        ("global=true", ["cuda", "fruit", "percent"]),
        ("global=false", ["street"]),
        ("enabled=false", ["fruit"]),
        ("sort=-name", ["street", "percent", "fruit", "cuda"]),
        ("sort=display_name", ["percent", "fruit", "cuda", "street"]),
        ("sort=type&type=cpu", ["fruit"]),
        ("search=&type=cpu", ["fruit"]),
        ("offset=10", []),
    ],
)
def test_filters(api: Api, query: str, names: list[str]) -> None:
    """Each parameter narrows or orders as documented."""
    fields: list[dict[str, Any]] = [
        {"name": "fruit", "display_name": "äpfel", "type": "cpu", "enabled": False, "global": True,
         "order": -1},
        {"name": "street", "display_name": "Straße", "groups": ["students"], "tags": ["Python"],
         "pull_secret": "lab-registry", "url": "registry.example.org/a:1"},
        {"name": "percent", "display_name": "100% of_it", "global": True,
         "url": "lab/percent", "gpu_url": "quay.io:443/lab/percent"},
        {"name": "cuda", "display_name": "ÖL", "type": "gpu", "global": True,
         "tags": ["python", "R-Lang"], "url": "quay.io/lab/cuda:1"},
    ]  # fmt: skip
    for image in fields:
        assert api("POST", json=image).status_code == 201
    answered = [image["name"] for image in api("GET", f"images?{query}").json()["items"]]
    if "sort" in query:
        assert sorted(answered) == sorted(names)
        if query in ("sort=-name", "sort=order", "sort=-order"):
            assert answered == names
    else:
        assert sorted(answered) == names


@pytest.mark.parametrize(
    "query",
    [
        "type=tpu", "global=maybe", "enabled=2", "sort=url", "sort=--name", "limit=0", "limit=-1",
        "limit=x", "limit=1.5", "offset=-1", "offset=x", "search=%00", "search=%ff", "limit=",
        "limit=99999999999999999999", "search=" + "a" * 201,
        "tag=", "tag=%00", "tag=a%0Ab", "tag=" + "a" * 33, "tag=%ff", "pull_secret=",
        "pull_secret=Not_Valid", "pull_secret=%00",
        "registry=", "registry=quay.io/lab", "registry=https://quay.io", "registry=%00",
        "registry=" + "a" * 256,
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be(api: Api, query: str) -> None:
    """A wrong value is 422 and names the parameter."""
    answer = api("GET", f"images?{query}")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]
