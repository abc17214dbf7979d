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
    iterates,
    near_zero,
    posed_twice,
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
    # backwards, and halves interleaved: no palindrome comes out as it went in
    n = len(problem.y)
    turn = np.argsort(np.arange(n) * 2 % (n + 1 - n % 2))[::-1]
    turned = SimpleNamespace(X=problem.X[turn], y=problem.y[turn], Z=problem.Z)
    return posed_twice(estimator, problem, turned)


def label_names(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on what the classes are called, and in which order."""
    labels, index = np.unique(problem.y, return_inverse=True)
    renamed = SimpleNamespace(X=problem.X, y=len(labels) - index, Z=problem.Z)
    return posed_twice(estimator, problem, renamed, columns=slice(None, None, -1))


def feature_order(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the order of the columns."""
    turned = SimpleNamespace(X=problem.X[:, ::-1], y=problem.y, Z=problem.Z[:, ::-1])
    return posed_twice(estimator, problem, turned)


def weights_are_repeats(estimator: Any, problem: Any) -> Finding:
    """How far a row of weight k is from k rows."""
    weight = problem.weight + 1
    X, y, Z = problem.X, problem.y, problem.Z
    return posed_twice(
        estimator,
        SimpleNamespace(X=np.repeat(X, weight, axis=0), y=np.repeat(y, weight), Z=Z),
        SimpleNamespace(X=X, y=y, Z=Z, words={"sample_weight": weight.astype(float)}),
    )


def zero_weights(estimator: Any, problem: Any) -> Finding:
    """How far a row of weight zero is from no row; each class keeps the rows of its first half."""
    X, y, Z = problem.X, problem.y, problem.Z
    spare = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        own = y == label
        spare[own] = np.arange(own.sum()) >= (own.sum() + 1) // 2
    weight = np.where(spare & (problem.weight == 0), 0.0, 1.0)
    return posed_twice(
        estimator,
        SimpleNamespace(X=X[weight > 0], y=y[weight > 0], Z=Z),
        SimpleNamespace(X=X, y=y, Z=Z, words={"sample_weight": weight}),
    )


def scale_of_weights(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on a factor that all weights share."""
    one, four = (
        SimpleNamespace(
            X=problem.X,
            y=problem.y,
            Z=problem.Z,
            words={"sample_weight": factor * (problem.weight + 1.0)},
        )
        for factor in (1.0, 4.0)
    )
    return posed_twice(estimator, one, four)


def partial_fits(estimator: Any, problem: Any) -> Finding:
    """How far a fit in two chunks is from a fit at once."""
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    half, classes = len(problem.y) // 2, np.unique(problem.y)
    begun = clone(estimator).partial_fit(problem.X[:half], problem.y[:half], classes=classes)
    model = begun.partial_fit(problem.X[half:], problem.y[half:])
    return compared(model.predict_proba(problem.Z), P, estimator, problem)


def constant_feature(estimator: Any, problem: Any) -> Finding:
    """How far a column that is the same for every row changes probabilities."""
    parts = (problem.X, problem.Z)
    X, Z = (np.column_stack([A, np.full(len(A), 3.0, A.dtype)]) for A in parts)
    return posed_twice(estimator, problem, SimpleNamespace(X=X, y=problem.y, Z=Z))


def scale_of_features(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the unit of all features, 1024 times as large or small."""
    found = Finding(0.0, 1.0, "")
    for factor in (2.0**10, 2.0**-10):
        X, Z = ((factor * A).astype(A.dtype) for A in (problem.X, problem.Z))
        found = posed_twice(estimator, problem, SimpleNamespace(X=X, y=problem.y, Z=Z))
        if found.missed > found.allowed:
            return found
    return found


def affine_map(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the axes: each column is added to the next, and all moved."""
    well_posed(problem)
    X, Z = (np.cumsum(A, axis=1, dtype=A.dtype) + A.dtype.type(1) for A in (problem.X, problem.Z))
    return posed_twice(estimator, problem, SimpleNamespace(X=X, y=problem.y, Z=Z))


def sparse_rows(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on whether zeros are stored; half of the numbers are."""
    X, Z = (A * (np.indices(A.shape).sum(axis=0) % 2) for A in (problem.X, problem.Z))
    sparser = SimpleNamespace(X=X, y=problem.y, Z=Z)
    P = answers(fitted(estimator, X, problem.y), Z)
    try:
        got = clone(estimator).fit(csr_matrix(X), problem.y).predict_proba(csr_matrix(Z))
    except (TypeError, ValueError) as error:
        raise UnusableError(f"it refuses sparse rows: {error}") from error
    found = compared(got, P, estimator, sparser)
    if found.missed > found.allowed and iterates(estimator):
        near_zero(problem)  # what is left beside the zeros is as far off as it was
    return found
