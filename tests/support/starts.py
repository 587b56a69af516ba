"""Starting servers on a hub whose spawner records what it was told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from bs4 import BeautifulSoup

from tests.support.hub import BEFORE_6, Hub
from tests.support.markup import element
from tests.support.no_cluster import KUBECONFIG
from tests.support.recording_spawner import CONFIG

IMAGES: dict[str, dict[str, Any]] = {
    "minimal": {"display_name": "Minimal", "global": True, "type": "universal"},
    "scipy": {"display_name": "SciPy", "global": True, "type": "cpu"},
    "cuda": {"display_name": "CUDA", "global": True, "type": "gpu"},
    "torch": {
        "display_name": "Torch",
        "global": False,
        "groups": ["data-science"],
        "type": "universal",
        "gpu_url": "registry.example.org/torch:gpu",
        "pull_secret": "lab-registry",
    },
    "course": {"display_name": "A course", "global": False, "groups": ["students"], "type": "cpu"},
    "secret": {"global": False, "groups": ["staff"], "type": "universal"},
    "off": {"global": True, "enabled": False, "type": "universal"},
    "unready": {"global": True, "url": "", "type": "universal"},
}


@contextmanager
def recording_hub(folder: Path, **rest: Any) -> Iterator[Hub]:
    """Run a hub with the images above and the recording spawner."""
    (folder / "kubeconfig").write_text(KUBECONFIG)
    environment = {
        "RECORD": str(folder / "record"),
        "KUBECONFIG": str(folder / "kubeconfig"),
        **rest.pop("environment", {}),
    }
    extra = CONFIG + rest.pop("extra", "")
    with Hub(folder, extra=extra, environment=environment, **rest) as hub:
        for name, fields in IMAGES.items():
            hub.add_image(name, **fields)
        yield hub


def records(hub: Hub) -> list[dict[str, Any]]:
    """Return what was started so far, in order."""
    record = hub.folder / "record"
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def new_records(hub: Hub, position: int) -> tuple[list[dict[str, Any]], int]:
    """Return what was started since the record was `position` bytes long, and its length now."""
    record = hub.folder / "record"
    if not record.exists():
        return [], 0
    with record.open("rb") as lines:
        lines.seek(position)
        return [json.loads(line) for line in lines], lines.tell()


def notebook(record: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook container of what was started."""
    return dict(record["manifest"]["spec"]["containers"][0])


def spawn_form_action(page: str) -> str:
    """Return where the spawn page's form goes, a path with the XSRF token in its query."""
    return str(element(BeautifulSoup(page, "html.parser"), "form#spawn_form")["action"])


def start_request(user: str, options: Any = None, server: str = "") -> tuple[str, dict[str, str]]:
    """Return the path and the further arguments of a start over REST; see `start`."""
    path = f"users/{user}/servers/{server}" if server else f"users/{user}/server"
    if BEFORE_6 and isinstance(options, dict) and "user_options" in options:
        options = options["user_options"]  # the body itself, before 6.0
    return path, ({} if options is None else {"content": json.dumps(options)})


def start(
    hub: Hub, user: str, options: Any = None, *, server: str = "", token: str | None = None
) -> httpx.Response:
    """Start a server over REST; `options` is the body, None sends none."""
    path, body = start_request(user, options, server)
    return hub.api("POST", path, **({"token": token} if token else {}), **body)


def stop(hub: Hub, user: str, server: str = "") -> None:
    """Stop a server, and forget it if it is a named one."""
    if server:
        hub.api("DELETE", f"users/{user}/servers/{server}", content='{"remove": true}')
    else:
        hub.api("DELETE", f"users/{user}/server")
