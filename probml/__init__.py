"""Probabilistic classifiers derived from their theory, and compared with scikit-learn.

Sub-packages are imported on first use, so ``import probml`` costs nothing:

>>> import probml
>>> model = probml.classifiers.LinearDiscriminantAnalysis()
"""

import importlib
from types import ModuleType

from probml._version import __version__

_SUBPACKAGES = (
    "autodiff",
    "calculus",
    "classifiers",
    "datasets",
    "distributed",
    "distributions",
    "laws",
    "linalg",
    "losses",
    "metrics",
    "numerics",
    "optimize",
    "probability",
    "reports",
)

__all__ = ["__version__", *_SUBPACKAGES]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"probml.{name}")
    raise AttributeError(f"module 'probml' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
