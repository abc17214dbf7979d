"""What a table of probabilities owes to whoever reads it: laws ANY."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from probml.laws.classifiers.measures._basics import (
    Finding,
    UnusableError,
    answers,
    apart,
    compared,
    far_from_zero,
    fitted,
    model_of,
    normalising,
    posed_twice,
    rounding,
    sensitivity,
    table_of,
    ties,
    unconverged,
    wrong_form,
)

__all__ = [
    "batch_is_its_rows",
    "columns_follow_classes",
    "fit_begins_anew",
    "fits_or_explains",
    "form_of_numbers",
    "input_is_left_alone",
    "log_is_the_logarithm",
    "one_class",
    "other_labels",
    "prediction_is_the_mode",
    "rows_sum_to_one",
    "values_are_probabilities",
]


def values_are_probabilities(estimator: Any, problem: Any) -> Finding:
    """How far a value of predict_proba is outside of [0, 1]."""
    model = model_of(estimator, problem)
    P = np.asarray(model.predict_proba(problem.Z))
    shape = (len(problem.Z), len(np.unique(problem.y)))
    if P.dtype.kind not in "fiu":
        return wrong_form(f"predict_proba returned values of type {P.dtype}", P)
    if P.shape != shape:
        return wrong_form(f"predict_proba returned shape {P.shape} for {shape}", P)
    if not np.isfinite(P).all():
        return wrong_form("predict_proba returned values that are not finite", P)
    below, above, plain = float(-P.min()), float(P.max() - 1.0), rounding(P, problem.X)
    conditions = f"{P.dtype}, {shape[1]} classes"
    if below > plain:
        # normalising by a sum that is a little off makes nothing negative
        return Finding(below, plain, conditions, P)
    allowed = normalising(model, problem.Z, plain)
    return Finding(max(below, above, 0.0), allowed, conditions, P)


def rows_sum_to_one(estimator: Any, problem: Any) -> Finding:
    """How far the probabilities of a row are from adding up to one."""
    model = model_of(estimator, problem)
    raw = model.predict_proba(problem.Z)
    P = table_of(raw, len(problem.Z))
    missed = float(np.max(np.abs(P.sum(axis=1) - 1.0)))
    allowed = normalising(model, problem.Z, rounding(raw, problem.X))
    return Finding(missed, allowed, f"{np.asarray(raw).dtype}, {P.shape[1]} classes", P)


def prediction_is_the_mode(estimator: Any, problem: Any) -> Finding:
    """By how much a predicted class is less probable than another, beyond six digits."""
    model = model_of(estimator, problem)
    Z = _with_close_calls(model, problem)
    P = answers(model, Z)
    predicted = np.asarray(model.predict(Z))
    classes = list(model.classes_)
    if predicted.shape != (len(Z),) or not set(predicted.tolist()) <= set(classes):
        return wrong_form(f"predict returned {predicted.tolist()} for labels {classes}")
    chosen = np.eye(P.shape[1])[[classes.index(label) for label in predicted.tolist()]]
    missed = float(np.max(P.max(axis=1) - (P * chosen).sum(axis=1)))
    allowed = 1e-6 + rounding(P, problem.X)
    return Finding(missed, allowed, "six digits; closer is a tie", chosen, P)


def _with_close_calls(model: Any, problem: Any) -> Any:
    """Rows to predict, and more between two classes where these are nearly as likely."""
    X, Z = problem.X, problem.Z
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f":
        return Z
    rows = [Z]
    try:
        start, end = X[0], X[np.argmax(problem.y != problem.y[0])]
        for _ in range(3):
            line = start + np.linspace(0.0, 1.0, 33, dtype=X.dtype)[:, None] * (end - start)
            two = np.sort(answers(model, line), axis=1)[:, -2:]
            closest = int(np.argmin(two[:, -1] - two[:, 0]))
            start, end = line[max(closest - 1, 0)], line[min(closest + 1, 32)]
            rows.append(line)
    # whoever predicts only what it has seen says so in a way of its own
    except Exception:
        return Z
    return np.vstack(rows)


def log_is_the_logarithm(estimator: Any, problem: Any) -> Finding:
    """How far predict_log_proba is from the logarithm of predict_proba, where that has one."""
    model = model_of(estimator, problem)
    raw = np.asarray(model.predict_proba(problem.Z))
    P = table_of(raw, len(problem.Z))
    L = np.asarray(model.predict_log_proba(problem.Z), dtype=float)
    if L.shape != P.shape or np.isnan(L).any():
        return wrong_form(f"predict_log_proba returned NaN or shape {L.shape} for {P.shape}", P)
    # below the smallest normal number a probability has lost digits that its logarithm may keep
    coarse = np.float32 in (raw.dtype, getattr(problem.Z, "dtype", None))
    smallest = float(np.finfo(np.float32 if coarse else float).tiny)
    known = smallest < P
    if L[~known].size and L[~known].max() > np.log(smallest) + 1.0:
        return wrong_form("predict_log_proba is far above a probability that vanished", np.exp(L))
    expected = np.log(P[known])
    missed = float(np.max(np.abs(L[known] - expected) / (1.0 + np.abs(expected)), initial=0.0))
    allowed = 64.0 * rounding(raw, problem.X)
    conditions = f"{raw.dtype}, {P.shape[1]} classes, relative to 1 + |log p|"
    return Finding(missed, allowed, conditions, np.exp(L), P)


def columns_follow_classes(estimator: Any, problem: Any) -> Finding:
    """Whether classes_ are the sorted labels, with one column each."""
    model = model_of(estimator, problem)
    labels, classes = np.unique(problem.y), np.asarray(model.classes_)
    shape = np.shape(model.predict_proba(problem.Z))
    if not np.array_equal(classes, labels):
        return wrong_form(f"classes_ are {classes.tolist()} for labels {labels.tolist()}")
    if shape != (len(problem.Z), len(labels)):
        return wrong_form(f"predict_proba returned shape {shape} for {len(labels)} classes")
    return Finding(0.0, 0.0, "equal or not")


def batch_is_its_rows(estimator: Any, problem: Any) -> Finding:
    """How far the probabilities of a row change with the other rows that are asked for."""
    model = fitted(estimator, problem.X, problem.y)
    # of many rows as many as can be asked one by one
    some = problem.Z[:: max(1, len(problem.Z) // 50)]
    P = answers(model, some)
    alone = np.vstack([np.asarray(model.predict_proba(some[i : i + 1])) for i in range(len(some))])
    # eight of each, the last ones first
    back = np.repeat(np.arange(len(some))[::-1], 8)
    many = model.predict_proba(some.iloc[back] if hasattr(some, "iloc") else some[back])
    among = np.asarray(many)[::8][::-1]
    other = alone if apart(alone, P, False) > apart(among, P, False) else among
    return compared(other, P, estimator, problem)


def input_is_left_alone(estimator: Any, problem: Any) -> Finding:
    """Whether fitting or predicting changes its arguments, or predicting the next answer."""
    X, y, Z = problem.X.copy(), problem.y.copy(), problem.Z.copy()
    words = {}
    if problem.route == "sample_weight":
        words["sample_weight"] = problem.weight.astype(float)
    model = fitted(estimator, X, y, **words)
    first = np.array(model.predict_proba(Z))
    for ask in ("predict", "predict_log_proba", "decision_function"):
        if hasattr(model, ask):
            getattr(model, ask)(Z)
    second = np.array(model.predict_proba(Z))
    pairs = {"X": (problem.X, X), "y": (problem.y, y), "Z": (problem.Z, Z)}
    pairs |= {name: (problem.weight, weight) for name, weight in words.items()}
    for name, (before, after) in pairs.items():
        if not np.array_equal(np.asarray(before), np.asarray(after)):
            return wrong_form(f"{name} was written to")
    if not np.array_equal(first, second, equal_nan=True):
        return Finding(float("inf"), 0.0, "the second answer is another", second, first)
    return Finding(0.0, 0.0, "equal or not")


def fit_begins_anew(estimator: Any, problem: Any) -> Finding:
    """How far a model that was fitted to other rows before is from one that was not."""
    given = estimator.get_params() if hasattr(estimator, "get_params") else {}
    if any(name.split("__")[-1] == "warm_start" and value for name, value in given.items()):
        raise UnusableError("it is told to begin where it was")
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    again = clone(estimator)
    try:
        again.fit(2 * problem.X, problem.y[::-1])
    except (ValueError, RuntimeError) as error:
        raise UnusableError(f"it refuses the other rows: {error}") from error
    return compared(again.fit(problem.X, problem.y).predict_proba(problem.Z), P, estimator, problem)


def fits_or_explains(estimator: Any, problem: Any) -> Finding:
    """0 if the problem is fitted and predicted, or refused with a reason; else it raises."""
    try:
        model = model_of(estimator, problem)
    except (ValueError, RuntimeError):
        return Finding(0.0, 0.0, "it raises or it does not")
    model.predict_proba(problem.Z)
    return Finding(0.0, 0.0, "it raises or it does not")


def one_class(estimator: Any, problem: Any) -> Finding:
    """Whether rows of one class alone are refused, or get one column of ones."""
    only = np.full(len(problem.y), problem.y[0])
    try:
        model = clone(estimator).fit(problem.X, only)
    except (ValueError, RuntimeError):
        return Finding(0.0, 0.0, "refused")
    P = np.asarray(model.predict_proba(problem.Z))
    if P.shape != (len(problem.Z), 1):
        return wrong_form(f"predict_proba returned shape {P.shape} for one class", P)
    if not np.isfinite(P).all():
        return wrong_form("predict_proba returned values that are not finite", P)
    missed = float(np.max(np.abs(P - 1.0)))
    return Finding(
        missed, normalising(model, problem.Z, rounding(P, problem.X)), f"{P.dtype}, one class", P
    )


def other_labels(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on what the classes are called, in the same order."""
    classes, index = np.unique(problem.y, return_inverse=True)
    for names in (10 * index + 5, *([index == 1] if len(classes) == 2 else [])):
        renamed = SimpleNamespace(X=problem.X, y=names, Z=problem.Z)
        found = posed_twice(estimator, problem, renamed)
        if found.missed > found.allowed:
            break
    return found


