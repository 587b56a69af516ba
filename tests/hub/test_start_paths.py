"""Every way to start a server passes the same check: form, link, REST, named, admin, saved."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from tests.support.hub import BEFORE_5_5, Hub
from tests.support.starts import forget, notebook, recording_hub, records, start, stop

pytestmark = pytest.mark.hub

REG = "registry.example.org/"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with a recording spawner."""
    with recording_hub(tmp_path_factory.mktemp("paths")) as running:
        yield running


@pytest.fixture
def hub(shared: Hub) -> Hub:
    """Give the hub with nothing saved and nothing running."""
    for user, group in (("student", "students"), ("scientist", "data-science"), ("nobody", None)):
        for name in ("students", "data-science"):
            _group(shared, "POST" if name == group else "DELETE", name, user)
        forget(shared, user)
    return shared


def _last_image(hub: Hub) -> str:
    return str(notebook(records(hub)[-1])["image"])


def _group(hub: Hub, method: str, group: str, user: str) -> None:
    body = json.dumps({"users": [user]})
    assert hub.api(method, f"groups/{group}/users", content=body).status_code == 200


def _post_form(hub: Hub, user: str, path: str, **fields: str) -> tuple[int, str]:
    client = hub.browser(user)
    page = client.get(path)
    action = BeautifulSoup(page.text, "html.parser").find("form", id="spawn_form")["action"]
    answer = client.post(f"http://127.0.0.1:{hub.port}{action}", data=fields)
    return answer.status_code, answer.text


def test_form_starts_what_was_chosen(hub: Hub) -> None:
    """What the form sends is what the spawner gets."""
    _post_form(hub, "scientist", "hub/spawn", instance_type="gpu-1", image="torch")
    assert _last_image(hub) == f"{REG}torch:gpu"


def test_form_refuses_what_is_not_open(hub: Hub) -> None:
    """A form field changed by hand is refused with the sentence in the page."""
    before = len(records(hub))
    status, page = _post_form(hub, "student", "hub/spawn", instance_type="gpu-1", image="torch")
    assert status == (200 if BEFORE_5_5 else 403)
    assert "is not available to you" in page
    assert len(records(hub)) == before


def test_a_field_sent_twice_is_refused(hub: Hub) -> None:
    """Two values for one field are no choice."""
    client = hub.browser("student")
    page = client.get("hub/spawn")
    action = BeautifulSoup(page.text, "html.parser").find("form", id="spawn_form")["action"]
    answer = client.post(
        f"http://127.0.0.1:{hub.port}{action}", data={"image": ["scipy", "secret"]}
    )
    assert "must be" in answer.text
    assert answer.status_code == (200 if BEFORE_5_5 else 400)


def test_link_starts_at_once(hub: Hub) -> None:
    """`?opt-…` starts what it names."""
    hub.browser("student").get("hub/spawn?opt-instance_type=small&opt-image=scipy")
    assert _last_image(hub) == f"{REG}scipy:1"


@pytest.mark.parametrize("query", ["opt-image=torch", "image=torch", "opt-image=secret&image=x"])
def test_link_to_what_is_not_open_is_refused(hub: Hub, query: str) -> None:
    """A link cannot name what the user may not use; the form is shown with the sentence."""
    before = len(records(hub))
    answer = hub.browser("student").get(f"hub/spawn?{query}")
    assert answer.status_code == (200 if BEFORE_5_5 else 403)
    assert "is not available to you" in answer.text
    assert len(records(hub)) == before


def test_named_server_is_checked(hub: Hub) -> None:
    """Named servers go by the same rules."""
    assert start(hub, "student", {"image": "torch"}, server="two").status_code == 403
    assert start(hub, "student", {"image": "scipy"}, server="two").status_code == 201
    assert _last_image(hub) == f"{REG}scipy:1"
    stop(hub, "student", "two")


def test_admin_start_goes_by_the_owners_groups(hub: Hub) -> None:
    """An admin cannot start for someone else what that one may not use, and can what he may."""
    token = hub.token("admin")
    assert start(hub, "student", {"image": "torch"}, token=token).status_code == 403
    assert start(hub, "scientist", {"image": "torch"}, token=token).status_code == 201
    page = hub.browser("admin").get("hub/spawn/student").text
    names = [i["value"] for i in BeautifulSoup(page, "html.parser").select("[name=image]")]
    assert names == ["course", "minimal", "scipy"]


@pytest.mark.parametrize("server", ["", "two"])
def test_an_admins_form_and_link_go_by_the_owners_groups(hub: Hub, server: str) -> None:
    """Of the default server and of a named one, on the pages that the hub has for it."""
    path = f"hub/spawn/student/{server}".rstrip("/")
    before = len(records(hub))
    _status, page = _post_form(hub, "admin", path, instance_type="small", image="torch")
    assert "is not available to" in page
    page = hub.browser("admin").get(f"{path}?opt-image=torch").text
    assert "is not available to" in page
    assert len(records(hub)) == before
    _post_form(hub, "admin", path, instance_type="small", image="course")
    assert _last_image(hub) == f"{REG}course:1"
    stop(hub, "student", server)
    hub.browser("admin").get(f"{path}?opt-image=scipy")
    assert _last_image(hub) == f"{REG}scipy:1"
    assert len(records(hub)) == before + 2
    stop(hub, "student", server)


