"""By how much a classifier breaks a law on one problem: 1 is as much as rounding explains.

Each function takes an estimator that is not fitted and a problem (training rows X and y, rows Z
to predict, whole weights), and returns a *margin*, the residual over the tolerance.  They need
NumPy and scikit-learn's ``clone`` alone: their source is what a counterexample's snippet prints.
"""

from typing import Any

import numpy as np
from sklearn.base import clone

__all__ = [
    "batch_is_its_rows",
    "columns_follow_classes",
    "constant_feature",
    "far_away",
    "feature_order",
    "fits_or_explains",
    "fitted",
    "input_is_left_alone",
    "label_names",
    "log_is_the_logarithm",
    "normalising",
    "order_of_rows",
    "partial_fits",
    "prediction_is_the_mode",
    "rounding",
    "rows_sum_to_one",
    "scale_of_weights",
    "sensitivity",
    "values_are_probabilities",
    "weights_are_repeats",
    "zero_weights",
]


def fitted(estimator: Any, X: Any, y: Any, **words: Any) -> Any:
    """A fitted copy of the estimator."""
    return clone(estimator).fit(X, y, **words)


def rounding(P: Any, X: Any) -> float:
    """What adding up a few dozen numbers leaves, of the coarser type: 64 units per column."""
    coarse = np.float32 in (np.asarray(P).dtype, X.dtype)
    eps = float(np.finfo(np.float32 if coarse else float).eps)
    return 64.0 * eps * max(int(np.shape(P)[-1]), 1)


def normalising(model: Any, P: Any, problem: Any) -> float:
    """What normalising leaves: more where large log-densities were subtracted, up to six digits."""
    plain = rounding(P, problem.X)
    if not hasattr(model, "predict_joint_log_proba"):
        return plain
    joint = np.abs(np.asarray(model.predict_joint_log_proba(problem.Z), dtype=float))
    size = float(joint[np.isfinite(joint)].max(initial=0.0))
    return max(plain, min(plain * size, 1e-6))


def values_are_probabilities(estimator: Any, problem: Any) -> float:
    """How far a value of predict_proba is outside of [0, 1]."""
    model = fitted(estimator, problem.X, problem.y)
    P = np.asarray(model.predict_proba(problem.Z))
    n_classes = len(np.unique(problem.y))
    if P.dtype.kind not in "fiu" or P.shape != (len(problem.Z), n_classes):
        return float("inf")
    if not np.isfinite(P).all():
        return float("inf")
    return float(max(-P.min(), P.max() - 1.0)) / normalising(model, P, problem)


def rows_sum_to_one(estimator: Any, problem: Any) -> float:
    """How far the probabilities of a row are from adding up to one."""
    model = fitted(estimator, problem.X, problem.y)
    P = np.asarray(model.predict_proba(problem.Z))
    missed = np.max(np.abs(P.sum(axis=1, dtype=float) - 1.0))
    return float(missed) / normalising(model, P, problem)


def prediction_is_the_mode(estimator: Any, problem: Any) -> float:
    """By how much a predicted class is less probable than another, beyond six digits."""
    model = fitted(estimator, problem.X, problem.y)
    P = np.asarray(model.predict_proba(problem.Z), dtype=float)
    predicted = np.asarray(model.predict(problem.Z))
    classes = list(model.classes_)
    if predicted.shape != (len(problem.Z),) or not set(predicted.tolist()) <= set(classes):
        return float("inf")
    chosen = P[np.arange(len(P)), [classes.index(label) for label in predicted.tolist()]]
    return float(np.max(P.max(axis=1) - chosen)) / (1e-6 + rounding(P, problem.X))


def log_is_the_logarithm(estimator: Any, problem: Any) -> float:
    """How far predict_log_proba is from the logarithm of predict_proba, where that has one."""
    model = fitted(estimator, problem.X, problem.y)
    P = np.asarray(model.predict_proba(problem.Z))
    L = np.asarray(model.predict_log_proba(problem.Z), dtype=float)
    if L.shape != P.shape or np.isnan(L).any():
        return float("inf")
    # below the smallest normal number a probability has lost digits that its logarithm may keep
    smallest = np.finfo(P.dtype).tiny if P.dtype.kind == "f" else 1.0
    known = smallest < P
    if L[~known].size and L[~known].max() > np.log(smallest) + 1.0:
        return float("inf")
    expected = np.log(P[known].astype(float))
    missed = np.abs(L[known] - expected) / (1.0 + np.abs(expected))
    return float(np.max(missed, initial=0.0)) / (64.0 * rounding(P, problem.X))