def form_of_numbers(estimator: Any, problem: Any) -> Finding:
    """How far probabilities depend on the type and the layout in which equal numbers come.

    In one form both to fit and to predict, and only to predict.  What is narrower than float64
    may be computed with in single precision, and an iteration in that ends elsewhere.  The classes
    are called 0, 1, ..., since of their names ANY-11 speaks.
    """
    X, y, Z = problem.X, np.unique(problem.y, return_inverse=True)[1], problem.Z
    problem = SimpleNamespace(X=X, y=y, Z=Z)
    model = fitted(estimator, X, y)
    P = answers(model, Z)
    single = SimpleNamespace(X=X.astype(np.float32), y=y, Z=Z.astype(np.float32))
    found = Finding(0.0, 1.0, "no form but one was taken")
    for form in _forms(X, Z):
        narrow = getattr(form(Z), "itemsize", X.itemsize) < X.itemsize
        for again in (False, True):
            try:
                taught = fitted(estimator, form(X), y) if again else model
                other = taught.predict_proba(form(Z))
            except (TypeError, ValueError, RuntimeError):
                continue
            found = compared(other, P, estimator, problem)
            if found.missed > found.allowed and narrow:
                more = 64.0 * sensitivity(estimator, problem, unit=np.float32)
                more += rounding(P, np.float32(0))
                more += 4.0 * unconverged(estimator, single) if again else 0.0
                found = found._replace(allowed=found.allowed + more)
            if found.missed > found.allowed:
                # another form may be searched in another order, as by kNN
                found = found._replace(allowed=found.allowed + ties(estimator, problem))
            if found.missed > found.allowed:
                return found
    return found


def _forms(X: Any, Z: Any) -> Any:
    """Functions that write a table of numbers in other ways, of those that lose no digit of it."""
    names = [f"x{j}" for j in range(X.shape[1])]
    yield np.asfortranarray
    yield lambda A: np.repeat(A, 2, axis=1)[:, ::2]
    yield lambda A: pd.DataFrame(A, columns=names)
    if X.dtype != np.float64:
        return
    yield lambda A: A.tolist()
    if not far_from_zero(X):
        yield lambda A: A.astype(np.float32)
    if (np.floor(X) == X).all() and (np.floor(Z) == Z).all():
        low, high = min(X.min(), Z.min()), max(X.max(), Z.max())
        yield lambda A: A.astype(np.int64)
        # differences of these wrap around
        if low >= 0 and high <= 255:
            yield lambda A: A.astype(np.uint8)
        if low >= -128 and high <= 127:
            yield lambda A: A.astype(np.int8)
