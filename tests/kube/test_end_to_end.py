"""One walk from the admin page to JupyterLab in a pod, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import sign_in
from tests.support.kubernetes.cluster import Cluster
from tests.support.kubernetes.hubs import KubeHub, kube_hub
from tests.support.kubernetes.pod_runner import wait_for
from tests.support.starts import stop

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def kube(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    """Run a hub in the cluster, its catalogue empty."""
    folder = tmp_path_factory.mktemp("walk")
    with kube_hub(cluster, folder, images={}) as running:
        yield running


def _add(page: Page, kube: KubeHub) -> None:
    page.goto(f"{kube.hub.images_url}new")
    page.get_by_label("Name", exact=True).fill("torch")
    page.get_by_label("Display name").fill("PyTorch")
    page.get_by_role("radio", name="universal").check()
    page.get_by_label("Container image URL", exact=True).fill("registry.example.org/torch:1")
    page.get_by_label("Specific container image URL for GPU").check()
    page.get_by_label("URL for GPU", exact=True).fill("registry.example.org/torch:cuda")
    page.get_by_label("Use Image Pull Secret").check()
    choice = page.get_by_role("combobox")
    # as the cluster has them
    expect(choice.get_by_role("option", name="lab-registry")).to_have_count(1)
    choice.select_option("lab-registry")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("row", name="torch")).to_contain_text("Yes")


def test_from_the_admin_page_to_jupyterlab(browser: Browser, kube: KubeHub) -> None:
    """Add an image with pull secret and GPU URL; start it on a GPU; work in it."""
    admin = sign_in(browser, kube.hub, "admin")
    _add(admin, kube)

    scientist = sign_in(browser, kube.hub, "scientist")
    scientist.goto(f"{kube.hub.url}hub/spawn")
    scientist.get_by_label("One GPU").check()
    expect(scientist.locator("#hi-choice")).to_have_text("One GPU · PyTorch cuda")
    scientist.get_by_role("button", name="Start").click()
    scientist.wait_for_url("**/user/scientist/lab**", timeout=90_000)
    expect(scientist.locator("#jp-main-dock-panel")).to_be_visible(timeout=60_000)

    (pod,) = kube.pods("hub-images/image=torch")
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "registry.example.org/torch:cuda"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    secrets = [secret["name"] for secret in pod["spec"]["imagePullSecrets"]]
    assert secrets == ["configured-secret", "lab-registry"]
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["podIP"].startswith("127.")

    admin.goto(kube.hub.images_url)
    in_use = admin.get_by_role("row", name="torch").get_by_role("cell").filter(has_text="1 server")
    expect(in_use).to_be_visible()
    scientist.context.close()
    admin.context.close()
    stop(kube.hub, "scientist")
    wait_for("the end of the pod", lambda: not kube.pods("hub-images/image=torch"))
