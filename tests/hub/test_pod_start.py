"""When a start on Kubernetes ends early: the watch's clock, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from hub_images.hub.pod_start import PullFailure, PullWatch, pull_failure

ERR = PullFailure("ErrImagePull", "not found")
BACK_OFF = PullFailure("ImagePullBackOff", "Back-off pulling image")


def _container(name: str, image: str, **waiting: str) -> dict[str, Any]:
    return {"name": name, "image": image, "state": {"waiting": waiting}}


def _pod(**waiting: str) -> dict[str, Any]:
    return {"status": {"containerStatuses": [_container("notebook", "a/b:1", **waiting)]}}


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_reads_the_reason(reason: str) -> None:
    """The three reasons of the kubelet are found, with its message."""
    assert pull_failure(_pod(reason=reason, message="why")) == PullFailure(
        reason, "why", "notebook", "a/b:1"
    )


@pytest.mark.parametrize(
    "pod",
    [
        None,
        {},
        {"status": {}},
        {"status": {"containerStatuses": None}},
        {"status": {"containerStatuses": [{"state": {"running": {}}}]}},
        _pod(reason="ContainerCreating"),
        _pod(reason="CrashLoopBackOff"),
    ],
)
def test_sees_no_failure_elsewhere(pod: dict[str, Any] | None) -> None:
    """Anything else is no pull failure."""
    assert pull_failure(pod) is None


@pytest.mark.parametrize("kind", ["initContainerStatuses", "containerStatuses"])
def test_other_containers_are_told_as_what_they_are(kind: str) -> None:
    """A sidecar whose image is not pulled holds the pod back, and is not the user's image."""
    waiting = _container("git-sync", "tools/git:1", reason="ErrImagePull")
    failure = pull_failure({"status": {kind: [waiting]}})
    assert failure == PullFailure("ErrImagePull", "", "git-sync", "tools/git:1")
    assert not failure.of_user_image


def test_ends_only_after_the_timeout() -> None:
    """A failure has to last for the timeout, counted from its first report."""
    watch = PullWatch(20)
    assert watch.look(ERR, 100) is None
    assert watch.look(BACK_OFF, 119.9) is None
    assert watch.look(BACK_OFF, 120) == ERR


def test_recovery_starts_the_clock_anew() -> None:
    """A pull that recovers in time does not fail the start, nor count later."""
    watch = PullWatch(20)
    watch.look(ERR, 100)
    assert watch.look(None, 110) is None
    assert watch.look(ERR, 121) is None


def test_tells_what_the_registry_answered() -> None:
    """The back-off's own words give way to the error that says why."""
    watch = PullWatch(10)
    watch.look(BACK_OFF, 0)
    assert watch.look(ERR, 5) is None
    assert watch.look(BACK_OFF, 10) == ERR
