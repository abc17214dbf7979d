"""What the measures share: models, their tables of probabilities, and what rounding explains.

A tolerance has up to four parts, each measured and only as far as it is needed,

    allowed = 64 eps K J + 64 |what 4 eps in the input change| + 4 |a step next to it|
              + 4 |what tol / 100 changes|,

with J the size of the joint log-likelihoods that are subtracted, where a model tells it: so an
ill-conditioned problem, a tie of neighbours or an early end of an iteration is no accusation.
Of what iterates nothing is asked where rows are a hundred times further from zero than from
each other.
"""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

__all__ = [
    "Finding",
    "UnusableError",
    "answers",
    "apart",
    "compared",
    "far_from_zero",
    "fitted",
    "iterates",
    "log_answers",
    "log_odds",
    "lost_digits",
    "model_of",
    "near_zero",
    "normalising",
    "posed_twice",
    "rounding",
    "sensitivity",
    "shaken",
    "steps",
    "table_of",
    "ties",
    "unconverged",
    "well_posed",
    "wrong_form",
]


class Finding(NamedTuple):
    """By how much a law is missed, what rounding explains, and the tables that it is about."""

    missed: float
    allowed: float
    conditions: str
    got: Any = None
    expected: Any = None


class UnusableError(Exception):
    """Values that are no table of finite numbers, of which a law of its own speaks."""


def wrong_form(conditions: str, got: Any = None) -> Finding:
    """A finding about what rounding cannot explain at all."""
    return Finding(float("inf"), 0.0, conditions, got)


def fitted(estimator: Any, X: Any, y: Any, **words: Any) -> Any:
    """A fitted copy of the estimator."""
    return clone(estimator).fit(X, y, **words)


def model_of(estimator: Any, problem: Any) -> Any:
    """A copy taught by the problem's route: at once, with weights, or in two chunks."""
    if problem.route == "sample_weight":
        return fitted(estimator, problem.X, problem.y, sample_weight=problem.weight.astype(float))
    if problem.route == "partial_fit":
        half, classes = (len(problem.y) + 1) // 2, np.unique(problem.y)
        begun = clone(estimator).partial_fit(problem.X[:half], problem.y[:half], classes=classes)
        model = begun.partial_fit(problem.X[half:], problem.y[half:])
        model.predict(problem.X[:1])  # who puts off a part of the work may refuse the rows here
        return model
    return fitted(estimator, problem.X, problem.y)


def table_of(values: Any, n_rows: int) -> Any:
    """A table of finite numbers in float64, one row for each row asked for."""
    P = np.asarray(values)
    if P.dtype.kind not in "fiub" or P.ndim != 2 or len(P) != n_rows or not np.isfinite(P).all():
        raise UnusableError("predict_proba: no table of finite numbers, which ANY-01 speaks of")
    return P.astype(float)


def answers(model: Any, Z: Any) -> Any:
    """Probabilities of rows, where they are a table of numbers."""
    return table_of(model.predict_proba(Z), len(Z))


def log_answers(model: Any, Z: Any) -> Any:
    """Log-probabilities of rows, the logarithms of the probabilities if nothing better is had."""
    if hasattr(model, "predict_log_proba"):
        L = np.asarray(model.predict_log_proba(Z), dtype=float)
    else:
        with np.errstate(divide="ignore"):
            L = np.log(answers(model, Z))
    if L.ndim != 2 or len(L) != len(Z) or np.isnan(L).any():
        raise UnusableError("predict_log_proba: no table of numbers, which ANY-04 speaks of")
    return L


def log_odds(model: Any, Z: Any) -> Any:
    """Log-probabilities less those of the first class, one column for each other class."""
    L = log_answers(model, Z)
    if not np.isfinite(L).all():
        raise UnusableError("a log-probability is infinite, which EXT-02 speaks of")
    return L[:, 1:] - L[:, :1]


def rounding(P: Any, X: Any) -> float:
    """What adding up a few dozen numbers leaves, of the coarser type: 64 units per column."""
    coarse = np.float32 in (np.asarray(P).dtype, getattr(X, "dtype", None))
    eps = float(np.finfo(np.float32 if coarse else float).eps)
    return 64.0 * eps * max(int(np.shape(P)[-1]), 1)


def normalising(model: Any, Z: Any, plain: float, most: float = 1e-6) -> float:
    """What normalising leaves: more where large log-densities were subtracted, up to `most`.

    Of one that consists of such models it is not known how large theirs are.
    """
    if not hasattr(model, "predict_joint_log_proba"):
        parts = model.get_params().values() if hasattr(model, "get_params") else ()
        return most if any(hasattr(p, "predict_joint_log_proba") for p in parts) else plain
    joint = np.abs(np.asarray(model.predict_joint_log_proba(Z), dtype=float))
    size = float(joint[np.isfinite(joint)].max(initial=0.0))
    return max(plain, min(plain * size, most))


