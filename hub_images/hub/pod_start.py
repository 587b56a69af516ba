"""Ends a start on Kubernetes early, with the cluster's own reason, if it cannot succeed.

Two cases: the image cannot be pulled (the kubelet says so in the pod's status), and the
API server refuses the pod (a quota, an admission rule). This reads what KubeSpawner's
shared reflectors already hold, so it sends no request to the API server.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyterhub.utils import maybe_future

from hub_images.hub.refusal import refuse

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

#: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go
PULL_FAILURES = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName")

#: KubeSpawner's name for the container that runs the user's server (`kubespawner.objects`).
USER_CONTAINER = "notebook"

LOOK_SECONDS = 0.5
_MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class PullFailure:
    """Why the kubelet could not pull a container's image."""

    reason: str
    message: str
    container: str = USER_CONTAINER
    image: str = ""

    @property
    def of_user_image(self) -> bool:
        """Whether the image is the chosen one, not that of another container in the pod."""
        return self.container == USER_CONTAINER


def pull_failure(pod: Mapping[str, Any] | None) -> PullFailure | None:
    """Return the pull failure that the status of `pod` reports now, or None."""
    status = (pod or {}).get("status") or {}
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind) or []:
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in PULL_FAILURES:
                return PullFailure(
                    waiting["reason"],
                    str(waiting.get("message") or ""),
                    str(container.get("name") or ""),
                    str(container.get("image") or ""),
                )
    return None


class PullWatch:
    """Remembers since when a start has reported a pull failure."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._since: float | None = None
        self._told: PullFailure | None = None

    def look(self, failure: PullFailure | None, now: float) -> PullFailure | None:
        """Return the failure to end the start with, once it has lasted for the timeout.

        `now` is in seconds of a monotonic clock. A pod that no longer reports a failure has
        recovered, and its time starts anew. "Back-off pulling image" says less than the
        registry's answer, so the first report that says more stays.
        """
        if failure is None:
            self._since = self._told = None
            return None
        if self._since is None:
            self._since = now
        told = self._told
        if (
            told is None
            or told.container != failure.container
            or told.reason == "ImagePullBackOff" != failure.reason
        ):
            self._told = failure
        return self._told if now - self._since >= self._timeout else None


async def guarded_start(
    spawner: Spawner,
    own_start: Callable[[], Awaitable[Any]],
    display_name: str,
    reference: str,
    timeout_seconds: float,
) -> Any:
    """Run `own_start` of `spawner`, a KubeSpawner; end it early if it cannot succeed.

    `timeout_seconds` count from the first report of a pull failure; 0 waits for the
    spawner's own start_timeout.
    """
    starting = asyncio.ensure_future(maybe_future(own_start()))
    # one look earlier: the next one would come after the timeout
    watch = PullWatch(timeout_seconds - LOOK_SECONDS)
    try:
        while True:
            await asyncio.wait({starting}, timeout=LOOK_SECONDS)
            if starting.done():
                break
            if timeout_seconds <= 0:
                continue
            failure = watch.look(pull_failure(_pod(spawner)), time.monotonic())
            if failure is not None:
                raise _not_pulled(  # noqa: TRY301 (to share the clean-up with KubeSpawner's errors)
                    spawner, display_name, reference, failure
                )
        return starting.result()
    except Exception as error:
        refused = _cluster_refusal(error)
        if refused is None:
            raise
        status, message = refused
        spawner.log.error("Kubernetes refused %s: %s", spawner._log_name, message)
        raise refuse(
            status, f"Kubernetes refused to start your server: {message}",
            reason="kubernetes-refused",
        ) from None  # fmt: skip
    finally:
        if not starting.done():
            starting.cancel()
            # wait for its end, so that nothing of it runs beside the clean-up
            await asyncio.wait({starting})


def _pod(spawner: Spawner) -> Mapping[str, Any] | None:
    reflector = spawner.pod_reflector
    if reflector is None:
        return None
    pod: Mapping[str, Any] | None = reflector.pods.get(f"{spawner.namespace}/{spawner.pod_name}")
    if pod is not None and "deletionTimestamp" in pod["metadata"]:
        return None  # an earlier pod of that name, which is being deleted
    return pod


def _not_pulled(
    spawner: Spawner, display_name: str, reference: str, failure: PullFailure
) -> Exception:
    told = " ".join(failure.message.split())[:_MESSAGE_LENGTH].rstrip(".")
    if failure.of_user_image:
        what = f"The image {display_name}"
        logged = f"{display_name} ({reference})"
        advice = "Choose another image, or tell your administrator."
    else:
        reference = failure.image
        what = f"The image {reference} of the container {failure.container}, beside your server,"
        logged = f"{reference} of the container {failure.container}"
        advice = "Another image will not help: tell your administrator."
    spawner.log.error(
        "Ended the start of %s: the image %s cannot be pulled: %s: %s",
        spawner._log_name, logged, failure.reason, told,
    )  # fmt: skip
    return refuse(
        HTTPStatus.FAILED_DEPENDENCY,
        f"{what} cannot be pulled: {failure.reason}: {told or reference}. {advice}",
        reason="image-not-pulled",
    )


def _cluster_refusal(error: Exception) -> tuple[int, str] | None:
    """Return status and reason if `error` is the API server's refusal of a request (4xx).

    https://kubernetes.io/docs/reference/using-api/api-concepts/#status
    """
    status = getattr(error, "status", None)
    body = getattr(error, "body", None)
    if not isinstance(status, int) or not 400 <= status < 500 or body is None:
        return None
    try:
        message = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        message = getattr(error, "reason", None) or "no reason given"
    return status, str(message)[:_MESSAGE_LENGTH]
