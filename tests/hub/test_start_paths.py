"""Every way to start a server passes the same check: form, link, REST, named, admin, saved."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.support.hub import BEFORE_5_5
from tests.support.hub_app import HubApp
from tests.support.hub_config import REG
from tests.support.starts import notebook, spawn_form_action

pytestmark = pytest.mark.hub


def _last_image(hub: HubApp) -> str:
    return str(notebook(hub.starts[-1])["image"])


async def _started_image(hub: HubApp, user: str, server: str = "") -> str:
    """Wait until the server is up: a page is answered while it starts."""
    return str(notebook(await hub.started(user, server))["image"])


async def _post_form(
    hub: HubApp, user: str, path: str = "hub/spawn", **fields: str | list[str]
) -> tuple[int, str]:
    client = await hub.browser(user)
    page = await client.get(path)
    answer = await client.post(spawn_form_action(page.text), data=fields)
    return answer.status_code, answer.text


async def test_form_starts_what_was_chosen(hub: HubApp) -> None:
    """What the form sends is what the spawner gets."""
    await _post_form(hub, "scientist", instance_type="gpu-1", image="torch")
    assert await _started_image(hub, "scientist") == f"{REG}torch:gpu"


async def test_form_refuses_what_is_not_open(hub: HubApp) -> None:
    """A form field changed by hand is refused with the sentence in the page."""
    status, page = await _post_form(hub, "student", instance_type="gpu-1", image="torch")
    assert status == (200 if BEFORE_5_5 else 403)
    assert "is not available to you" in page
    assert hub.starts == []


async def test_a_field_sent_twice_is_refused(hub: HubApp) -> None:
    """Two values for one field are no choice."""
    status, page = await _post_form(hub, "student", image=["scipy", "secret"])
    assert "must be" in page
    assert status == (200 if BEFORE_5_5 else 400)


async def test_link_starts_at_once(hub: HubApp) -> None:
    """`?opt-…` starts what it names."""
    await hub.visit("student", "hub/spawn?opt-instance_type=small&opt-image=scipy")
    assert await _started_image(hub, "student") == f"{REG}scipy:1"


@pytest.mark.parametrize("query", ["opt-image=torch", "image=torch", "opt-image=secret&image=x"])
async def test_link_to_what_is_not_open_is_refused(hub: HubApp, query: str) -> None:
    """A link cannot name what the user may not use; the form is shown with the sentence."""
    answer = await hub.visit("student", f"hub/spawn?{query}")
    assert answer.status_code == (200 if BEFORE_5_5 else 403)
    assert "is not available to you" in answer.text
    assert hub.starts == []


async def test_named_server_is_checked(hub: HubApp) -> None:
    """Named servers go by the same rules."""
    assert (await hub.start("student", {"image": "torch"}, server="two")).status_code == 403
    assert (await hub.start("student", {"image": "scipy"}, server="two")).status_code == 201
    assert _last_image(hub) == f"{REG}scipy:1"


async def test_admin_start_goes_by_the_owners_groups(hub: HubApp) -> None:
    """An admin cannot start for someone else what that one may not use, and can what they may."""
    token = await hub.token("admin")
    assert (await hub.start("student", {"image": "torch"}, token=token)).status_code == 403
    assert (await hub.start("scientist", {"image": "torch"}, token=token)).status_code == 201
    page = (await hub.visit("admin", "hub/spawn/student")).text
    names = [i["value"] for i in BeautifulSoup(page, "html.parser").select("[name=image]")]
    assert names == ["course", "minimal", "scipy"]


@pytest.mark.parametrize("server", ["", "two"])
async def test_an_admins_form_and_link_go_by_the_owners_groups(hub: HubApp, server: str) -> None:
    """Of the default server and of a named one, on the pages that the hub has for it."""
    path = f"hub/spawn/student/{server}".rstrip("/")
    _status, page = await _post_form(hub, "admin", path, instance_type="small", image="torch")
    assert "is not available to" in page
    page = (await hub.visit("admin", f"{path}?opt-image=torch")).text
    assert "is not available to" in page
    assert hub.starts == []
    await _post_form(hub, "admin", path, instance_type="small", image="course")
    assert await _started_image(hub, "student", server) == f"{REG}course:1"
    await hub.stop("student", server)
    await hub.visit("admin", f"{path}?opt-image=scipy")
    assert await _started_image(hub, "student", server) == f"{REG}scipy:1"
    assert len(hub.starts) == 2


async def test_named_servers_form_is_checked(hub: HubApp) -> None:
    """As the form of the default server."""
    _status, page = await _post_form(hub, "student", "hub/spawn/student/two", image="torch")
    assert "is not available to you" in page
    assert hub.starts == []
    await _post_form(hub, "student", "hub/spawn/student/two", image="course")
    assert await _started_image(hub, "student", "two") == f"{REG}course:1"


async def test_a_saved_instance_type_ends_with_the_group_it_came_from(hub: HubApp) -> None:
    """Though the image is for everyone; the form says so, and starts nothing by itself."""
    options = {"instance_type": "gpu-1", "image": "minimal"}
    assert (await hub.start("scientist", options)).status_code == 201
    await hub.stop("scientist")
    await hub.member("DELETE", "data-science", "scientist")
    answer = await hub.start("scientist")
    assert answer.status_code == 403
    assert "gpu-1" in answer.json()["message"]
    assert "no longer available" in (await hub.visit("scientist", "hub/spawn")).text
    assert len(hub.starts) == 1


async def test_saved_choice_is_used_again_and_checked_again(hub: HubApp) -> None:
    """A start without options takes the saved ones, as long as they are allowed."""
    assert (await hub.start("scientist", {"image": "torch"})).status_code == 201
    await hub.stop("scientist")
    assert (await hub.start("scientist")).status_code == 201
    assert _last_image(hub) == f"{REG}torch:1"
    await hub.stop("scientist")
    await hub.member("DELETE", "data-science", "scientist")
    answer = await hub.start("scientist")
    assert answer.status_code == 403
    assert "is not available to you" in answer.json()["message"]


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"url": ""}, {"global": False}, {"type": "gpu"}]
)
async def test_saved_choice_is_refused_after_a_change(
    hub: HubApp, change: dict[str, object]
) -> None:
    """A saved image that was disabled, emptied, restricted or retyped is refused, not replaced."""
    hub.add_image("changing", type="cpu")
    assert (await hub.start("student", {"image": "changing"})).status_code == 201
    await hub.stop("student")
    hub.change_image("changing", **change)
    assert (await hub.start("student")).status_code in (400, 403)
    assert len(hub.starts) == 1


async def test_what_was_filled_in_is_filled_in_anew(hub: HubApp) -> None:
    """Who never chose an image is not held to the one they were given last time."""
    hub.add_image("a-first")
    assert (await hub.start("nobody")).status_code == 201
    assert _last_image(hub) == f"{REG}a-first:1"
    await hub.stop("nobody")
    hub.delete_image("a-first")
    assert (await hub.start("nobody")).status_code == 201
    assert _last_image(hub) == f"{REG}minimal:1"


async def test_a_new_permission_counts_at_the_next_start(hub: HubApp) -> None:
    """A group joined a moment ago opens its images."""
    assert (await hub.start("nobody", {"image": "course"})).status_code == 403
    await hub.member("POST", "students", "nobody")
    assert (await hub.start("nobody", {"image": "course"})).status_code == 201


async def test_profile_of_earlier_days_does_not_stand_in_the_way(hub: HubApp) -> None:
    """Options saved before hub-images came (a KubeSpawner profile) do not fail the start."""
    assert (await hub.start("student", {"user_options": {"profile": "old"}})).status_code == 201


async def test_pod_gets_everything(hub: HubApp) -> None:
    """The manifest holds reference, secrets, limits, GPU, selector, tolerations and labels."""
    options = {"instance_type": "gpu-1", "image": "torch"}
    assert (await hub.start("scientist", options)).status_code == 201
    record = hub.starts[-1]
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


async def test_one_start_leaves_nothing_for_the_next(hub: HubApp) -> None:
    """After a GPU start with a pull secret, a small one has neither."""
    options = {"instance_type": "gpu-1", "image": "torch"}
    assert (await hub.start("scientist", options)).status_code == 201
    await hub.stop("scientist")
    options = {"instance_type": "small", "image": "scipy"}
    assert (await hub.start("scientist", options)).status_code == 201
    record = hub.starts[-1]
    assert record["manifest"]["spec"]["imagePullSecrets"] == [{"name": "configured-secret"}]
    assert "nvidia.com/gpu" not in notebook(record)["resources"]["limits"]
    assert record["manifest"]["spec"]["nodeSelector"] == {"zone": "a"}
    assert len(record["manifest"]["spec"]["tolerations"]) == 1
