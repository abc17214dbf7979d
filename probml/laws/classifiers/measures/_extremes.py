"""Probabilities far from all data, and in few digits: laws EXT."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from probml.laws.classifiers.measures._basics import (
    Finding,
    UnusableError,
    answers,
    fitted,
    iterates,
    log_answers,
    lost_digits,
    near_zero,
    normalising,
    rounding,
    sensitivity,
    unconverged,
    wrong_form,
)

__all__ = [
    "far_away",
    "logarithms_keep_digits",
    "nothing_to_tell_apart",
    "single_precision",
    "straight_far_away",
]


def far_away(estimator: Any, problem: Any) -> Finding:
    """Whether far from all rows the values are still probabilities, to six digits.

    Normalising loses digits there, which explains a sum that is off, and no value below zero; in
    float32, and of log-densities of 1e12, three are left.
    Also where every row comes once with each of two labels: densities far out are then tiny,
    and equal.  Who refuses such rows says nothing wrong of them.
    """
    first, second = np.unique(problem.y)[:2]
    twins = np.vstack([problem.X, problem.X]), np.repeat([first, second], len(problem.X))
    worst = Finding(0.0, 0.0, "it refuses all that is far")
    for model in (fitted(estimator, problem.X, problem.y), fitted(estimator, *twins)):
        least = 1e-3 if problem.X.dtype == np.float32 else 1e-6
        for factor in (4.0, 16.0, 64.0, 256.0, 2.0**10, 2.0**20, 2.0**30, 2.0**40):
            Z = (factor * problem.Z).astype(problem.X.dtype)
            try:
                P = np.asarray(model.predict_proba(Z))
            except (LookupError, ValueError):
                break
            if not np.isfinite(P).all():
                return wrong_form(f"values that are not finite at {factor:.0e} times Z", P)
            if -P.min() > rounding(P, Z):
                return wrong_form(f"values below zero at {factor:.0e} times Z", P)
            P = P.astype(float)
            sums = np.abs(P.sum(axis=1) - 1.0)
            missed = float(max(-P.min(), P.max() - 1.0, sums.max(), 0.0))
            allowed = max(normalising(model, Z, rounding(P, Z), 1e-3), least)
            found = Finding(missed, allowed, f"{problem.X.dtype}, {factor:.0e} times Z", P)
            if missed > allowed:
                return found
            worst = max(worst, found, key=lambda f: f.missed)
            if hasattr(model, "predict_log_proba") and np.isnan(model.predict_log_proba(Z)).any():
                return wrong_form(f"log-probabilities that are NaN at {factor:.0e} times Z")
    return worst


def logarithms_keep_digits(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from the decision where probabilities have lost their digits.

    Asked of models alone whose decision is the log-odds near the data.
    """
    model = fitted(estimator, problem.X, problem.y)
    found = Finding(0.0, 0.0, "")
    for factor in (1.0, 2.0**10, 2.0**20):
        Z = (factor * problem.Z).astype(problem.X.dtype)
        L = np.asarray(model.predict_log_proba(Z), dtype=float)
        D = np.asarray(model.decision_function(Z), dtype=float)
        D = np.stack([np.zeros_like(D), D], axis=1) if D.ndim == 1 else D
        if D.shape != L.shape or not np.isfinite(D).all():
            raise UnusableError("its decision is no finite score for each class")
        if not np.isfinite(L).all():
            return wrong_form(f"the decision is finite at {factor:.0e} times Z, its logarithm not")
        odds, decided = L[:, 1:] - L[:, :1], D[:, 1:] - D[:, :1]
        missed = np.abs(odds - decided)
        explained = 1e-6 * (1.0 + np.abs(decided)) + lost_digits(decided, problem.X)
        if factor == 1.0 and (missed > explained).any():
            raise UnusableError("its decision is not the log-odds")
        size = 1.0 + np.maximum(np.abs(D).max(axis=1), np.abs(L).max(axis=1))[:, None]
        conditions = f"{problem.X.dtype}, relative to the scores at {factor:.0e} times Z"
        found = Finding(float(np.max(missed / size)), rounding(L, problem.X), conditions)
        if found.missed > found.allowed:
            break
    return found


