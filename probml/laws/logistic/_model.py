"""Laws LR-01, LR-02: the posterior is the sigmoid of a linear score, and what a sigmoid is."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import LinearDiscriminantAnalysis
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.laws.logistic import _tasks as book
from probml.numerics import FloatArray, log_sigmoid, sigmoid

__all__ = ["LAWS"]


# -- LR-01: the model -------------------------------------------------------------------------


class _Said(NamedTuple):
    """Labels, posteriors with a column for each, and parameters of the second label's log-odds."""

    classes: NDArray[Any]
    table: FloatArray
    w: FloatArray
    b: float


class _Named(NamedTuple):
    """Rows with their classes, labels for class 0 and 1, and points to be classified."""

    rows: book.Rows
    names: tuple[Any, Any]
    points: FloatArray


_NAMES = st.sampled_from([(0, 1), (1, 0), (7, -3), ("no", "yes"), ("spam", "ham")])
_NAMED = book.overlapping().flatmap(
    lambda rows: st.builds(_Named, st.just(rows), _NAMES, whole(4, rows.X.shape[1], largest=9))
)


def _said(X: FloatArray, y: NDArray[Any], points: FloatArray, model: Any = book.exact) -> _Said:
    found = model().fit(X, y)
    table = found.predict_proba(points)
    return _Said(found.classes_, table, found.coef_[0], float(found.intercept_[0]))


def _model_residual(said: Any, case: _Named) -> float:
    """Distance from the sigmoid of the score, and slope of the likelihood at the parameters."""
    X, classes = case.rows.X, sorted(case.names)
    y = np.array(case.names)[case.rows.y]
    found = said(X, y, case.points)
    z = case.points @ found.w + found.b
    p = special.expit(X @ found.w + found.b)
    return largest(
        identical(found.classes, classes),
        relative(found.table, np.stack([special.expit(-z), special.expit(z)], axis=1)),
        float(np.max(np.abs(book.with_ones(X).T @ (p - (y == classes[1]))))),
    )


def _altered(change: Any, X: FloatArray, y: NDArray[Any], points: FloatArray) -> _Said:
    found = _said(X, y, points)
    return found._replace(**change(found, points))


def _reversed(found: _Said, points: FloatArray) -> dict[str, Any]:
    return {"table": found.table[:, ::-1]}


def _of_the_first(found: _Said, points: FloatArray) -> dict[str, Any]:
    return {"table": found.table[:, ::-1], "w": -found.w, "b": -found.b}


def _two_columns(p: FloatArray) -> dict[str, Any]:
    return {"table": np.stack([1.0 - p, p], axis=1)}


def _without_intercept(found: _Said, points: FloatArray) -> dict[str, Any]:
    return _two_columns(special.expit(points @ found.w))


def _by_the_normal(found: _Said, points: FloatArray) -> dict[str, Any]:
    return _two_columns(special.ndtr(points @ found.w + found.b))


def _by_appearance(X: FloatArray, y: NDArray[Any], points: FloatArray) -> _Said:
    found = _said(X, y, points)
    return found if y[0] == found.classes[0] else found._replace(classes=found.classes[::-1])


# -- LR-02: the sigmoid -----------------------------------------------------------------------


class _Sigmoid(NamedTuple):
    """The sigmoid, its logarithm and its inverse, element by element."""

    value: Callable[[FloatArray], FloatArray]
    log: Callable[[FloatArray], FloatArray]
    logit: Callable[[FloatArray], FloatArray]


_SIGMOID = _Sigmoid(sigmoid, log_sigmoid, special.logit)


def _in_proportion(got: FloatArray, expected: list[float]) -> float:
    """Largest ``|a - b| / |b|``: far out, digits are worth as much as in the middle."""
    # numbers below 1e-300 have fewer digits than others, if they are not zero at once
    pairs = zip(got, expected, strict=True)
    return largest(*(abs(a - b) / max(abs(b), 1e-300) for a, b in pairs if abs(b) > 1e-300 or a))


