"""A catalogue like that of a university: varied, and the same in every run.

Names, display names and descriptions are put together from the words below by a seeded
generator; no two names are alike. Descriptions are 60 to 160 characters long, some 40 more with
their Markdown: bold in every second, a link in every third, a list in every fifth. Two of three
images have tags.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from hub_images.catalogue.image import ImageSpec
from hub_images.store.images import new_image
from hub_images.store.transaction import write
from hub_images.store.upgrade import upgrade
from tests.support.catalogue import open_engine


def _words(text: str) -> list[str]:
    return text.split()


SUBJECTS = _words(
    "Physics Chemistry Genomics Proteomics Astronomy Climate Oceanography Geology Botany Zoology "
    "Neuroscience Immunology Epidemiology Pharmacology Linguistics Philology Archaeology History "
    "Economics Sociology Psychology Geography Robotics Optics Acoustics Materials Polymers "
    "Statistics Algebra Topology Numerics Logic Cryptography Networks Databases Compilers Vision "
    "Speech Finance Actuarial Marketing Logistics Forestry Agronomy Nutrition Radiology Surgery "
    "Dentistry Genetics Ecology Hydrology Meteorology Seismology Crystallography Plasma Fusion"
)
STACKS = _words(
    "SciPy PyTorch TensorFlow JAX Tidyverse Bioconductor Julia Spark Dask RAPIDS Geospatial Octave "
    "SageMath RDKit GROMACS OpenFOAM Transformers Scikit Polars DuckDB Minimal Desktop"
)
PACKAGES = _words(
    "NumPy pandas matplotlib seaborn scikit-learn xarray statsmodels NetworkX SymPy Numba Cython "
    "Plotly Bokeh Altair Keras Lightning spaCy NLTK Gensim OpenCV Pillow h5py PyTables rasterio "
    "GeoPandas Cartopy Biopython PyMC ArviZ Prophet XGBoost LightGBM CatBoost Optuna Ray MLflow "
    "SQLAlchemy ggplot2 dplyr Seurat DESeq2 Flux DataFrames.jl CUDA cuDNN NCCL Triton MPI"
)
AUDIENCES = (
    "the first-year lecture", "the advanced lab course", "the graduate school", "the summer school",
    "the department's projects", "theses", "the field course", "guests", "the seminar",
    "the collaboration's analyses", "batch work", "teaching assistants",
)  # fmt: skip
PEOPLE = _words(
    "Abe Bauer Conti Diaz Endo Fischer Garcia Huang Ivanova Jansen Kaya Lopez Meyer Nowak Okafor "
    "Patel Quinn Rossi Silva Tanaka Umarov Vogel Weber Xu Yilmaz Zhang"
)

#: Who may use an image: everyone, or a group.
Sharing = Callable[[int], str | None]


def for_everyone(index: int) -> None:
    """Share every image with everyone."""


def first_for_everyone(visible: int, groups: int = 200) -> Sharing:
    """Share the first `visible` images with everyone, the others with a group of `groups` each."""
    return lambda index: None if index < visible else f"group-{index % groups}"


def images(
    count: int, sharing: Sharing = for_everyone, *, described: bool = True
) -> Iterator[ImageSpec]:
    """Yield `count` images, the same ones for the same arguments."""
    chance = random.Random(count)
    taken: set[str] = set()
    while len(taken) < count:
        subject, stack = chance.choice(SUBJECTS), chance.choice(STACKS)
        course, year, month = (
            chance.randrange(100, 500), chance.randrange(2019, 2027), chance.randrange(1, 13)
        )  # fmt: skip
        name = f"{subject}-{course}-{stack}-{year}-{month:02}".lower()
        if name in taken:
            continue
        group = sharing(len(taken))
        taken.add(name)
        packages = chance.sample(PACKAGES, chance.randrange(2, 7))
        audience, person = chance.choice(AUDIENCES), chance.choice(PEOPLE)
        description = _description(len(taken), subject, stack, packages, audience, person)
        yield ImageSpec(
            name=name,
            display_name=f"{subject} {course}: {stack} {year}.{month}",
            description=description if described else "",
            tags=[stack.lower(), str(year)] if described and len(taken) % 3 else [],
            type=chance.choice(["cpu", "universal", "universal", "universal", "gpu"]),
            url=f"registry.example.org/{subject.lower()}/{stack.lower()}:{year}.{month}",
            is_global=group is None,
            groups=[] if group is None else [group],
        )


def _description(
    number: int, subject: str, stack: str, packages: list[str], audience: str, person: str
) -> str:
    title = f"**{stack}**" if number % 2 else stack
    if number % 3 == 0:
        audience = f"[{audience}](https://wiki.example.org/{subject.lower()}/{stack.lower()})"
    if number % 5 == 0:
        listed = "\n".join(f"- {package}" for package in packages)
        return f"{title} for {audience}; ask {person}.\n\n{listed}"
    return (
        f"{title} with {', '.join(packages[:-1])} and {packages[-1]} for {audience}; ask {person}."
    )


def fill(
    engine: Engine, count: int, sharing: Sharing = for_everyone, *, described: bool = True
) -> None:
    """Upgrade the database and put the images into it, in one transaction."""
    upgrade(engine)
    specs = images(count, sharing, described=described)
    write(engine, lambda session: session.add_all(new_image(s, actor="bench") for s in specs))


@contextmanager
def filled(
    url: str, count: int, sharing: Sharing = for_everyone, *, described: bool = True
) -> Iterator[Engine]:
    """Give an engine over an upgraded database with the images."""
    engine = open_engine(url)
    try:
        fill(engine, count, sharing, described=described)
        yield engine
    finally:
        engine.dispose()


def sqlite(
    folder: Path, count: int, sharing: Sharing = for_everyone, *, described: bool = True
) -> str:
    """Make an SQLite file with the images and return its URL."""
    url = f"sqlite:///{folder / f'{count}-{described}.sqlite'}"
    with filled(url, count, sharing, described=described):
        return url