def nothing_to_tell_apart(estimator: Any, problem: Any) -> Finding:
    """How far from even two classes are whose rows are the same, near and far."""
    first, second = np.unique(problem.y)[:2]
    X = np.vstack([problem.X, problem.X])
    y = np.repeat([first, second], len(problem.X))
    model = fitted(estimator, X, y)
    Z = np.vstack([problem.Z, (2.0**20 * problem.Z).astype(problem.X.dtype)])
    P = answers(model, Z)
    even = np.full(P.shape, 0.5)
    tol = estimator.get_params().get("tol") if hasattr(estimator, "get_params") else None
    if isinstance(tol, float) and not np.array_equal(P, even):
        # an iteration may end a little beside zero, and far out that is far from even
        P, even = P[: len(problem.Z)], even[: len(problem.Z)]
    missed = float(np.max(np.abs(P - even)))
    allowed = rounding(P, X) + (10.0 * tol if isinstance(tol, float) else 0.0)
    return Finding(missed, allowed, f"{X.dtype}, tol {tol}", P, even)


def straight_far_away(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from affine along a line through the data and far beyond."""
    model = fitted(estimator, problem.X, problem.y)
    dtype = problem.X.dtype
    start, way = problem.X[0], problem.Z[0] - problem.X[0]
    way = np.where(way == 0, dtype.type(1), way)
    steps = np.array([0.0, 1.0, 2.0, 2.0**5, 2.0**10, 2.0**20])
    line = (start + steps[:, None] * way).astype(dtype)
    L = log_answers(model, line)
    # where a probability vanished its logarithm may be infinite, of which EXT-02 speaks
    finite = np.isfinite(L).all(axis=1) & (np.ptp(L, axis=1) < 700.0)
    if finite[:3].sum() < 3:
        raise UnusableError("a log-probability is infinite near the data")
    L, line, steps = L[finite], line[finite], steps[finite, None]
    odds = L[:, 1:] - L[:, :1]
    straight = odds[0] + steps * (odds[-1] - odds[0]) / steps[-1]
    # what a few units of rounding of the rows change, some up and some down
    few = 4.0 * np.finfo(dtype).eps * (1.0 - 2.0 * (np.arange(line.shape[1]) % 2))
    moved = log_answers(model, (line * (1.0 + few)).astype(dtype))
    shaken = np.abs((moved[:, 1:] - moved[:, :1]) - odds).max(axis=1, keepdims=True)
    shaken = shaken + shaken[-1] * steps / steps[-1] + shaken[0]
    slack = rounding(L, problem.X) * (1.0 + np.abs(L).max(axis=1, keepdims=True)) + 64.0 * shaken
    # log-odds of rounded probabilities have lost digits, and the last ones set the slope
    lost = lost_digits(odds, problem.X)
    slack = slack + lost + (lost[-1] + lost[0]) * (1.0 + steps / steps[-1])
    worst = np.unravel_index(np.argmax(np.abs(odds - straight) / slack), odds.shape)
    missed, allowed = np.abs(odds - straight)[worst], slack[worst[0], 0]
    return Finding(float(missed), float(allowed), f"{dtype}, at {steps[worst[0], 0]:.0e} steps")


def single_precision(estimator: Any, problem: Any) -> Finding:
    """How many units of float32 the answer to float32 input is off, beyond what the data lose."""
    X, Z = problem.X.astype(np.float32), problem.Z.astype(np.float32)
    double = SimpleNamespace(X=X.astype(float), y=problem.y, Z=Z.astype(float))
    expected = answers(fitted(estimator, double.X, problem.y), double.Z)
    got = answers(fitted(estimator, X, problem.y), Z)
    missed, allowed = float(np.max(np.abs(got - expected))), rounding(got, X)
    conditions = f"float32, {expected.shape[1]} classes"
    if missed > allowed:
        if iterates(estimator):
            near_zero(problem)  # else the sums on the way to the answer are large and cancel
        # the double is asked, since a single that loses digits is sensitive because of that
        moved = sensitivity(estimator, double, unit=np.float32)
        # a network may turn off a unit a step earlier or later, which no small shake shows
        early = unconverged(estimator, double, unit=64.0 * float(np.finfo(np.float32).eps))
        allowed += 64.0 * moved + 4.0 * early
        conditions += f"; 4 units in the input move the answer by {moved:.1e}"
    return Finding(missed, allowed, conditions, got, expected)
