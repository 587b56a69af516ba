"""Asks a vulnerability service about what hub-images needs, in the installed versions.

`make lint` runs it. What is audited is the closure of the package's own requirements, with
its drivers and KubeSpawner, not the tools of developers and not the rest of a machine.

A service that is not there, or a mirror that answers without vulnerabilities, must not
look like a clean result: a release that is known to be vulnerable is asked about first.
Where no service knows that one, this says so and ends with 0, for a machine without
network must be able to lint. Where one does, a finding ends with 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "hub-images"
EXTRAS = ("postgresql", "mysql", "kubernetes")
#: A release of which every service knows vulnerabilities, for years.
CANARY = "jinja2==2.11.2"
#: How to ask, in the order in which they are tried.
SERVICES = (("-s", "pypi"), ("-s", "osv"))
TIMEOUT_SECONDS = 10

#: Findings that are accepted, by the service's id, each with the reason.
IGNORED: dict[str, str] = {}


def needed(project: str = PROJECT, extras: Iterable[str] = EXTRAS) -> list[str]:
    """Return what `project` needs as `name==version`, sorted, itself not among it."""
    found: dict[str, str] = {}
    remaining = [(project, frozenset(extras))]
    seen = set(remaining)
    while remaining:
        name, wanted = remaining.pop()
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(
                f"{name} is needed and not installed; `make lint` installs it."
            ) from None
        if name != project:
            found[canonicalize_name(name)] = installed.version
        for line in installed.requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is not None and not any(
                marker.evaluate({"extra": extra}) for extra in ("", *wanted)
            ):
                continue
            following = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if following not in seen:
                seen.add(following)
                remaining.append(following)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def ask(service: Iterable[str], pins: Iterable[str]) -> dict[str, list[str]] | None:
    """Return ids of vulnerabilities by `name version`; None where the service does not answer.

    What the service does not know at all stands there with an empty list.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{pin}\n" for pin in pins))
        command = [sys.executable, "-m", "pip_audit", *service, "--requirement", str(listed)]
        command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        command += ["--timeout", str(TIMEOUT_SECONDS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    found: dict[str, list[str]] = {}
    for item in answer:
        if "skip_reason" in item:
            found[item["name"]] = []
        elif item["vulns"]:
            found[f"{item['name']} {item['version']}"] = [v["id"] for v in item["vulns"]]
    return found


def main(pins: list[str], services: Iterable[Iterable[str]] = SERVICES) -> int:
    """Audit by the first service that answers; return the status to end with."""
    for service in services:
        known = ask(service, [CANARY])
        if known is None or not any(known.values()):
            continue
        findings = ask(service, pins)
        if findings is None:
            continue
        return report(findings, len(pins), " ".join(service))
    print(
        f"[audit] NOT AUDITED: no vulnerability service answers, none of {len(pins)} packages "
        "was looked up. (Each was asked about a release that is known to be vulnerable.)"
    )
    return 0


def report(findings: dict[str, list[str]], count: int, service: str) -> int:
    """Print what was found; return 1 where anything is not ignored."""
    status = 0
    for package, ids in findings.items():
        if not ids:
            print(f"[audit] {package}: the service does not know it")
        for number in ids:
            if number in IGNORED:
                print(f"[audit] {package}: {number} is ignored: {IGNORED[number]}")
            else:
                print(f"[audit] {package}: {number}", file=sys.stderr)
                status = 1
    print(f"[audit] {count} packages audited ({service})")
    return status


if __name__ == "__main__":
    sys.exit(main(needed()))
