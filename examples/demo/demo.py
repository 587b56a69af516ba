"""What `make demo` adds to a plain hub: sample images and a notebook that shows the image."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from hub_images.catalogue.image import parse_image
from hub_images.store import engine as db
from hub_images.store import images as store
from hub_images.store.search import ImageQuery, list_images

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner

PASSWORD = "hub-images"  # noqa: S105 (of a trial on one's own machine; it is printed)
NOTEBOOK = "your-image.ipynb"

#: Public images of https://quay.io/organization/jupyter.
SAMPLE_IMAGES: list[dict[str, Any]] = [
    {
        "name": "minimal",
        "display_name": "Minimal notebook",
        "description": "JupyterLab, Python and the usual command line tools.",
        "url": "quay.io/jupyter/minimal-notebook:2025-12-31",
        "type": "universal",
        "global": True,
    },
    {
        "name": "scipy",
        "display_name": "SciPy",
        "description": "pandas, SciPy, scikit-learn, Matplotlib and friends.",
        "url": "quay.io/jupyter/scipy-notebook:2025-12-31",
        "type": "cpu",
        "global": True,
    },
    {
        "name": "datascience",
        "display_name": "Data science with Python, R and Julia",
        "description": "Three languages side by side.",
        "url": "quay.io/jupyter/datascience-notebook:2025-12-31",
        "type": "cpu",
        "groups": ["data-science"],
    },
    {
        "name": "pytorch",
        "display_name": "PyTorch",
        "description": "PyTorch; with CUDA 12 on GPU instance types.",
        "url": "quay.io/jupyter/pytorch-notebook:2025-12-31",
        "gpu_url": "quay.io/jupyter/pytorch-notebook:cuda12-2025-12-31",
        "type": "universal",
        "groups": ["data-science"],
    },
    {
        "name": "cuda",
        "display_name": "TensorFlow with CUDA",
        "description": "Keras and TensorFlow, for GPU instance types only.",
        "url": "quay.io/jupyter/tensorflow-notebook:cuda-2025-12-31",
        "type": "gpu",
        "groups": ["data-science"],
        "pull_secret": "nvidia-ngc",
    },
    {
        "name": "statistics-course",
        "display_name": "Statistics course",
        "description": "R and RStudio's packages, as the course uses them.",
        "url": "quay.io/jupyter/r-notebook:2025-12-31",
        "type": "cpu",
        "groups": ["students"],
    },
    {
        "name": "next-term",
        "display_name": "Next term",
        "description": "Not built yet: without a URL it is offered to nobody.",
        "url": "",
        "type": "cpu",
        "groups": ["students"],
    },
]


def add_sample_images(db_url: str) -> None:
    """Fill an empty catalogue with samples; leave any other alone."""
    engine = db.make_engine(db_url)
    db.upgrade(engine)
    with Session(engine) as session:
        if list_images(session, ImageQuery(limit=1))[1] == 0:
            for fields in SAMPLE_IMAGES:
                store.create_image(session, parse_image(fields), actor="demo")
    engine.dispose()


def show_image(spawner: Spawner) -> None:
    """Write the notebook that opens in the started server and shows its image."""
    reference = spawner.environment.get("JUPYTER_IMAGE", "none")
    options = spawner.user_options
    text = [
        "# Your image\n",
        "\n",
        f"This server was started with **`{reference}`**\n",
        f"on the instance type **{options.get('instance_type')}**.\n",
        "\n",
        "On Kubernetes this would be a pod with that container image. "
        "The demo starts local processes, which get the reference in `JUPYTER_IMAGE`.",
    ]
    cells = [
        {"cell_type": "markdown", "id": "image", "metadata": {}, "source": text},
        {
            "cell_type": "code",
            "id": "ask",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": ["import os\n", "os.environ['JUPYTER_IMAGE']"],
        },
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    home = Path(spawner.home_dir)
    home.mkdir(parents=True, exist_ok=True)
    (home / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf8")


def print_welcome(address: str) -> None:
    """Say where the demo is and who can sign in."""
    sys.stderr.write(
        f"""
  hub-images demo: {address}

    admin      keeps the images, at {address}/services/images/
    scientist  member of data-science, may use GPUs
    student    member of students

  Everybody's password: {PASSWORD}

"""
    )
