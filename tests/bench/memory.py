"""How much memory the service holds."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.bench.catalogue import fill
from tests.bench.findings import Goal, Part, ratio
from tests.bench.hubs import bare_service, make_hub, service_pid
from tests.bench.measure import Series
from tests.support.catalogue import open_engine
from tests.support.hub import Hub
from tests.support.hub_config import ADMIN_TOKEN

GOAL = Goal("at most 1.3 times", 1.3)
COUNT = 10_000
PAGES = COUNT // 25
RUNS = 3

METHOD = f"""
**Memory.** Resident memory (`Rss` in `/proc/PID/smaps_rollup`) of both services of one hub. Ours
has answered an admin's browser session, which opened all {PAGES} pages of the list of {COUNT:,}
images, searched and opened forms, and a script that read all images by REST, 200 at a time. The
empty service is `tests/bench/bare_service.py`: Tornado and JupyterHub's `HubOAuth` in the same
Python. It has answered about as many requests with a token. Each of {RUNS} runs is a new hub.
"""


def run(folder: Path) -> Part:
    """Browse in new hubs and look at the processes."""
    url = f"sqlite:///{folder / 'images.sqlite'}"
    engine = open_engine(url)
    fill(engine, COUNT, lambda index: f"group-{index % 200}")
    engine.dispose()
    found: dict[str, list[float]] = {}
    for turn in range(RUNS):
        with make_hub(folder / str(turn), db_url=url, extra=bare_service()) as hub:
            _browse(hub)
            for kind, module in (("ours", "hub_images"), ("empty", "tests.bench.bare_service")):
                for name, megabytes in _memory(service_pid(hub, module)).items():
                    found.setdefault(f"{kind} {name}", []).append(megabytes)
    series = {name: Series(values, "MB") for name, values in found.items()}
    what = f"service memory after browsing {COUNT:,} images, against an empty Tornado hub service"
    finding = ratio(what, GOAL, series["ours Rss"], series["empty Rss"], ("ours", "empty"))
    also = (
        f"Proportional share of memory (`Pss`): ours {series['ours Pss']}, "
        f"empty {series['empty Pss']}."
    )
    return Part([finding], METHOD, [also])


def _browse(hub: Hub) -> None:
    client, _xsrf = hub.session("admin")
    headers = {"Authorization": f"token {ADMIN_TOKEN}"}
    empty = httpx.Client(base_url=hub.url, headers=headers, timeout=60)
    for page in range(1, PAGES + 1):
        _get(client, f"services/images/?page={page}")
        _get(empty, "services/bare/")
    for term in ("pytorch", "genomics", "numpy", "ask zhang", "nothing has this"):
        _get(client, f"services/images/?search={term}")
    for offset in range(0, COUNT, 200):
        answer = hub.images("GET", f"images?limit=200&offset={offset}")
        assert len(answer.json()["items"]) == 200, answer.text
        _get(client, f"services/images/edit/{answer.json()['items'][0]['name']}")
        _get(empty, "services/bare/")


def _get(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text


def _memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return {
        name: int(line.split()[1]) * 1024 / 1e6
        for line in lines
        for name in ("Rss", "Pss")
        if line.startswith(f"{name}:")
    }
