"""A catalogue of 74 images, as a university's might be: for browser tests and for pictures.

Every status occurs, long names and references, many groups, digests, and descriptions in
Markdown. `UNIVERSITY` has the JSON fields by the images' names; what is not global is for some
of `GROUPS`.
"""

from __future__ import annotations

from typing import Any

GROUPS = (
    "astronomy", "bioinformatics-lab", "chemistry", "climate-modelling", "data-science",
    "digital-humanities", "economics", "engineering-first-year", "geo", "machine-learning-lab",
    "medical-imaging", "physics-101", "research-software", "statistics-course-2026", "students",
)  # fmt: skip

#: Lines of a hub's configuration that add `GROUPS`, without members, to those that it has.
GROUPS_CONFIG = f"for group in {GROUPS!r}:\n    c.JupyterHub.load_groups.setdefault(group, {{}})\n"

_QUAY = "quay.io/jupyter"
_LAB = "us-central1-docker.pkg.dev/uni-example-research/notebooks"
_GITHUB = "ghcr.io/example-university-research-computing"
_OLD = "registry.old.example.org:5000/jupyter"

#: Names, display names and references of the images that several faculties share.
_SHARED: dict[str, tuple[str, str, str]] = {
    "minimal": ("Minimal notebook", f"{_QUAY}/minimal-notebook:2025-12-31", "universal"),
    "scipy": ("SciPy", f"{_QUAY}/scipy-notebook:2025-12-31", "cpu"),
    "scipy-2024": ("SciPy 2024", f"{_QUAY}/scipy-notebook:2024-12-31", "cpu"),
    "datascience": (
        "Data science with Python, R and Julia", f"{_QUAY}/datascience-notebook:2025-12-31", "cpu",
    ),
    "r": ("R and RStudio", f"{_QUAY}/r-notebook:2025-12-31", "cpu"),
    "julia": ("Julia", f"{_QUAY}/julia-notebook:2025-12-31", "cpu"),
    "pytorch": ("PyTorch", f"{_QUAY}/pytorch-notebook:2025-12-31", "universal"),
    "tensorflow": ("TensorFlow with CUDA", f"{_QUAY}/tensorflow-notebook:cuda-2025-12-31", "gpu"),
    "spark": ("Spark", f"{_QUAY}/all-spark-notebook:spark-3.5.3", "cpu"),
    "python": ("Plain Python", "python:3.13-slim", "cpu"),
    "sage": ("SageMath", "sagemath/sagemath-jupyter", "cpu"),
    "qiskit": ("Qiskit", "docker.io/qiskit/quantum-lab:latest", "universal"),
}  # fmt: skip
_SUBJECTS = (
    ("astro", "Astronomy", "astronomy"), ("bio", "Bioinformatics", "bioinformatics-lab"),
    ("chem", "Computational chemistry", "chemistry"),
    ("climate", "Climate modelling with the full ensemble post-processing chain",
     "climate-modelling"),
    ("dh", "Digital humanities", "digital-humanities"), ("econ", "Econometrics", "economics"),
    ("eng", "Engineering, first year", "engineering-first-year"), ("geo", "Geospatial", "geo"),
    ("ml", "Machine learning", "machine-learning-lab"),
    ("med", "Medical imaging", "medical-imaging"), ("phys", "Physics 101", "physics-101"),
    ("stat", "Statistics", "statistics-course-2026"),
)  # fmt: skip
_KINDS = (
    ("course", "course", _LAB, "cpu"), ("lab", "lab", _LAB, "universal"),
    ("gpu", "on GPU", _GITHUB, "gpu"), ("next", "next term", _GITHUB, "universal"),
    ("old", "2023", _OLD, "cpu"),
)  # fmt: skip
_DIGEST = "sha256:" + "5f0c8a1e" * 8


def _shared(index: int, display_name: str, url: str, kind: str) -> dict[str, Any]:
    return {
        "display_name": display_name,
        "description": f"**{display_name}** as the [Jupyter project](https://jupyter.org) has it.",
        "url": url,
        "type": kind,
        "global": True,
        "order": index - 20 if index < 3 else 0,
        "tags": ["python"] if "cuda" not in url else ["python", "cuda"],
        "documentation_url": "https://jupyter-docker-stacks.readthedocs.io/",
    }


def _of_a_subject(index: int, subject: tuple[str, str, str], of: int) -> dict[str, Any]:
    short, title, group = subject
    kind, said, registry, type_ = _KINDS[of]
    tag = f"{2023 + of % 3}.{index % 12 + 1}.{of}"
    url = f"{registry}/{group}/{short}-{kind}-environment:{tag}"
    return {
        "display_name": f"{title}, {said}",
        "description": f"What {title} needs:\n\n- *Python* and its libraries\n- the data sets",
        "url": f"{registry}/{group}/{short}@{_DIGEST}" if (index, of) == (3, 1) else url,
        "type": type_,
        "gpu_url": f"{url}-cuda12" if kind == "lab" else None,
        "global": False,
        "groups": list(GROUPS[index : index + 1 + 3 * (of % 3)]) or [group],
        "enabled": kind != "old",
        "tags": [short, kind],
        "pull_secret": "lab-registry" if registry == _LAB else None,
    }


#: What is left to do with some images: each is a status of its own.
_TO_DO: dict[str, dict[str, Any]] = {
    "geo-next": {"url": ""},
    "ml-next": {"groups": []},
    "med-lab": {"pull_secret": "gone-with-the-old-registry"},
}

UNIVERSITY: dict[str, dict[str, Any]] = {
    name: _shared(index, *fields) for index, (name, fields) in enumerate(_SHARED.items())
} | {
    name: _of_a_subject(index, subject, of) | _TO_DO.get(name, {})
    for index, subject in enumerate(_SUBJECTS)
    for of in range(len(_KINDS))
    for name in [f"{subject[0]}-{_KINDS[of][0]}"]
}
UNIVERSITY |= {
    "guest": {"display_name": "Guests", "url": "python:3.12", "global": True, "enabled": False},
    "a-name-that-is-as-long-as-a-kubernetes-label-may-be-63-letters": {
        "display_name": "A display name that somebody wrote as if it were a description of it all",
        "url": f"{_GITHUB}/data-science-and-machine-learning/deeply/nested/repository-name:"
        "2026.01.15-cuda12.4-py3.13-build.20260115T093000Z",
        "global": True,
    },
}