def test_named_servers_form_is_checked(hub: Hub) -> None:
    """As the form of the default server."""
    before = len(records(hub))
    _status, page = _post_form(hub, "student", "hub/spawn/student/two", image="torch")
    assert "is not available to you" in page
    assert len(records(hub)) == before
    _post_form(hub, "student", "hub/spawn/student/two", image="course")
    assert _last_image(hub) == f"{REG}course:1"
    stop(hub, "student", "two")


def test_a_saved_instance_type_ends_with_the_group_it_came_from(hub: Hub) -> None:
    """Though the image is for everyone; the form says so, and starts nothing by itself."""
    options = {"instance_type": "gpu-1", "image": "minimal"}
    assert start(hub, "scientist", options).status_code == 201
    stop(hub, "scientist")
    _group(hub, "DELETE", "data-science", "scientist")
    before = len(records(hub))
    answer = start(hub, "scientist")
    assert answer.status_code == 403
    assert "gpu-1" in answer.json()["message"]
    assert "no longer available" in hub.browser("scientist").get("hub/spawn").text
    assert len(records(hub)) == before


def test_saved_choice_is_used_again_and_checked_again(hub: Hub) -> None:
    """A start without options takes the saved ones, as long as they are allowed."""
    assert start(hub, "scientist", {"image": "torch"}).status_code == 201
    stop(hub, "scientist")
    assert start(hub, "scientist").status_code == 201
    assert _last_image(hub) == f"{REG}torch:1"
    stop(hub, "scientist")
    _group(hub, "DELETE", "data-science", "scientist")
    answer = start(hub, "scientist")
    assert answer.status_code == 403
    assert "is not available to you" in answer.json()["message"]


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"url": ""}, {"global": False}, {"type": "gpu"}]
)
def test_saved_choice_is_refused_after_a_change(hub: Hub, change: dict[str, object]) -> None:
    """A saved image that was disabled, emptied, restricted or retyped is refused, not replaced."""
    hub.add_image("changing", type="cpu")
    try:
        assert start(hub, "student", {"image": "changing"}).status_code == 201
        stop(hub, "student")
        assert hub.images("PATCH", "images/changing", json=change).status_code == 200
        before = len(records(hub))
        assert start(hub, "student").status_code in (400, 403)
        assert len(records(hub)) == before
    finally:
        hub.images("DELETE", "images/changing")


def test_what_was_filled_in_is_filled_in_anew(hub: Hub) -> None:
    """Who never chose an image is not held to the one he was given last time."""
    hub.add_image("a-first")
    assert start(hub, "nobody").status_code == 201
    assert _last_image(hub) == f"{REG}a-first:1"
    stop(hub, "nobody")
    hub.images("DELETE", "images/a-first")
    assert start(hub, "nobody").status_code == 201
    assert _last_image(hub) == f"{REG}minimal:1"


def test_a_new_permission_counts_at_the_next_start(hub: Hub) -> None:
    """A group joined a moment ago opens its images."""
    assert start(hub, "nobody", {"image": "course"}).status_code == 403
    _group(hub, "POST", "students", "nobody")
    assert start(hub, "nobody", {"image": "course"}).status_code == 201


def test_profile_of_earlier_days_does_not_stand_in_the_way(hub: Hub) -> None:
    """Options saved before hub-images came (a KubeSpawner profile) do not fail the start."""
    assert start(hub, "student", {"user_options": {"profile": "old"}}).status_code == 201


def test_pod_gets_everything(hub: Hub) -> None:
    """The manifest holds reference, secrets, limits, GPU, selector, tolerations and labels."""
    options = {"instance_type": "gpu-1", "image": "torch"}
    assert start(hub, "scientist", options).status_code == 201
    record = records(hub)[-1]
    pod, container = record["manifest"], notebook(record)
    spec = pod["spec"]
    assert container["image"] == f"{REG}torch:gpu"
    assert spec["imagePullSecrets"] == [{"name": "configured-secret"}, {"name": "lab-registry"}]
    gib = 1024**3
    assert container["resources"]["limits"] == {
        "cpu": 8,
        "memory": 32 * gib,
        "nvidia.com/gpu": "1",
        "example.org/fpga": "1",
    }
    assert container["resources"]["requests"] == {"cpu": 8, "memory": 32 * gib}
    assert spec["nodeSelector"] == {"zone": "a", "pool": "gpu"}
    assert [toleration["key"] for toleration in spec["tolerations"]] == [
        "hub.jupyter.org/dedicated",
        "nvidia.com/gpu",
    ]
    labels = pod["metadata"]["labels"]
    assert labels["hub-images/image"] == "torch"
    assert labels["hub-images/instance-type"] == "gpu-1"
    assert labels["lab"] == "physics"
    environment = {item["name"]: item.get("value") for item in container["env"]}
    assert environment["JUPYTER_IMAGE"] == environment["JUPYTER_IMAGE_SPEC"] == f"{REG}torch:gpu"


def test_one_start_leaves_nothing_for_the_next(hub: Hub) -> None:
    """After a GPU start with a pull secret, a small one has neither."""
    options = {"instance_type": "gpu-1", "image": "torch"}
    assert start(hub, "scientist", options).status_code == 201
    stop(hub, "scientist")
    options = {"instance_type": "small", "image": "scipy"}
    assert start(hub, "scientist", options).status_code == 201
    record = records(hub)[-1]
    assert record["manifest"]["spec"]["imagePullSecrets"] == [{"name": "configured-secret"}]
    assert "nvidia.com/gpu" not in notebook(record)["resources"]["limits"]
    assert record["manifest"]["spec"]["nodeSelector"] == {"zone": "a"}
    assert len(record["manifest"]["spec"]["tolerations"]) == 1
