"""The pure rules: which reference, which default, in which order."""

from __future__ import annotations

import pytest

from hub_images.catalogue.choice import choose, offer
from hub_images.catalogue.instance_type import parse_instance_types
from hub_images.catalogue.rules import fits, may_use, reference
from hub_images.catalogue.snapshot import Entry, Snapshot
from hub_images.catalogue.user_options import FILLED_IN_KEY, chosen
from tests.support.catalogue import entry

CPU, GPU = parse_instance_types([{"name": "c"}, {"name": "g", "gpu_limit": 1}])


def _entry(
    name: str, type_: str = "universal", gpu_url: str | None = None, **rest: object
) -> Entry:
    return entry(name, type=type_, url=f"x/{name}", gpu_url=gpu_url, **rest)


@pytest.mark.parametrize(
    ("type_", "on_cpu", "on_gpu"),
    [("universal", True, True), ("cpu", True, False), ("gpu", False, True)],
)
def test_fits(type_: str, on_cpu: bool, on_gpu: bool) -> None:
    """Universal fits both; else the types are equal."""
    assert (fits(_entry("a", type_), CPU), fits(_entry("a", type_), GPU)) == (on_cpu, on_gpu)


@pytest.mark.parametrize(
    ("gpu_url", "on_cpu", "on_gpu"), [(None, "x/a", "x/a"), ("x/a:gpu", "x/a", "x/a:gpu")]
)
def test_reference(gpu_url: str | None, on_cpu: str, on_gpu: str) -> None:
    """The URL for GPU counts on GPU instance types, where there is one."""
    entry = _entry("a", gpu_url=gpu_url)
    assert (reference(entry, CPU), reference(entry, GPU)) == (on_cpu, on_gpu)


@pytest.mark.parametrize(
    ("is_global", "listed", "groups", "may"),
    [
        (True, [], [], True),
        (True, ["x"], [], True),
        (False, ["x"], ["x"], True),
        (False, ["x", "y"], ["y", "z"], True),
        (False, ["x"], ["X"], False),
        (False, [], ["x"], False),
        (False, ["x"], [], False),
    ],
)
def test_may_use(is_global: bool, listed: list[str], groups: list[str], may: bool) -> None:
    """Global, or a group of the user's is listed."""
    entry = _entry("a", is_global=is_global, groups=listed)
    assert may_use(entry, groups) is may
    assert (entry in Snapshot((entry,)).visible(groups)) is may


def test_offer_leaves_out_what_fits_nothing() -> None:
    """A GPU image is not shown to who has no GPU instance type."""
    snapshot = Snapshot((_entry("a", "gpu"), _entry("b", "cpu")))
    assert [e.name for e in offer([CPU], snapshot, []).images] == ["b"]
    assert [e.name for e in offer([CPU, GPU], snapshot, []).images] == ["a", "b"]
    assert offer([], snapshot, []).images == ()


def test_default_skips_an_instance_type_that_nothing_fits() -> None:
    """The first instance type for which there is an image."""
    choice = choose({}, [CPU, GPU], Snapshot((_entry("a", "gpu"),)), [])
    assert (choice.instance_type.name, choice.image.name) == ("g", "a")
    assert choice.filled_in == ("instance_type", "image")


def test_filled_in_is_not_chosen() -> None:
    """What was filled in last time does not bind; nonsense in its place neither."""
    saved = {"image": "a", "instance_type": "c", FILLED_IN_KEY: ["image"]}
    assert chosen(saved) == {"instance_type": "c"}
    assert chosen({"image": "a", FILLED_IN_KEY: 5}) == {"image": "a"}
    assert chosen({"image": "a", FILLED_IN_KEY: [[], None]}) == {"image": "a"}