def columns_follow_classes(estimator: Any, problem: Any) -> float:
    """0 if classes_ are the sorted labels, with one column each; infinity otherwise."""
    model = fitted(estimator, problem.X, problem.y)
    labels = np.unique(problem.y)
    same = np.array_equal(np.asarray(model.classes_), labels)
    shape = np.shape(model.predict_proba(problem.Z))
    return 0.0 if same and shape == (len(problem.Z), len(labels)) else float("inf")


def sensitivity(estimator: Any, problem: Any, **words: Any) -> float:
    """By how much probabilities change when every number is off by a few units of rounding."""
    few = 4.0 * np.finfo(problem.X.dtype).eps
    # some up and some not, since all by one factor would only be another unit; and none down,
    # where a category would become the one below
    signs = np.indices(problem.X.shape).sum(axis=0) % 2
    model = fitted(estimator, problem.X, problem.y, **words)
    P = np.asarray(model.predict_proba(problem.Z), dtype=float)
    wobbled = (problem.X * (1.0 + few * signs)).astype(problem.X.dtype)
    moved = fitted(estimator, wobbled, problem.y, **words).predict_proba(problem.Z)
    shaken = model.predict_proba((problem.Z * (1.0 + few)).astype(problem.Z.dtype))
    return float(max(np.max(np.abs(P - moved)), np.max(np.abs(P - shaken))))


def batch_is_its_rows(estimator: Any, problem: Any) -> float:
    """How far the probabilities of a row change with the other rows that are asked for."""
    model = fitted(estimator, problem.X, problem.y)
    P = np.asarray(model.predict_proba(problem.Z), dtype=float)
    alone = np.vstack([model.predict_proba(row[None]) for row in problem.Z])
    back = np.asarray(model.predict_proba(problem.Z[::-1]))[::-1]
    missed = float(max(np.max(np.abs(P - alone)), np.max(np.abs(P - back))))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def input_is_left_alone(estimator: Any, problem: Any) -> float:
    """Infinity if fitting or predicting changes its arguments, or predicting the next answer."""
    X, y, Z = problem.X.copy(), problem.y.copy(), problem.Z.copy()
    model = fitted(estimator, X, y)
    first = np.array(model.predict_proba(Z))
    model.predict(Z)
    second = np.array(model.predict_proba(Z))
    same = np.array_equal(X, problem.X) and np.array_equal(y, problem.y)
    same = same and np.array_equal(Z, problem.Z) and np.array_equal(first, second, equal_nan=True)
    return 0.0 if same else float("inf")


def fits_or_explains(estimator: Any, problem: Any) -> float:
    """0 if the problem is fitted and predicted, or refused by a ValueError; else it raises."""
    try:
        model = clone(estimator).fit(problem.X, problem.y)
    except ValueError:
        return 0.0
    model.predict_proba(problem.Z)
    return 0.0


