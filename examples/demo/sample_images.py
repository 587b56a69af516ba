"""The catalogue of the demo: public images of https://quay.io/organization/jupyter."""

from __future__ import annotations

from typing import Any

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