def apart(a: Any, b: Any, relative: bool) -> float:
    """Largest distance of two tables, in units of 1 + |b| if that is what digits are lost to."""
    difference = np.abs(np.asarray(a, dtype=float) - b)
    return float(np.max(difference / (1.0 + np.abs(b) * relative), initial=0.0))


def sensitivity(
    estimator: Any, problem: Any, ask: Any = answers, unit: Any = None, **words: Any
) -> float:
    """By how much answers change when every number is off by a few units of rounding."""
    X, Z = np.asarray(problem.X), np.asarray(problem.Z)
    if X.dtype.kind != "f":
        return 0.0
    few = 4.0 * float(np.finfo(X.dtype if unit is None else unit).eps)
    # some up and some not, since all by one factor would only be another unit; and none down,
    # where a category would become the one below
    signs = np.indices(X.shape).sum(axis=0) % 2
    model = fitted(estimator, X, problem.y, **words)
    before = ask(model, Z)
    other = fitted(estimator, (X * (1.0 + few * signs)).astype(X.dtype), problem.y, **words)
    shaken = ask(model, (Z * (1.0 + few)).astype(Z.dtype))
    relative = ask is not answers
    return max(apart(ask(other, Z), before, relative), apart(shaken, before, relative))


def steps(model: Any, Z: Any, ask: Any = answers) -> float:
    """Size of a step in the answers next to Z, as where two neighbours are equally near.

    A step is what does not become smaller when the way to it does.  Zeros stay: what is absent is
    not nearly present.
    """
    Z = np.asarray(Z)
    if Z.dtype.kind != "f":
        return 0.0
    size = 1e-4 if Z.dtype == np.float32 else 1e-9
    before, order = ask(model, Z), np.arange(Z.size).reshape(Z.shape)
    found = 0.0
    for way in (np.cos(order), -np.cos(order), np.sin(order), -np.sin(order)):
        tables = [ask(model, (Z * (1.0 + s * way)).astype(Z.dtype)) for s in (size, size / 16.0)]
        far, near = (apart(table, before, ask is not answers) for table in tables)
        found = max(found, near if near > far / 4.0 else 0.0)
    return found


def shaken(X: Any, unit: float | None = None) -> list[Any]:
    """Rows with every number off by up to a unit (of rounding) of the largest, in several ways."""
    unit = float(np.finfo(X.dtype).eps) if unit is None else unit
    # up and down, in orders that have no symmetry
    shakes = [np.cos(k * np.arange(X.size) + k).reshape(X.shape) for k in (1, 2, 5, 6)]
    return [X + (unit * np.abs(X).max() * shake).astype(X.dtype) for shake in shakes]


def ties(estimator: Any, problem: Any) -> float:
    """By how much probabilities change when no two numbers of different rows are equal."""
    X = np.asarray(problem.X)
    if X.dtype.kind != "f":
        return 0.0
    P = answers(fitted(estimator, X, problem.y), problem.Z)
    # far enough for squared distances to differ, and not below zero, where nothing is counted
    unit = max(2.0**-30, 4.0 * float(np.finfo(X.dtype).eps))
    others = (fitted(estimator, np.maximum(A, X.min()), problem.y) for A in shaken(X, unit))
    return max(apart(answers(other, problem.Z), P, False) for other in others)


def iterates(estimator: Any) -> bool:
    """Whether it, or a part of it, comes to its answer step by step."""
    given = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return any(name.split("__")[-1] == "max_iter" for name in given)


def unconverged(
    estimator: Any, problem: Any, ask: Any = answers, unit: float | None = None, **words: Any
) -> float:
    """By how much the answers of an iteration change with its tolerance, and by its own chaos.

    That is when it goes on to a hundredth of its ``tol``, or ends at the fourfold, as it may when
    the same problem is posed in another way; when every number is off by a unit (of rounding, if
    not given) of the largest one, in several ways; and in float32 also when it is given float64.
    """
    given = estimator.get_params() if hasattr(estimator, "get_params") else {}
    tols = {
        name: tol
        for name, tol in given.items()
        if name.split("__")[-1] == "tol" and isinstance(tol, float) and tol > 0.0
    }
    X = np.asarray(problem.X)
    if not tols or X.dtype.kind != "f":
        return 0.0
    patient, hasty = (
        clone(estimator).set_params(**{name: c * tol for name, tol in tols.items()})
        for c in (0.01, 4.0)
    )
    others = [fitted(e, X, problem.y, **words) for e in (patient, hasty)]
    others += [fitted(estimator, moved, problem.y, **words) for moved in shaken(X, unit)]
    early = ask(fitted(estimator, X, problem.y, **words), problem.Z)
    if X.dtype == np.float32:
        others.append(fitted(patient, X.astype(float), problem.y, **words))
    return max(apart(early, ask(other, problem.Z), ask is not answers) for other in others)