def order_of_rows(estimator: Any, problem: Any) -> float:
    """How far probabilities depend on the order in which the training rows come."""
    P = np.asarray(fitted(estimator, problem.X, problem.y).predict_proba(problem.Z), dtype=float)
    back = fitted(estimator, problem.X[::-1], problem.y[::-1]).predict_proba(problem.Z)
    missed = float(np.max(np.abs(P - back)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def label_names(estimator: Any, problem: Any) -> float:
    """How far probabilities depend on what the classes are called, and in which order."""
    P = np.asarray(fitted(estimator, problem.X, problem.y).predict_proba(problem.Z), dtype=float)
    labels, index = np.unique(problem.y, return_inverse=True)
    renamed = fitted(estimator, problem.X, len(labels) - index)
    turned = np.asarray(renamed.predict_proba(problem.Z))[:, ::-1]
    missed = float(np.max(np.abs(P - turned)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def feature_order(estimator: Any, problem: Any) -> float:
    """How far probabilities depend on the order of the columns."""
    P = np.asarray(fitted(estimator, problem.X, problem.y).predict_proba(problem.Z), dtype=float)
    turned = fitted(estimator, problem.X[:, ::-1], problem.y).predict_proba(problem.Z[:, ::-1])
    missed = float(np.max(np.abs(P - turned)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def weights_are_repeats(estimator: Any, problem: Any) -> float:
    """How far a row of weight k is from k rows."""
    weight = problem.weight + 1
    weighted = fitted(estimator, problem.X, problem.y, sample_weight=weight.astype(float))
    P = np.asarray(weighted.predict_proba(problem.Z), dtype=float)
    copies = np.repeat(problem.X, weight, axis=0), np.repeat(problem.y, weight)
    repeated = fitted(estimator, *copies).predict_proba(problem.Z)
    missed = float(np.max(np.abs(P - repeated)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def zero_weights(estimator: Any, problem: Any) -> float:
    """How far a row of weight zero is from no row; each class keeps the rows of its first half."""
    rank = np.zeros(len(problem.y), dtype=int)
    for label in np.unique(problem.y):
        own = problem.y == label
        rank[own] = np.arange(own.sum()) >= (own.sum() + 1) // 2
    weight = np.where((rank == 1) & (problem.weight == 0), 0.0, 1.0)
    weighted = fitted(estimator, problem.X, problem.y, sample_weight=weight)
    P = np.asarray(weighted.predict_proba(problem.Z), dtype=float)
    kept = weight > 0
    fewer = fitted(estimator, problem.X[kept], problem.y[kept]).predict_proba(problem.Z)
    missed = float(np.max(np.abs(P - fewer)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def scale_of_weights(estimator: Any, problem: Any) -> float:
    """How far probabilities depend on a factor that all weights share."""
    weight = problem.weight + 1.0
    words = {"sample_weight": weight}
    P = np.asarray(
        fitted(estimator, problem.X, problem.y, **words).predict_proba(problem.Z), dtype=float
    )
    fourfold = fitted(estimator, problem.X, problem.y, sample_weight=4.0 * weight)
    missed = float(np.max(np.abs(P - fourfold.predict_proba(problem.Z))))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem, **words))


def partial_fits(estimator: Any, problem: Any) -> float:
    """How far a fit in two chunks is from a fit at once."""
    P = np.asarray(fitted(estimator, problem.X, problem.y).predict_proba(problem.Z), dtype=float)
    chunked, half = clone(estimator), len(problem.y) // 2
    chunked.partial_fit(problem.X[:half], problem.y[:half], classes=np.unique(problem.y))
    chunked.partial_fit(problem.X[half:], problem.y[half:])
    missed = float(np.max(np.abs(P - chunked.predict_proba(problem.Z))))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def constant_feature(estimator: Any, problem: Any) -> float:
    """How far a column that is the same for every row changes probabilities."""
    P = np.asarray(fitted(estimator, problem.X, problem.y).predict_proba(problem.Z), dtype=float)
    X, Z = (np.column_stack([rows, np.full(len(rows), 3.0)]) for rows in (problem.X, problem.Z))
    wider = fitted(estimator, X, problem.y).predict_proba(Z)
    missed = float(np.max(np.abs(P - wider)))
    return missed / (rounding(P, problem.X) + 64.0 * sensitivity(estimator, problem))


def far_away(estimator: Any, problem: Any) -> float:
    """Whether far from all rows the values are still probabilities, to six digits.

    Also where every row comes once with each of two labels: densities far out are then tiny,
    and equal.
    """
    first, second = np.unique(problem.y)[:2]
    twins = np.vstack([problem.X, problem.X]), np.repeat([first, second], len(problem.X))
    worst = 0.0
    for model in (fitted(estimator, problem.X, problem.y), fitted(estimator, *twins)):
        for factor in (2.0**10, 2.0**20, 2.0**30, 2.0**40):
            P = np.asarray(model.predict_proba((factor * problem.Z).astype(problem.X.dtype)))
            if not np.isfinite(P).all():
                return float("inf")
            P = P.astype(float)
            worst = max(worst, -P.min(), P.max() - 1.0, np.abs(P.sum(axis=1) - 1.0).max())
    return float(worst) / (1e-6 if problem.X.dtype == np.float64 else 1e-3)
