"""What an estimator can do, found out by trying: declared is not always so."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import get_tags

from probml.laws.classifiers._problems import Domain

__all__ = ["Capabilities", "capabilities", "seeded"]

_ROWS_PER_CLASS = (2, 4, 8, 16)


class Capabilities(NamedTuple):
    """Problems that an estimator can fit, and what else it has.

    Attributes
    ----------
    domain : Domain
        From the fewest rows on that were accepted.
    has : frozenset of str
        Of the names in :attr:`ClassifierLaw.needs`.
    """

    domain: Domain
    has: frozenset[str]


def seeded(estimator: Any) -> Any:
    """An unfitted copy in which every random state that was left open is 0."""
    copy = clone(estimator)
    states = copy.get_params() if hasattr(copy, "get_params") else {}
    for name, value in states.items():
        if name.split("__")[-1] == "random_state" and value is None:
            copy.set_params(**{name: 0})
    return copy


def capabilities(estimator: Any) -> Capabilities:
    """Try an estimator on small easy problems.

    Raises
    ------
    ValueError
        If it fits none of them, with what it said last.
    """
    with warnings.catch_warnings():
        # What the host makes of warnings says nothing about the estimator.
        warnings.simplefilter("ignore")
        return _tried(estimator)


def _tried(estimator: Any) -> Capabilities:
    tags = get_tags(estimator)
    positive = bool(tags.input_tags.positive_only)
    declared = tags.classifier_tags
    several = declared is None or bool(declared.multi_class)
    for n_classes in ((2, 4), (2,)) if several else ((2,),):
        for rows in _ROWS_PER_CLASS:
            try:
                for k in n_classes:
                    X, y = _easy(rows, k)
                    model = clone(estimator).fit(X, y)
                    P = np.asarray(model.predict_proba(X))
            # Whatever it raises, the next problem is larger or simpler.
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                continue
            has = _abilities(estimator, model, X, y, P)
            seen = "extrapolates" not in has
            return Capabilities(Domain(rows, n_classes[-1], positive, seen), has)
    raise ValueError(
        f"{type(estimator).__name__} must be able to fit {_ROWS_PER_CLASS[-1]} rows of each of two "
        f"classes and to predict their probabilities (it raised {said})"
    )


def _easy(rows: int, n_classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Three whole-numbered features, of which each class has its own mean; nothing is singular."""
    y = np.repeat(np.arange(n_classes), rows)
    noise = np.random.default_rng(0).integers(0, 4, (len(y), 3))
    return (noise + 2.0 * y[:, None]).astype(float), y


def _abilities(
    estimator: Any, model: Any, X: NDArray[Any], y: NDArray[Any], P: NDArray[Any]
) -> frozenset[str]:
    found = {
        name for name in ("predict", "predict_log_proba", "partial_fit") if hasattr(model, name)
    }
    if np.array_equal(np.asarray(clone(estimator).fit(X, y).predict_proba(X)), P):
        found.add("deterministic")
    if _works(lambda: model.predict_proba(X + 100.0)):
        found.add("extrapolates")
    # Tried, not read off the signature: what a meta-estimator wraps may not take what it takes.
    if _works(lambda: clone(estimator).fit(X, y, sample_weight=np.ones(len(y)))):
        found.add("sample_weight")
    return frozenset(found)


def _works(call: Callable[[], Any]) -> bool:
    try:
        call()
    # Whatever it raises, it is not to be asked for that.
    except Exception:
        return False
    return True
