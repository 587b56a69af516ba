"""The wheel holds all that runs, and works without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from sbom import write_sbom

from hub_images import __version__
from tests.support.hub_config import PASSWORD
from tests.support.processes import free_port

ROOT = Path(__file__).parent.parent

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources that git knows."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install wheel and dependencies into an empty environment, far from the checkout."""
    folder = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "-q", f"{wheel}[demo]"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_holds_templates_static_files_and_migrations(wheel: Path) -> None:
    """Everything below share/ and migrations/ travels inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, prefix in (
        (ROOT / "share", "hub_images/share"),
        (ROOT / "hub_images", "hub_images"),
    ):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{prefix}/{path.relative_to(folder)}" in names
    assert not any(name.startswith("tests") for name in names)


def test_has_an_sbom(wheel: Path) -> None:
    """A valid one, with what it needs in the versions that pip picks, and no path of ours."""
    text = write_sbom(wheel).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    sbom = json.loads(text)
    root = sbom["metadata"]["component"]
    assert (root["name"], root["version"]) == ("hub-images", __version__)
    versions = {item["name"].lower(): item["version"] for item in sbom["components"]}
    assert versions["jupyterhub"].startswith(("5.", "6."))
    assert versions["sqlalchemy"].startswith("2.")
    (needs,) = (d["dependsOn"] for d in sbom["dependencies"] if d["ref"] == root["bom-ref"])
    assert f"jupyterhub=={versions['jupyterhub']}" in needs
    assert "pytest" not in versions
    assert "file:" not in text


def test_runs_the_demo(environment: Path, tmp_path: Path) -> None:
    """The installed wheel runs the demo configuration: pages, options form, upgrade-db."""
    shutil.copy(ROOT / "jupyterhub_config.py", tmp_path)
    shutil.copytree(ROOT / "examples" / "demo", tmp_path / "examples" / "demo")
    port = free_port()
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    variables = {
        **clean,
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HUB_IMAGES_DEMO_PORT": str(port),
    }
    where = subprocess.run(
        [environment / "bin" / "python", "-c", "import hub_images; print(hub_images.__file__)"],
        cwd=tmp_path, env=variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(environment) in where.stdout
    log = tmp_path / "log"
    with log.open("wb") as output:
        hub = subprocess.Popen(
            [environment / "bin" / "jupyterhub", "-f", "jupyterhub_config.py"],
            cwd=tmp_path, env=variables, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/services/images/health", log)
        with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as client:
            client.get("/hub/login")
            xsrf = client.cookies.get("_xsrf", path="/hub/")
            client.post(
                "/hub/login", data={"username": "admin", "password": PASSWORD, "_xsrf": xsrf}
            )
            assert "Minimal notebook" in client.get("/services/images/").text
            assert 'value="minimal"' in client.get("/hub/spawn").text
            assert client.get("/services/images/static/image_list.js").status_code == 200
    finally:
        hub.terminate()
        hub.wait(30)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-4000:])