def _sigmoid_residual(functions: _Sigmoid, case: float) -> float:
    """Distance from ``e^-|z| / (1 + e^-|z|)`` and what is missing of it; nothing overflows."""
    z = np.array([case, -case])
    tail = math.exp(-abs(case))
    low, high = tail / (1.0 + tail), 1.0 / (1.0 + tail)
    logs = [min(v, 0.0) - math.log1p(tail) for v in z]
    # where p is nearly 1 it has lost digits of z: as many as the slope p (1 - p) is small
    near = np.clip(z, -15.0, 15.0)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        back = functions.logit(functions.value(near)) - near
        return largest(
            _in_proportion(functions.value(z), [high, low] if case > 0 else [low, high]),
            _in_proportion(functions.log(z), logs),
            float(np.max(np.abs(back) * special.expit(near) * special.expit(-near))),
        )


def _textbook(z: FloatArray) -> FloatArray:
    p: FloatArray = 1.0 / (1.0 + np.exp(-z))
    return p


def _missing_to_one(z: FloatArray) -> FloatArray:
    p: FloatArray = 1.0 - sigmoid(-z)
    return p


def _log_of_sigmoid(z: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        logs: FloatArray = np.log(sigmoid(z))
    return logs


_LECTURES = "notes on Hung-yi Lee's lectures, Logistic Regression, "

LAWS = (
    Law(
        id="LR-01",
        title="the model",
        text="The posterior of the second class is the sigmoid of a linear score whose weights "
        "maximise the likelihood; they are not those of a generative model.",
        latex=r"f_{w,b}(x) = P(C_1 \mid x) = \sigma\bigl(\textstyle\sum_i w_i x_i + b\bigr)",
        source=_LECTURES + "step 1",
        cases=_NAMED,
        residual=_model_residual,
        tolerance=1e-7,
        reason="up to 20 rows, and mean derivatives of 1e-10 where the descent stops",
        subject=_said,
        mutants=(
            Mutant("columns reversed", partial(_altered, _reversed)),
            Mutant("log-odds of the first class", partial(_altered, _of_the_first)),
            Mutant("labels in order of appearance", _by_appearance),
            Mutant("intercept forgotten", partial(_altered, _without_intercept)),
            Mutant("normal distribution for the sigmoid", partial(_altered, _by_the_normal)),
            Mutant(
                "weights of a generative model",
                partial(_said, model=LinearDiscriminantAnalysis),
            ),
        ),
    ),
    Law(
        id="LR-02",
        title="the sigmoid",
        text="It maps log-odds to probabilities and the logit maps them back; no score is too "
        "large for it or for its logarithm, which far out on the left is the score itself.",
        latex=r"\sigma(z) = \frac1{1 + e^{-z}} = 1 - \sigma(-z),\quad "
        r"\ln \sigma(z) = -\ln(1 + e^{-z}),\quad \ln\frac{\sigma(z)}{1 - \sigma(z)} = z",
        source="roychuang, winter camp, Activation: Sigmoid; " + _LECTURES + "step 1",
        cases=(
            st.integers(-120, 120).map(lambda v: v / 4),
            st.integers(120, 4000).map(lambda v: v / 4),
        ),
        residual=_sigmoid_residual,
        tolerance=1e-12,
        reason="one exponential, whose argument of up to 700 is rounded",
        subject=_SIGMOID,
        mutants=(
            Mutant("an exponential that overflows", _SIGMOID._replace(value=_textbook)),
            Mutant("one minus the other tail", _SIGMOID._replace(value=_missing_to_one)),
            Mutant("logarithm of zero", _SIGMOID._replace(log=_log_of_sigmoid)),
            Mutant("softplus without its sign", _SIGMOID._replace(log=lambda z: -log_sigmoid(z))),
            Mutant("score negated", _SIGMOID._replace(value=lambda z: sigmoid(-z))),
            Mutant("hyperbolic tangent", _SIGMOID._replace(value=np.tanh)),
            Mutant("argument not halved", _SIGMOID._replace(value=lambda z: 0.5 + np.tanh(z) / 2)),
            Mutant("odds for log-odds", _SIGMOID._replace(logit=lambda p: p / (1.0 - p))),
            Mutant("logarithm for log-odds", _SIGMOID._replace(logit=np.log)),
        ),
        # .5, .9820137900, .1192029220; then 1 and -1000
        examples=(0.0, 4.0, -2.0, 1000.0),
    ),
)
