"""Writes an SBOM of a wheel: hub-images, and every package that pip installs with it.

`make dist` runs it. The SBOM is CycloneDX in JSON and stands beside the wheel. Its versions
are those that pip picks at that moment for an empty environment, without extras.
cyclonedx-bom writes it, and validates it against CycloneDX's schema.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
SPEC_VERSION = "1.6"


def write_sbom(wheel: Path) -> Path:
    """Write the SBOM of a wheel of this project beside it, and return its path."""
    version = wheel.name.split("-")[1]
    sbom = wheel.with_name(f"hub_images-{version}.cdx.json")
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=False)
        python = environment / "bin" / "python"
        _run("pip", "--python", str(python), "install", "--quiet", str(wheel))
        pyproject = Path(folder) / "pyproject.toml"
        pyproject.write_text(_with_version(PYPROJECT.read_text(), version))
        _run(
            "cyclonedx_py", "environment", "--pyproject", str(pyproject), "--mc-type", "library",
            "--spec-version", SPEC_VERSION, "--output-format", "JSON", "--output-reproducible",
            "--validate", "--output-file", str(sbom), str(python),
        )  # fmt: skip
    return sbom


def _with_version(pyproject: str, version: str) -> str:
    # cyclonedx-bom does not ask the build backend for a dynamic version
    dynamic = 'dynamic = ["version"]\n'
    if dynamic not in pyproject:
        raise SystemExit(f"pyproject.toml has no line {dynamic!r} any more.")
    return pyproject.replace(dynamic, f'version = "{version}"\n')


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    print(write_sbom(Path(sys.argv[1])))
