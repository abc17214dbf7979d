"""What should change nothing when it changes a problem: laws MET."""

from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import clone

from probml.laws.classifiers.measures._basics import (
    Finding,
    UnusableError,
    answers,
    compared,
    fitted,
    well_posed,
)

__all__ = [
    "affine_map",
    "constant_feature",
    "feature_order",
    "label_names",
    "order_of_rows",
    "partial_fits",
    "scale_of_features",
    "scale_of_weights",
    "sparse_rows",
    "weights_are_repeats",
    "zero_weights",
]


def order_of_rows(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the order in which the training rows come."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    # backwards, and halves interleaved: no palindrome comes out as it went in
    n = len(problem.y)
    turn = np.argsort(np.arange(n) * 2 % (n + 1 - n % 2))[::-1]
    other = fitted(estimator, problem.X[turn], problem.y[turn]).predict_proba(problem.Z)
    return compared(other, P, estimator, problem)


def label_names(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on what the classes are called, and in which order."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    labels, index = np.unique(problem.y, return_inverse=True)
    renamed = fitted(estimator, problem.X, len(labels) - index).predict_proba(problem.Z)
    return compared(np.asarray(renamed)[:, ::-1], P, estimator, problem)


def feature_order(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the order of the columns."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    turned = fitted(estimator, problem.X[:, ::-1], problem.y).predict_proba(problem.Z[:, ::-1])
    return compared(turned, P, estimator, problem)


def weights_are_repeats(estimator: Any, problem: Any) -> Finding:
    """How far a row of weight k is from k rows."""
    weight = problem.weight + 1
    words = {"sample_weight": weight.astype(float)}
    P = fitted(estimator, problem.X, problem.y, **words).predict_proba(problem.Z)
    copies = np.repeat(problem.X, weight, axis=0), np.repeat(problem.y, weight)
    repeated = answers(fitted(estimator, *copies), problem.Z)
    return compared(P, repeated, estimator, problem, **words)


def zero_weights(estimator: Any, problem: Any) -> Finding:
    """How far a row of weight zero is from no row; each class keeps the rows of its first half."""
    spare = np.zeros(len(problem.y), dtype=bool)
    for label in np.unique(problem.y):
        own = problem.y == label
        spare[own] = np.arange(own.sum()) >= (own.sum() + 1) // 2
    weight = np.where(spare & (problem.weight == 0), 0.0, 1.0)
    weighted = fitted(estimator, problem.X, problem.y, sample_weight=weight)
    P = weighted.predict_proba(problem.Z)
    kept = weight > 0
    fewer = answers(fitted(estimator, problem.X[kept], problem.y[kept]), problem.Z)
    return compared(P, fewer, estimator, problem, sample_weight=weight)


def scale_of_weights(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on a factor that all weights share."""
    weight = problem.weight + 1.0
    P = answers(fitted(estimator, problem.X, problem.y, sample_weight=weight), problem.Z)
    fourfold = fitted(estimator, problem.X, problem.y, sample_weight=4.0 * weight)
    other = fourfold.predict_proba(problem.Z)
    return compared(other, P, estimator, problem, sample_weight=weight)


def partial_fits(estimator: Any, problem: Any) -> Finding:
    """How far a fit in two chunks is from a fit at once."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    half, classes = len(problem.y) // 2, np.unique(problem.y)
    begun = clone(estimator).partial_fit(problem.X[:half], problem.y[:half], classes=classes)
    model = begun.partial_fit(problem.X[half:], problem.y[half:])
    return compared(model.predict_proba(problem.Z), P, estimator, problem)


def constant_feature(estimator: Any, problem: Any) -> Finding:
    """How far a column that is the same for every row changes probabilities."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    parts = (problem.X, problem.Z)
    X, Z = (np.column_stack([A, np.full(len(A), 3.0, A.dtype)]) for A in parts)
    wider = fitted(estimator, X, problem.y).predict_proba(Z)
    return compared(wider, P, estimator, problem)


def scale_of_features(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the unit of all features, 1024 times as large or small."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    found = Finding(0.0, 1.0, "")
    for factor in (2.0**10, 2.0**-10):
        X, Z = ((factor * A).astype(A.dtype) for A in (problem.X, problem.Z))
        other = fitted(estimator, X, problem.y).predict_proba(Z)
        found = compared(other, P, estimator, problem)
        if found.missed > found.allowed:
            return found
    return found


def affine_map(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the axes: each column is added to the next, and all moved."""
    well_posed(problem)
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    X, Z = (np.cumsum(A, axis=1, dtype=A.dtype) + A.dtype.type(1) for A in (problem.X, problem.Z))
    sheared = answers(fitted(estimator, X, problem.y), Z)
    found = compared(sheared, P, estimator, problem)
    if found.missed > found.allowed:
        # the sheared problem may be the less well conditioned of the two
        return compared(P, sheared, estimator, SimpleNamespace(X=X, y=problem.y, Z=Z))
    return found


def sparse_rows(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on whether zeros are stored; half of the numbers are."""
    X, Z = (A * (np.indices(A.shape).sum(axis=0) % 2) for A in (problem.X, problem.Z))
    sparser = SimpleNamespace(X=X, y=problem.y, Z=Z)
    P = answers(fitted(estimator, X, problem.y), Z)
    try:
        got = clone(estimator).fit(csr_matrix(X), problem.y).predict_proba(csr_matrix(Z))
    except (TypeError, ValueError) as error:
        raise UnusableError(f"it refuses sparse rows: {error}") from error
    return compared(got, P, estimator, sparser)
