"""The programs of the test cluster that no Debian package has: kube-apiserver and helm.

Both are built from their Go modules, once for each version, into
`${XDG_CACHE_HOME:-~/.cache}/hub-images/bin`. Building them takes minutes, so that is done
by `.ci/setup` or `python -m tests.support.kubernetes.build`, never by a test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

_MODULE = Path(__file__).with_name("apiserver")
HELM_VERSION = "v3.22.0"
_HOW = (
    "build it with `.venv/bin/python -m tests.support.kubernetes.build`, "
    "which needs Go and some minutes."
)


def _apiserver_version() -> str:
    found = re.search(r"k8s\.io/kubernetes (v\S+)", (_MODULE / "go.mod").read_text())
    if found is None:
        raise RuntimeError(f"{_MODULE}/go.mod does not require k8s.io/kubernetes.")
    return found[1]


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "hub-images" / "bin"


def apiserver() -> Path:
    """Return where kube-apiserver stands once it is built."""
    return _folder() / f"kube-apiserver-{_apiserver_version()}"


def helm() -> Path:
    """Return where helm stands once it is built."""
    return _folder() / f"helm-{HELM_VERSION}"


def apiserver_missing() -> str | None:
    """Return a sentence on how to get kube-apiserver, None where it is there."""
    return None if apiserver().exists() else f"kube-apiserver is not on this machine: {_HOW}"


def helm_missing() -> str | None:
    """Return a sentence on how to get helm, None where it is there."""
    return None if helm().exists() else f"helm is not on this machine: {_HOW}"


def build() -> None:
    """Build what is missing; raises RuntimeError where there is no Go to do it with."""
    wanted = [path for path in (apiserver(), helm()) if not path.exists()]
    if wanted and shutil.which("go") is None:
        raise RuntimeError(
            f"Cannot build {' and '.join(path.name for path in wanted)}: there is no Go here. "
            "Install it (https://go.dev/dl) and try again."
        )
    for path in wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            print(f"Building {path.name}", flush=True)
            made = _build_helm(Path(folder)) if path == helm() else _build_apiserver(Path(folder))
            made.replace(path)  # whole or not at all: others may be waiting for it


def _build_apiserver(folder: Path) -> Path:
    made = folder / "kube-apiserver"
    _go("build", "-ldflags", "-s -w", "-o", str(made), ".", cwd=_MODULE)
    return made


def _build_helm(folder: Path) -> Path:
    _go("install", f"helm.sh/helm/v3/cmd/helm@{HELM_VERSION}", cwd=folder, GOBIN=str(folder))
    return folder / "helm"


def _go(*arguments: str, cwd: Path, **environment: str) -> None:
    subprocess.run(
        ["go", *arguments],
        cwd=cwd,
        env={**os.environ, "CGO_ENABLED": "0", **environment},
        check=True,
    )


if __name__ == "__main__":
    build()
