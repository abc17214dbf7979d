"""What a classifier that claims a linear or layered model owes to its parameters: laws DIS."""

from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import clone

from probml.laws.classifiers.measures._basics import (
    Finding,
    UnusableError,
    answers,
    compared,
    fitted,
    log_answers,
    lost_digits,
    near_zero,
    rounding,
    wrong_form,
)

__all__ = [
    "class_frequencies",
    "decision_is_linear",
    "decision_is_log_odds",
    "gradient_vanishes",
    "hidden_units_permute",
    "no_last_layer",
    "norm_grows",
    "penalty_without_end",
    "shift_of_intercepts",
    "softmax_of_decision",
]


def softmax(D: Any) -> Any:
    """Softmax of the rows; a single column is the log-odds of the second of two classes."""
    D = np.asarray(D, dtype=float)
    if D.ndim == 1:
        D = np.stack([np.zeros_like(D), D], axis=1)
    E = np.exp(D - D.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax_of_decision(estimator: Any, problem: Any) -> Finding:
    """How far probabilities are from the softmax of the decision function."""
    model = fitted(estimator, problem.X, problem.y)
    D = np.asarray(model.decision_function(problem.Z), dtype=float)
    P, expected = answers(model, problem.Z), softmax(D)
    if P.shape != expected.shape:
        raise UnusableError("its decision function has no column for each class")
    missed = float(np.max(np.abs(P - expected)))
    # exp(d) of a rounded d is off by as many units as d is large, and vanishes beyond 40
    size = 1.0 + min(40.0, float(np.abs(D).max()))
    conditions = f"{problem.X.dtype}, decisions up to {np.abs(D).max():.1e}"
    return Finding(missed, rounding(P, problem.X) * size, conditions, P, expected)


def decision_is_linear(estimator: Any, problem: Any) -> Finding:
    """How far the decision is from coefficients times features, apart from what classes share."""
    model, Z = fitted(estimator, problem.X, problem.y), problem.Z.astype(float)
    D = np.asarray(model.decision_function(problem.Z), dtype=float).reshape(len(Z), -1)
    W, b = np.asarray(model.coef_, dtype=float), np.asarray(model.intercept_, dtype=float)
    if D.shape[1] != len(W):
        return wrong_form(f"{D.shape[1]} decisions for the coefficients of {len(W)}")
    linear, size = Z @ W.T + b, np.abs(Z) @ np.abs(W).T + np.abs(b) + np.abs(D)
    gap = D - linear
    if D.shape[1] > 1:
        gap = gap - gap[:, :1]
        size = size + size[:, :1]
    missed = float(np.max(np.abs(gap) / (1.0 + size)))
    return Finding(missed, rounding(W, problem.X), f"{problem.X.dtype}, relative to its terms")


def decision_is_log_odds(estimator: Any, problem: Any) -> Finding:
    """How far differences of log-probabilities are from those of the decision function."""
    model = fitted(estimator, problem.X, problem.y)
    Z = np.vstack([problem.Z, 64 * problem.Z]).astype(problem.X.dtype)
    D, L = np.asarray(model.decision_function(Z), dtype=float), log_answers(model, Z)
    D = np.stack([np.zeros_like(D), D], axis=1) if D.ndim == 1 else D
    if D.shape != L.shape:
        raise UnusableError("its decision function has no column for each class")
    # where a probability vanished its logarithm is another law's, EXT-02
    known = np.isfinite(L).all(axis=1) & (np.ptp(D, axis=1) < 700.0)
    if not known.any():
        raise UnusableError("all probabilities vanish")
    D, L = D[known], L[known]
    odds, decided = L[:, 1:] - L[:, :1], D[:, 1:] - D[:, :1]
    beyond = np.maximum(np.abs(odds - decided) - lost_digits(decided, problem.X), 0.0)
    size = 1.0 + np.maximum(np.abs(D).max(axis=1), np.abs(L).max(axis=1))[:, None]
    missed = float(np.max(beyond / size))
    return Finding(missed, rounding(L, problem.X), f"{problem.X.dtype}, relative to the scores")


def shift_of_intercepts(estimator: Any, problem: Any) -> Finding:
    """How far a number that is added to all intercepts changes probabilities."""
    model = fitted(estimator, problem.X, problem.y)
    if len(np.atleast_1d(model.intercept_)) < 3:
        raise UnusableError("two classes share one intercept")
    P = answers(model, problem.Z)
    found = Finding(0.0, 1.0, "")
    for shift in (1.0, -745.0, 1e3):
        moved = deepcopy(model)
        moved.intercept_ = model.intercept_ + shift
        got = np.asarray(moved.predict_proba(problem.Z), dtype=float)
        missed = float(np.max(np.abs(got - P))) if np.isfinite(got).all() else float("inf")
        allowed = rounding(P, problem.X) * (1.0 + abs(shift))
        found = Finding(missed, allowed, f"{problem.X.dtype}, shifted by {shift:g}", got, P)
        if missed > allowed:
            break
    return found


def declared_tol(estimator: Any, problem: Any, model: Any) -> float:
    """The tolerance that a solver declares, where the problem lets it be kept."""
    words = estimator.get_params()
    tol = words.get("tol")
    if not isinstance(tol, float):
        raise UnusableError("it declares no tol")
    if problem.X.dtype == np.float32:
        raise UnusableError("in single precision no solver keeps its tolerance")
    near_zero(problem)
    steps, limit = np.max(getattr(model, "n_iter_", 0)), words.get("max_iter")
    if limit is not None and steps >= limit:
        raise UnusableError("it stopped before it had converged")
    return tol


def class_frequencies(estimator: Any, problem: Any) -> Finding:
    """How far mean probabilities of the training rows are from the class frequencies."""
    model = fitted(estimator, problem.X, problem.y)
    tol = declared_tol(estimator, problem, model)
    if not estimator.get_params().get("fit_intercept", True):
        raise UnusableError("it has no intercept")
    P = answers(model, problem.X)
    shares = np.unique(problem.y, return_counts=True)[1] / len(problem.y)
    missed = float(np.max(np.abs(P.mean(axis=0) - shares)))
    return Finding(missed, 10.0 * tol + rounding(P, problem.X), f"10 tol, of tol = {tol:g}")


def plain_ridge(estimator: Any) -> float:
    """The C of a penalty that is |w|^2 / (2 C) and nothing else."""
    words = estimator.get_params()
    others = {"penalty": ("l2", "deprecated"), "l1_ratio": (None, 0, 0.0), "class_weight": (None,)}
    for name, plain in others.items():
        if name in words and words[name] not in plain:
            raise UnusableError(f"{name} is {words[name]!r}")
    return float(words["C"])


def gradient_vanishes(estimator: Any, problem: Any) -> Finding:
    """How far the gradient of the mean cross-entropy plus |w|^2 / (2 C n) is from zero."""
    model = fitted(estimator, problem.X, problem.y)
    tol, C = declared_tol(estimator, problem, model), plain_ridge(estimator)
    X, n = problem.X.astype(float), len(problem.y)
    W, b = np.asarray(model.coef_, dtype=float), np.asarray(model.intercept_, dtype=float)
    T = (problem.y[:, None] == np.unique(problem.y)).astype(float)
    D = X @ W.T + b
    R = softmax(D[:, 0] if len(W) == 1 else D) - T
    R = R[:, 1:] if len(W) == 1 else R
    gradient = (R.T @ X + W / C) / n
    missed = float(np.abs(gradient).max())
    if estimator.get_params().get("fit_intercept", True):
        missed = max(missed, float(np.abs(R.mean(axis=0)).max()))
    allowed = 10.0 * tol + rounding(R, problem.X) * float(np.abs(X).max() * (1.0 + np.abs(D).max()))
    return Finding(missed, allowed, f"10 tol, of tol = {tol:g}")


def penalty_without_end(estimator: Any, problem: Any) -> Finding:
    """How far an overwhelming penalty leaves probabilities from the class frequencies."""
    largest = max(1.0, float(np.abs(problem.X).max()))
    X, Z = problem.X / largest, problem.Z / largest
    # no coefficient is larger than C times the number of rows
    strong = clone(estimator).set_params(C=1e-4 / len(X))
    model = fitted(strong, X, problem.y)
    tol = declared_tol(strong, problem, model)
    shares = np.unique(problem.y, return_counts=True)[1] / len(problem.y)
    P = answers(model, Z)
    missed = float(np.max(np.abs(P - shares)))
    reach = 1e-4 * (1.0 + float(np.abs(Z).sum(axis=1).max()))
    return Finding(missed, 10.0 * tol + reach, f"10 tol, of tol = {tol:g}", P, shares + 0.0 * P)


def excess_objective(W: Any, P: Any, X: Any, C: float, tol: float) -> float:
    """What a gradient of 10 tol a row may leave of the summed loss plus |w|^2 / (2 C).

    The penalty curves by 1 / C in the coefficients, and the loss in the intercepts by the least
    probability of each row, summed (the least non-zero eigenvalue of diag(p) - pp'); half the
    squared gradient over the curvature bounds the excess. Moving the intercepts to their optimum
    adds to the gradient of a coefficient at most what its feature is large.
    """
    slope = 10.0 * tol * len(X)
    reach = float(np.sum((1.0 + np.abs(X).max(axis=0)) ** 2))
    curvature = float(P.min(axis=1).sum())
    return 0.5 * slope**2 * len(W) * (C * reach + 1.0 / max(curvature, 1e-300))


def norm_grows(estimator: Any, problem: Any) -> Finding:
    """By how much the squared norm of the coefficients falls when the penalty is made weaker.

    Each of two optima is better than the other for its own C; the two inequalities add up to
    (1 / C - 1 / C') (|w|^2 - |w'|^2) / 2 <= 0, or to the excess of both objectives.
    """
    fits = []
    for C in (1e-2, 1.0, 1e2):
        weaker = clone(estimator).set_params(C=C)
        plain_ridge(weaker)
        model = fitted(weaker, problem.X, problem.y)
        tol = declared_tol(estimator, problem, model)
        W, P = np.asarray(model.coef_, dtype=float), answers(model, problem.X)
        left = excess_objective(W, P, problem.X.astype(float), C, tol)
        fits.append((C, float(np.sum(W**2)), left))
    conditions = f"what a gradient of 10 tol leaves, of tol = {tol:g}"
    found = []
    for (C, size, left), (weaker_C, weaker_size, weaker_left) in pairwise(fits):
        allowed = 2.0 * (left + weaker_left) / (1.0 / C - 1.0 / weaker_C)
        found.append(Finding(max(size - weaker_size, 0.0), allowed + 1e-12 * size, conditions))
    return max(found, key=lambda f: f.missed - f.allowed)


def no_last_layer(estimator: Any, problem: Any) -> Finding:
    """How far a network whose last weights are zero is from the softmax of its last biases."""
    model = deepcopy(fitted(estimator, problem.X, problem.y))
    model.coefs_[-1] = np.zeros_like(model.coefs_[-1])
    bias = np.asarray(model.intercepts_[-1], dtype=float)
    P = answers(model, problem.Z)
    expected = softmax(np.tile(bias, (len(P), 1)) if len(bias) > 1 else np.tile(bias, len(P)))
    missed = float(np.max(np.abs(P - expected)))
    return Finding(missed, rounding(P, np.float32(0)), "float32 or better", P, expected)


def hidden_units_permute(estimator: Any, problem: Any) -> Finding:
    """How far the order of the units of the first hidden layer changes probabilities."""
    model = fitted(estimator, problem.X, problem.y)
    P, turned = answers(model, problem.Z), deepcopy(model)
    if len(model.coefs_) < 2:
        raise UnusableError("it has no hidden layer")
    turned.coefs_[0], turned.intercepts_[0] = (
        np.ascontiguousarray(model.coefs_[0][:, ::-1]),
        np.ascontiguousarray(model.intercepts_[0][::-1]),
    )
    turned.coefs_[1] = np.ascontiguousarray(model.coefs_[1][::-1])
    return compared(answers(turned, problem.Z), P, estimator, problem)
