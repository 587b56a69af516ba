"""The demo says where it is when it answers, says why when it cannot run, and ends whole."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import sample_images

from hub_images.catalogue.image import parse_image
from tests.support.processes import descendants, free_port, kill_tree

ROOT = Path(__file__).parent.parent


def _start(folder: Path, port: int | str) -> subprocess.Popen[str]:
    """Start the demo as `make demo` does, in a session of its own as in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
        cwd=ROOT,
        env={**os.environ, "HUB_IMAGES_DEMO_DIR": str(folder), "HUB_IMAGES_DEMO_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _refusal(folder: Path, port: int | str) -> str:
    """Return what a demo says that does not start."""
    demo_hub = _start(folder, port)
    said = demo_hub.communicate(timeout=60)[1]
    assert demo_hub.returncode == 1
    return said


@pytest.mark.parametrize("fields", sample_images.SAMPLE_IMAGES, ids=lambda fields: fields["name"])
def test_sample_images_can_start_a_server(fields: dict[str, object]) -> None:
    """They are valid, and Jupyter's own images or not built yet."""
    image = parse_image(fields)
    assert all(
        url.startswith("quay.io/jupyter/") for url in (image.url, image.gpu_url or "") if url
    )


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """One sentence with the command that helps, and no traceback."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = _refusal(tmp_path, port)
    assert said.startswith(f"Another program uses port {port} on this machine.")
    assert re.search(r"make demo PORT=\d+$", said.strip())


@pytest.mark.parametrize("port", ["many", "0", "65536", "-1"])
def test_a_port_that_is_none_is_said(tmp_path: Path, port: str) -> None:
    """A slip of the keyboard is answered with what a port is."""
    said = _refusal(tmp_path, port)
    assert said.strip() == f"PORT is {port!r}, and a port is a number from 1 to 65535."


@pytest.mark.hub
def test_the_welcome_comes_when_the_demo_answers_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    """The address is told last; one folder serves one demo; nothing is left running."""
    port = free_port()
    running = _start(tmp_path, port)
    try:
        assert running.stderr is not None
        said = []
        for line in running.stderr:  # ends with the test's timeout at the latest
            said.append(line)
            if "password" in line:
                break
        address = f"http://127.0.0.1:{port}"
        assert any(address in line for line in said), said
        assert httpx.get(f"{address}/services/images/health").status_code == 200
        assert httpx.get(f"{address}/hub/health").status_code == 200
        assert "running already" in _refusal(tmp_path, free_port())
        below = descendants(running.pid)
        assert len(below) >= 2  # the proxy and the service
        os.killpg(running.pid, signal.SIGINT)
        after = running.communicate(timeout=60)[1]
    finally:
        if running.poll() is None:
            kill_tree(running.pid)
    assert running.returncode == 0
    assert "Traceback" not in "".join(said) + after
    _wait_until_gone(below)


def _wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 30
    while left := [pid for pid in processes if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"{left} run still."
        time.sleep(0.1)
