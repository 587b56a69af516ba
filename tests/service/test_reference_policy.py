"""What may be saved on a hub that allows only some references, by pages and by REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogue import add_image, open_engine
from tests.support.hub import Hub
from tests.support.visitor import Visitor, cell, empty_catalogue, form_fields, text

POLICY = """
c.HubImages.allowed_registries = ["registry.example.org/lab", "docker.io/jupyter"]
c.HubImages.require_digest = True
"""
DIGEST = "@sha256:" + "0" * 64
GOOD = f"registry.example.org/lab/there:1{DIGEST}"
FOREIGN = f"quay.io/jupyter/base{DIGEST}"
REFUSED = (
    "Use a reference under registry.example.org/lab or docker.io/jupyter; "
    "this is quay.io/jupyter/base."
)
LOOSE = "Pin the reference: end it with a digest, @sha256:…."


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub that allows two places, and only pinned references."""
    with Hub(tmp_path_factory.mktemp("strict"), extra=POLICY) as running:
        yield running


@pytest.fixture
def strict(hub: Hub) -> Hub:
    """Empty the catalogue, and add images that were saved under other rules."""
    empty_catalogue(hub)
    engine = open_engine(hub.db_url)
    add_image(engine, "old", url=FOREIGN, gpu_url="nvidia/cuda:1")
    add_image(engine, "off", url=FOREIGN, enabled=False)
    add_image(engine, "good", url=GOOD, enabled=False)
    engine.dispose()
    return hub


@pytest.mark.parametrize("enabled", [True, False])
def test_rest_adds_only_what_is_allowed(strict: Hub, enabled: bool) -> None:
    """Each field has its own sentences; a blank URL is fine."""
    image = {"name": "new", "url": FOREIGN, "gpu_url": "jupyter/base:1", "enabled": enabled}
    answer = strict.images("POST", json=image)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"url": [REFUSED], "gpu_url": [LOOSE]}
    assert strict.images("GET", "images/new").status_code == 404
    assert strict.images("POST", json={**image, "url": "", "gpu_url": None}).status_code == 201
    allowed = {"url": f"Docker.io/jupyter/base{DIGEST}", "gpu_url": GOOD}
    assert strict.images("PATCH", "images/new", json=allowed).status_code == 200


def test_rest_changes_only_to_what_is_allowed(strict: Hub) -> None:
    """What is new, and what is enabled afterwards, has to be allowed."""

    def patch(name: str, **fields: object) -> dict[str, list[str]] | None:
        answer = strict.images("PATCH", f"images/{name}", json=fields)
        assert answer.status_code in (200, 422), answer.text
        return None if answer.status_code == 200 else dict(answer.json()["errors"])

    assert patch("good", url=FOREIGN) == {"url": [REFUSED]}
    both = patch("old", description="x")
    assert both is not None
    assert list(both) == ["url", "gpu_url"]
    assert patch("old", enabled=False, description="x") is None
    assert patch("old", description="edited while disabled") is None
    assert patch("old", gpu_url="nvidia/cuda:2") == {"gpu_url": both["gpu_url"]}
    assert patch("old", enabled=True) == both
    assert patch("off", enabled=True, url=GOOD) is None
    image = {"url": FOREIGN, "enabled": False}
    assert strict.images("PUT", "images/good", json=image).status_code == 422
    assert strict.images("DELETE", "images/old").status_code == 204


def test_pages_say_what_is_allowed(strict: Hub) -> None:
    """At the field, with everything that was typed; the form says so before anything is sent."""
    with Visitor.sign_in(strict, "admin") as visitor:
        page = visitor.post("new", 422, name="new", type="universal", url="quay.io/jupyter/base:1")
        assert text(page, "#error-url") == f"{REFUSED} {LOOSE}"
        assert "Nothing was saved" in text(page, "#problem h2")
        page = visitor.get("edit/old")
        assert text(page, "#error-url") == REFUSED
        assert "docker.io/nvidia/cuda" in text(page, "#error-gpu_url")
        assert text(page, "#problem h2") == "Nobody can start this image: 2 fields need correcting"
        fields = form_fields(page)
        fields["description"] = "x"
        assert text(visitor.post("edit/old", 422, **fields), "#error-url") == REFUSED
        del fields["enabled"]
        assert text(visitor.post("edit/old", 303, **fields), "#flash") == "Saved old."
        assert not visitor.get("edit/good").select("#problem")


def test_the_list_says_what_is_not_allowed(strict: Hub) -> None:
    """With the reason, also where the image is disabled."""
    with Visitor.sign_in(strict, "reader") as visitor:
        page = visitor.get()
        assert REFUSED in cell(page, "off", "Status")
        assert "docker.io/nvidia/cuda" in cell(page, "old", "Status")
        assert REFUSED not in cell(page, "good", "Status")


def test_bulk_enables_all_or_none(strict: Hub) -> None:
    """It names the image that is not allowed, and still disables it."""
    with Visitor.sign_in(strict, "admin") as visitor:
        page = visitor.post("bulk", 303, action="enable", names=["good", "off"])
        assert text(page, ".alert-danger #flash") == (
            "Nothing was enabled, because this hub does not allow the references of off."
        )
        assert cell(page, "good", "Status").startswith("– Disabled")
        page = visitor.post("bulk", 303, action="enable", names=["good"])
        assert text(page, "#flash") == "Enabled good."
        page = visitor.post("bulk", 303, action="disable", names=["old", "good"])
        assert text(page, "#flash") == "Disabled 2 images: good and old."


def test_a_replacement_has_to_be_allowed(strict: Hub) -> None:
    """The preview says which image may not move there, and there is nothing to confirm.

    An image that stays as it is, is not in the way.
    """
    sent: dict[str, Any] = {"action": "replace", "names": ["good", "old"], "values": "given"}
    with Visitor.sign_in(strict, "admin") as visitor:
        to_foreign = {"find": "registry.example.org/lab", "put": "quay.io/jupyter"}
        page = visitor.post("bulk", **sent | to_foreign)
        assert text(page, "#summary").endswith("1 stays as it is, 1 cannot be changed in this way.")
        assert "quay.io/jupyter/there" in text(page, ".hub-images-refused li")
        assert not page.select("#confirm")
        page = visitor.post("bulk", 422, **sent | to_foreign, confirmed="yes")
        assert "quay.io/jupyter/there" in text(page, ".hub-images-refused li")
        assert strict.images("GET", "images/good").json()["url"] == GOOD


def test_many_refused_names_fit_the_message(strict: Hub) -> None:
    """A cookie carries the message, and a browser keeps none of more than 4,096 bytes."""
    engine = open_engine(strict.db_url)
    names = [f"{number:02}-{'x' * 60}" for number in range(60)]
    for name in names:
        add_image(engine, name, url=FOREIGN, enabled=False)
    engine.dispose()
    with Visitor.sign_in(strict, "admin") as visitor:
        answer = visitor.client.post(
            "services/images/bulk",
            data={"_xsrf": visitor.xsrf, "action": "enable", "names": names},
            follow_redirects=False,
        )
        assert len(answer.headers["Set-Cookie"].partition(";")[0]) < 4096
        assert text(visitor.get(), "#flash").endswith("and 40 more.")


def test_a_hub_without_rules_takes_everything(tmp_path: Path) -> None:
    """The defaults allow every valid reference."""
    with Hub(tmp_path) as open_hub:
        open_hub.add_image("a", url="ubuntu", gpu_url="quay.io/x/y:1")
        assert open_hub.images("GET", "images/a").json()["url"] == "ubuntu"
