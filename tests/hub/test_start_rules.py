"""The rules of "Who gets what" and "Starting a server", in a hub, start by start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.hub_app import HubApp
from tests.support.hub_config import REG
from tests.support.starts import notebook

pytestmark = pytest.mark.hub
in_the_hubs_loop = pytest.mark.asyncio(loop_scope="module")

MINIMAL, SCIPY, CUDA, COURSE = (f"{REG}{name}:1" for name in ("minimal", "scipy", "cuda", "course"))
TORCH, TORCH_GPU = f"{REG}torch:1", f"{REG}torch:gpu"

Case = tuple[str, Any, int, str]


def _type(value: Any) -> dict[str, Any]:
    return {"user_options": {"instance_type": value}}


def _image(value: Any) -> dict[str, Any]:
    return {"user_options": {"image": value}}


def _both(instance_type: Any, image: Any, **more: Any) -> dict[str, Any]:
    return {"user_options": {"instance_type": instance_type, "image": image, **more}}


# user, what is sent, expected status, expected reference or words of the refusal
ALLOWED: list[Case] = [
    ("student", None, 201, COURSE),
    ("student", {}, 201, COURSE),
    ("student", {"user_options": {}}, 201, COURSE),
    ("student", {"user_options": None}, 201, COURSE),
    ("student", _type("small"), 201, COURSE),
    ("student", _type(""), 201, COURSE),
    ("student", _image(""), 201, COURSE),
    ("student", _both("", ""), 201, COURSE),
    ("student", _both("small", ""), 201, COURSE),
    ("student", _both("", "scipy"), 201, SCIPY),
    ("student", _image("minimal"), 201, MINIMAL),
    ("student", _image("course"), 201, COURSE),
    ("student", {"image": "scipy"}, 201, SCIPY),  # the body itself, as older clients send it
    ("student", _both("small", "minimal"), 201, MINIMAL),
    ("student", _both("small", "scipy", profile="x", image_spec="evil/one"), 201, SCIPY),
    ("student", _both("small", "scipy", kubespawner_override={"image": "evil"}), 201, SCIPY),
    ("student", _both("small", "scipy", unlisted_choice="evil"), 201, SCIPY),
    ("nobody", None, 201, MINIMAL),
    ("nobody", _image("scipy"), 201, SCIPY),
    ("scientist", None, 201, MINIMAL),
    ("scientist", _type("gpu-1"), 201, CUDA),
    ("scientist", _image("cuda"), 201, CUDA),  # the first instance type that it fits
    ("scientist", _image("torch"), 201, TORCH),
    ("scientist", _both("small", "torch"), 201, TORCH),
    ("scientist", _both("large", "torch"), 201, TORCH),
    ("scientist", _both("gpu-1", "torch"), 201, TORCH_GPU),
    ("scientist", _both("gpu-1", "minimal"), 201, MINIMAL),  # universal, without one for GPU
    ("scientist", _both("gpu-1", "cuda"), 201, CUDA),
    ("scientist", _both("large", "scipy"), 201, SCIPY),
    ("admin", None, 201, MINIMAL),
]

_NOT_AVAILABLE = "is not available to you"
_NAMES = [
    "torch", "secret", "off", "unready", "absent", "Minimal", "MINIMAL", "minimal ", " minimal",
    "minimal\n", "minimal\u0000", "../minimal", "minimal/../secret", "%6dinimal", "minimal;secret",
    "minimal,secret", "*", "%", "_inimal", "' OR 1=1 --", '" OR ""="', "{{7*7}}", "${IFS}",
    "<script>alert(1)</script>", "registry.example.org/minimal:1", "registry.example.org/evil:1",
    "docker.io/library/alpine", "None", "null", "true", "0", "ｍinimal", "minimal\u200b", "𝐦inimal",
    "a" * 64, "a" * 5000, "🙂", "__class__", "constructor", "{unescaped_username}", "%s%n",
    "\u202eimal",
]  # fmt: skip
_NOT_TEXT: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, [], ["minimal"], ["small"], {}, {"name": "minimal"}, [[]],
    {"image": "minimal"}, ["minimal", "secret"],
]  # fmt: skip

REFUSED: list[Case] = [
    *(("student", _image(name), 403, _NOT_AVAILABLE) for name in _NAMES),
    *(("student", _both("small", name), 403, _NOT_AVAILABLE) for name in _NAMES[:6]),
    *(
        ("student", _type(name), 403, _NOT_AVAILABLE)
        for name in ("large", "gpu-1", "absent", "Small", "SMALL", "small ", "*", "a" * 300, "{}")
    ),
    *(("student", _both(name, "minimal"), 403, _NOT_AVAILABLE) for name in ("large", "gpu-1", "x")),
    *(("student", _image(value), 400, "must be") for value in _NOT_TEXT),
    *(("student", _type(value), 400, "must be") for value in _NOT_TEXT),
    ("student", _both(None, "minimal"), 400, "must be"),
    ("student", _both("small", None), 400, "must be"),
    ("student", _both(1, 2), 400, "must be"),
    # usable, but not together
    ("student", _image("cuda"), 400, "does not fit"),
    ("student", _both("small", "cuda"), 400, "does not fit"),
    ("scientist", _both("small", "cuda"), 400, "does not fit"),
    ("scientist", _both("large", "cuda"), 400, "does not fit"),
    ("scientist", _both("gpu-1", "scipy"), 400, "does not fit"),
    # what is not available is not told to fit or not
    ("scientist", _both("gpu-1", "course"), 403, _NOT_AVAILABLE),
    ("student", _both("gpu-1", "scipy"), 403, _NOT_AVAILABLE),
    ("scientist", _image("course"), 403, _NOT_AVAILABLE),
    ("scientist", _image("secret"), 403, _NOT_AVAILABLE),
    ("nobody", _image("course"), 403, _NOT_AVAILABLE),
    ("nobody", _image("torch"), 403, _NOT_AVAILABLE),
    ("nobody", _type("large"), 403, _NOT_AVAILABLE),
    ("admin", _image("torch"), 403, _NOT_AVAILABLE),
    ("admin", _type("gpu-1"), 403, _NOT_AVAILABLE),
]


@pytest.fixture
def hub(shared_hub_app: HubApp) -> HubApp:
    """Share one hub among all starts."""
    return shared_hub_app


def test_table_is_large_enough() -> None:
    """There are at least 100 crafted starts."""
    assert len(ALLOWED) + len(REFUSED) >= 100


@in_the_hubs_loop
@pytest.mark.parametrize(("user", "options", "status", "reference"), ALLOWED)
async def test_allowed_start(
    hub: HubApp, user: str, options: Any, status: int, reference: str
) -> None:
    """What the owner may use is started: exactly the reference that the rules name."""
    await hub.forget(user)
    before = len(hub.starts)
    answer = await hub.start(user, options)
    assert answer.status_code == status, answer.text
    assert [notebook(record)["image"] for record in hub.starts[before:]] == [reference]


@in_the_hubs_loop
@pytest.mark.parametrize(("user", "options", "status", "words"), REFUSED)
async def test_refused_start(hub: HubApp, user: str, options: Any, status: int, words: str) -> None:
    """What the owner may not use is refused with a sentence, and nothing is started."""
    if (await hub.api("GET", f"users/{user}")).json()["servers"]:
        await hub.forget(user)
    before = len(hub.starts)
    answer = await hub.start(user, options)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["message"]
    assert hub.starts[before:] == []


@in_the_hubs_loop
async def test_unknown_and_forbidden_get_the_same_answer(hub: HubApp) -> None:
    """Nobody learns from the answer which images exist."""
    await hub.forget("nobody")
    answers = set()
    for name in ("secret", "absent", "off", "unready"):
        answer = await hub.start("nobody", _image(name))
        answers.add(answer.json()["message"].replace(name, "X"))
    assert len(answers) == 1, answers