def well_posed(problem: Any) -> None:
    """Refuse rows that within their classes lie in a plane, or nearly, or far from zero."""
    X = problem.X.astype(float)
    centred = X - np.array([X[problem.y == label].mean(axis=0) for label in problem.y])
    spread = np.sqrt((centred**2).mean(axis=0))
    if not (spread > 0.0).all() or np.linalg.cond(centred / spread) > 1e3:
        raise UnusableError("within their classes the rows lie in a plane, or nearly")
    near_zero(problem)


def near_zero(problem: Any) -> None:
    """Refuse rows whose distance from zero is so much larger than their spread that digits go."""
    if far_from_zero(problem.X):
        raise UnusableError("the rows are far from zero, in units of their spread")


def far_from_zero(X: Any) -> bool:
    """Whether some column is a hundred times its spread from zero."""
    A = np.asarray(X, dtype=float)
    return bool((np.abs(A).max(axis=0) > 100.0 * (A.std(axis=0) + 0.1)).any())


def lost_digits(odds: Any, X: Any) -> Any:
    """What log-odds may be off whose probabilities were rounded, each in units of the largest."""
    spread = np.maximum(odds, 0.0).max(axis=1) - np.minimum(odds, 0.0).min(axis=1)
    eps = np.finfo(np.float32 if getattr(X, "dtype", None) == np.float32 else float).eps
    return 8.0 * float(eps) * np.exp(np.minimum(spread, 700.0))[:, None]


def compared(
    got: Any,
    expected: Any,
    estimator: Any,
    problem: Any,
    ask: Any = answers,
    **words: Any,
) -> Finding:
    """How far two answers are apart that should be equal, and what explains it.

    The answers to rows Z of models trained on X, y with `words`; `ask` makes them of a model.
    """
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    n_classes = len(np.unique(problem.y))
    kind = "float32" if getattr(problem.X, "dtype", None) == np.float32 else "float64"
    conditions = f"{kind}, {n_classes} classes"
    if got.shape != expected.shape:
        return wrong_form(f"answers of shape {got.shape} for {expected.shape}")
    if not np.isfinite(got).all():
        return wrong_form("answers that are not finite where others were", got)
    shown = (got, expected) if ask is answers else (None, None)
    missed, allowed = apart(got, expected, False), rounding(expected, problem.X)
    if ask is not answers:
        # log-odds of 700 are known to fewer digits than those of 7, are differences of terms that
        # may be a dozen times as large, and may have been made of rounded probabilities
        beyond = np.maximum(np.abs(got - expected) - lost_digits(expected, problem.X), 0.0)
        missed, allowed = float(np.max(beyond / (1.0 + np.abs(expected)))), 16.0 * allowed
    if missed > allowed:
        model = fitted(estimator, problem.X, problem.y, **words)
        moved = sensitivity(estimator, problem, ask, **words)
        allowed = normalising(model, problem.Z, allowed) + 64.0 * moved
        conditions += f"; 4 units in the input move the answer by {moved:.1e}"
    if missed > allowed:
        step = steps(model, problem.Z, ask)
        allowed += 4.0 * step
        conditions += f", across a step of {step:.1e}" if step else ""
    if missed > allowed:
        early = unconverged(estimator, problem, ask, **words)
        allowed += 4.0 * early
        conditions += f", those of its iteration by {early:.1e}" if early else ""
    if missed > allowed and iterates(estimator):
        near_zero(problem)  # else an iteration may end anywhere along a valley
    return Finding(missed, allowed, conditions, *shown)


def posed_twice(estimator: Any, one: Any, other: Any, columns: Any = slice(None)) -> Finding:
    """How far the answers to two problems are apart that are the same problem.

    What rounding does to either of them explains it.  A problem has X, y, Z, and perhaps `words`
    for ``fit``; `columns` puts the classes of the other one into the order of the first.
    """
    words, others = (getattr(problem, "words", {}) for problem in (one, other))
    P = answers(fitted(estimator, one.X, one.y, **words), one.Z)
    Q = np.asarray(fitted(estimator, other.X, other.y, **others).predict_proba(other.Z))
    Q = Q[..., columns]
    found = compared(Q, P, estimator, one, **words)
    if found.allowed < found.missed < np.inf:
        return compared(P, Q, estimator, other, **others)
    return found
