"""What an estimator can do, found out by trying: declared is not always so."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import get_tags

from probml.laws._limit import TooLongError, at_most
from probml.laws.classifiers._problems import Domain, Route

__all__ = ["Capabilities", "capabilities", "seeded"]

_ROWS_PER_CLASS = (2, 4, 8, 16, 32)
_FEATURES = ((1, 3), (10, 12))


class Capabilities(NamedTuple):
    """Problems that an estimator can fit, and what else it has.

    Attributes
    ----------
    domain : Domain
        From the fewest rows on that were accepted.
    has : frozenset of str
        Of the names in :attr:`ClassifierLaw.needs`.
    seconds : float
        What fitting and predicting took on a small problem.
    crash : str
        What was raised that explains nothing, if no problem at all was fitted.
    """

    domain: Domain
    has: frozenset[str] = frozenset()
    seconds: float = 0.0
    crash: str = ""


def seeded(estimator: Any) -> Any:
    """An unfitted copy in which every random state that was left open is 0."""
    copy = clone(estimator)
    states = copy.get_params() if hasattr(copy, "get_params") else {}
    for name, value in states.items():
        if name.split("__")[-1] == "random_state" and value is None:
            copy.set_params(**{name: 0})
    return copy


def capabilities(
    estimator: Any, least: Domain | None = None, *, seconds: float = math.inf
) -> Capabilities:
    """Try an estimator on small easy problems.

    Parameters
    ----------
    estimator : object
        Not fitted.
    least : Domain, optional
        What is known of it beforehand: its fewest rows, and how to draw them.
    seconds : float
        Time for one trial.

    Raises
    ------
    ValueError
        If it refuses all of them, with what it said last.
    """
    with warnings.catch_warnings():
        # What the host makes of warnings says nothing about the estimator.
        warnings.simplefilter("ignore")
        return _tried(estimator, Domain() if least is None else least, seconds)


def _tried(estimator: Any, least: Domain, seconds: float) -> Capabilities:
    tags = get_tags(estimator)
    declared = tags.classifier_tags
    several = declared is None or bool(declared.multi_class)
    least = replace(least, positive=bool(tags.input_tags.positive_only))
    said: BaseException | None = None
    crashed = ""
    for domain in _sizes(least, 4 if several else 2):
        start = perf_counter()
        try:
            with at_most(seconds):
                for k in {2, domain.max_classes}:
                    X, y = _easy(domain, k)
                    model = clone(estimator).fit(X, y)
                    if not hasattr(model, "predict_proba"):
                        raise _without_probabilities(model)
                    P = np.asarray(model.predict_proba(X))
        except _NoProbabilitiesError:
            raise
        except TooLongError as error:
            return Capabilities(domain, crash=f"TooLongError: {error}")
        except (ValueError, RuntimeError) as error:
            said = error
            continue
        # Whatever it raises, the next problem is larger or simpler.
        except (Exception, SystemExit) as error:
            said, crashed = error, f"{type(error).__name__}: {error}"
            continue
        took = perf_counter() - start
        has, routes = _abilities(estimator, domain, P, max(seconds, 100.0 * took))
        seen = "extrapolates" not in has
        return Capabilities(replace(domain, seen=seen, routes=routes), has, took)
    if crashed:
        return Capabilities(least, crash=crashed)
    raise ValueError(
        f"{type(estimator).__name__} must be able to fit {_ROWS_PER_CLASS[-1]} rows of each of two "
        f"classes and to predict their probabilities (it raised {type(said).__name__}: {said}); "
        "if it needs more rows or others, say so by min_per_class, min_samples or X_strategy"
    )


class _NoProbabilitiesError(TypeError):
    """A classifier whose parameters leave it without probabilities."""


def _without_probabilities(model: Any) -> _NoProbabilitiesError:
    return _NoProbabilitiesError(
        f"estimator must have predict_proba once it is fitted (got {model!r}, which has none with "
        "these parameters); a classifier without probabilities breaks no law of theirs"
    )


def _sizes(least: Domain, most_classes: int) -> Iterator[Domain]:
    """Domains from small to large, with as many classes as can be before fewer."""
    for n_classes in sorted({2, most_classes}, reverse=True):
        for features in _FEATURES if least.rows is None else (least.features,):
            for rows in _ROWS_PER_CLASS:
                rows = max(rows, least.min_per_class)
                yield replace(least, min_per_class=rows, max_classes=n_classes, features=features)


def _easy(domain: Domain, n_classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole-numbered features, of which each class has its own mean; nothing is singular."""
    rows = max(domain.min_per_class, -(-domain.min_samples // n_classes))
    y = np.repeat(np.arange(n_classes), rows)
    if domain.rows is not None:
        return _sampled(domain.rows, len(y)), y
    noise = np.random.default_rng(0).integers(0, 4, (len(y), domain.features[1]))
    return (noise + 2.0 * y[:, None]).astype(float), y


def _sampled(rows: st.SearchStrategy[Any], n: int) -> NDArray[Any]:
    """Some rows of a strategy, the same each time."""
    found: list[Any] = []

    @seed(0)
    @settings(max_examples=n, database=None, deadline=None, phases=(Phase.generate,))
    @given(rows)
    def draw(row: Any) -> None:
        found.append(np.atleast_1d(np.asarray(row)))

    draw()
    return np.stack([found[i % len(found)] for i in range(n)])


def _abilities(
    estimator: Any, domain: Domain, P: NDArray[Any], seconds: float
) -> tuple[frozenset[str], tuple[Route, ...]]:
    X, y = _easy(domain, domain.max_classes)
    model = clone(estimator).fit(X, y)
    methods = ("predict", "predict_log_proba", "decision_function")
    found = {name for name in (*methods, "coef_", "intercept_", "coefs_") if hasattr(model, name)}
    words = estimator.get_params() if hasattr(estimator, "get_params") else {}
    found |= {name for name in ("C", "solver") if name in words}
    again = np.asarray(clone(estimator).fit(X, y).predict_proba(X))
    if np.array_equal(again, P, equal_nan=again.dtype.kind == "f"):
        found.add("deterministic")
    other_rows = X + 100.0 if domain.rows is None else X
    # Tried, not read off the signature: what a meta-estimator wraps may not take what it takes.
    trials: dict[str, Callable[[], Any]] = {
        "extrapolates": lambda: model.predict_proba(other_rows),
        "sample_weight": lambda: clone(estimator).fit(X, y, sample_weight=np.ones(len(y))),
        "partial_fit": lambda: (
            clone(estimator)
            .partial_fit(X[::2], y[::2], classes=np.unique(y))
            .partial_fit(X[1::2], y[1::2])
            .predict_proba(X)
        ),
    }
    if get_tags(estimator).input_tags.sparse:
        found.add("sparse")
    if "priors" in words:
        even = np.full(domain.max_classes, 1.0 / domain.max_classes)
        trials["priors"] = lambda: clone(estimator).set_params(priors=even).fit(X, y)
    for name, call in trials.items():
        if _works(call, seconds):
            found.add(name)
    routes: tuple[Route, ...] = ("fit",)
    if "sample_weight" in found:
        routes += ("sample_weight",)
    if "partial_fit" in found:
        routes += ("partial_fit",)
    return frozenset(found), routes


def _works(call: Callable[[], Any], seconds: float) -> bool:
    try:
        with at_most(seconds):
            call()
    # Whatever it raises, it is not to be asked for that.
    except (Exception, SystemExit, TooLongError):
        return False
    return True
