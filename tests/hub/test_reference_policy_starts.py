"""An image whose reference the hub does not allow is as good as not there, on every way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.support import starts
from tests.support.hub import BEFORE_5_5
from tests.support.hub_app import HubApp, StartHubApp
from tests.support.hub_config import REG
from tests.support.starts import notebook, recording_hub, spawn_form_action

pytestmark = pytest.mark.hub

DIGEST = "@sha256:" + "0" * 64
POLICY = 'c.HubImages.allowed_registries = ["registry.example.org"]\n'
IMAGES: dict[str, dict[str, Any]] = {
    "aaa": {"url": "quay.io/jupyter/base:1"},  # the first to be filled in, if it were allowed
    "half": {"url": f"{REG}half:1", "gpu_url": "nvidia/cuda:1"},
    "near": {"url": "registry.example.org.evil.example/near:1"},
    "there": {},
}
REFUSED = ["aaa", "half", "near"]


@pytest.fixture
async def strict_hub(start_hub_app: StartHubApp) -> HubApp:
    """Run a hub that allows one registry, with images of several."""
    return await start_hub_app(extra=POLICY, images=IMAGES)


def _offered(page: str) -> list[str]:
    found = BeautifulSoup(page, "html.parser").select("[name=image]")
    return [str(radio["value"]) for radio in found]


def _refused(answer: httpx.Response) -> bool:
    status = 200 if BEFORE_5_5 else 403
    return answer.status_code == status and "is not available to you" in answer.text


@pytest.mark.parametrize("image", REFUSED)
@pytest.mark.parametrize("server", ["", "two"])
async def test_rest_refuses_it(strict_hub: HubApp, image: str, server: str) -> None:
    """The answer is that for an image that does not exist."""
    answer = await strict_hub.start("student", {"image": image}, server=server)
    assert answer.status_code == 403
    assert f"The image {image} is not available to you." in answer.json()["message"]
    assert strict_hub.starts == []


async def test_form_and_link_refuse_it(strict_hub: HubApp) -> None:
    """The form does not offer it, and starts it neither when sent by hand nor by a link."""
    client = await strict_hub.browser("student")
    for path in ("hub/spawn", "hub/spawn/student/two"):
        page = await client.get(path)
        assert _offered(page.text) == ["there"]
        for image in REFUSED:
            answer = await client.post(spawn_form_action(page.text), data={"image": image})
            assert _refused(answer)
            assert _refused(await client.get(f"{path}?opt-image={image}"))
    assert strict_hub.starts == []


async def test_it_is_not_filled_in(strict_hub: HubApp) -> None:
    """A start without a choice gets the first image that is allowed."""
    assert (await strict_hub.start("student", {})).status_code == 201
    assert notebook(strict_hub.starts[-1])["image"] == f"{REG}there:1"


async def test_a_saved_choice_of_it_is_gone(strict_hub: HubApp) -> None:
    """The next start is refused, and the form says what is selected instead."""
    strict_hub.add_image("zzz")
    assert (await strict_hub.start("student", {"image": "zzz"})).status_code == 201
    await strict_hub.stop("student")
    strict_hub.change_image("zzz", url="quay.io/jupyter/base:1")
    answer = await strict_hub.start("student")
    assert answer.status_code == 403
    assert "The image zzz is not available to you." in answer.json()["message"]
    page = (await strict_hub.visit("student", "hub/spawn")).text
    assert "Your last image, zzz, is no longer available to you." in page


async def test_only_pinned_references_start(start_hub_app: StartHubApp) -> None:
    """With `require_digest`, on both kinds of instance types."""
    images = {
        "half": {"url": f"{REG}half:1{DIGEST}", "gpu_url": f"{REG}half:gpu"},
        "loose": {"url": f"{REG}loose:1"},
        "pinned": {"url": f"{REG}pinned:1{DIGEST}"},
    }
    hub = await start_hub_app(extra="c.HubImages.require_digest = True\n", images=images)
    for image in ("half", "loose"):
        assert (await hub.start("scientist", {"image": image})).status_code == 403
    for instance_type in ("small", "gpu-1"):
        chosen = {"image": "pinned", "instance_type": instance_type}
        assert (await hub.start("scientist", chosen)).status_code == 201
        assert notebook(hub.starts[-1])["image"] == f"{REG}pinned:1{DIGEST}"
        await hub.stop("scientist")


def test_a_stricter_hub_starts_nothing_else(tmp_path: Path) -> None:
    """What was saved and chosen before the restart counts no more after it."""
    with recording_hub(tmp_path) as hub:
        assert starts.start(hub, "student", {"image": "scipy"}).status_code == 201
        starts.stop(hub, "student")
        hub.stop()
        config = hub.config_file.read_text()
        setting = 'c.HubImages.allowed_registries = ["quay.io"]\nhub_images.configure(c)'
        hub.config_file.write_text(config.replace("hub_images.configure(c)", setting))
        hub.start()
        for options in (None, {"image": "scipy"}):
            answer = starts.start(hub, "student", options)
            assert answer.status_code == 403
            assert "The image scipy is not available to you." in answer.json()["message"]
        answer = hub.images("PATCH", "images/scipy", json={"description": "x"})
        assert answer.status_code == 422
        sentence = "Use a reference under quay.io; this is registry.example.org/scipy."
        assert answer.json()["errors"] == {"url": [sentence]}
