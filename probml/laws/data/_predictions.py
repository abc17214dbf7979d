"""Laws DT-11 to DT-13 of the theme DT: what is said of a prediction."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import ArrayLike

from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, refused, relative
from probml.metrics import (
    accuracy,
    check_probabilities,
    class_scores,
    confusion_matrix,
)
from probml.numerics import FloatArray, log_softmax

__all__ = ["LAWS"]


# -- DT-11: what is a distribution ------------------------------------------------------------


class _Outputs(NamedTuple):
    """One row of outputs, and whether it is a distribution."""

    row: tuple[float, ...]
    valid: bool


@st.composite
def _outputs(draw: DrawFn) -> _Outputs:
    weights = draw(st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(any))
    row = np.array(weights) / sum(weights)
    damage = draw(st.sampled_from(["none", "none", "scaled", "negative", "nan"]))
    if damage == "scaled":
        row *= draw(st.sampled_from([0.5, 0.98, 1.0 - 1e-5, 1.0 + 1e-5, 1.02]))
    elif damage == "negative":
        row[0], row[1] = row[0] + row[1] + 0.1, -0.1
    elif damage == "nan":
        row[0] = np.nan
    return _Outputs(tuple(row.tolist()), damage == "none")


_TEN = (0.01, 0.02, 0.01, 0.03, 0.02, 0.03, 0.5, 0.02, 0.3, 0.08)


def _outputs_residual(check: Callable[[ArrayLike], Any], case: _Outputs) -> float:
    if not case.valid:
        return refused(lambda: check([case.row]))
    return identical(check([case.row]), [case.row])


def _repaired(P: ArrayLike) -> FloatArray:
    table: FloatArray = np.asarray(P) / np.sum(P, axis=-1, keepdims=True)
    return check_probabilities(table)


def _sums_alone(P: ArrayLike) -> ArrayLike:
    if np.any(np.abs(np.sum(P, axis=-1) - 1.0) > 1e-6):
        raise ValueError
    return P


def _below_one(P: ArrayLike) -> ArrayLike:
    if np.any(np.sum(P, axis=-1) > 1.0 + 1e-6) or not np.all(np.asarray(P) >= 0.0):
        raise ValueError
    return P


def _loose(P: ArrayLike) -> FloatArray:
    return check_probabilities(P, tol=0.05)


# -- DT-12: metrics ---------------------------------------------------------------------------


class _Judged(NamedTuple):
    """Number of classes, true labels and predicted ones."""

    n_classes: int
    y_true: list[int]
    y_pred: list[int]


@st.composite
def _judged(draw: DrawFn) -> _Judged:
    K, n = draw(st.integers(2, 4)), draw(st.integers(1, 12))
    labels = st.lists(st.integers(0, K - 1), min_size=n, max_size=n)
    return _Judged(K, draw(labels), draw(labels))


class _Metrics(NamedTuple):
    """Counts of (true, predicted), their share on the diagonal, and scores by class."""

    confusion: Any
    accuracy: float
    precision: Any
    recall: Any
    f1: Any


def _metrics(K: int, y_true: list[int], y_pred: list[int]) -> _Metrics:
    counts = confusion_matrix(y_true, y_pred, range(K))
    return _Metrics(counts, accuracy(y_true, y_pred), *class_scores(y_true, y_pred, range(K)))


def _metrics_residual(metrics: Callable[..., _Metrics], case: _Judged) -> float:
    K, pairs = case.n_classes, list(zip(case.y_true, case.y_pred, strict=True))
    counts = [[pairs.count((i, j)) for j in range(K)] for i in range(K)]
    hits = [counts[k][k] for k in range(K)]
    predicted = [sum(row[k] for row in counts) for k in range(K)]
    actual = [sum(row) for row in counts]
    expected = _Metrics(
        counts,
        sum(hits) / len(pairs),
        [h / p if p else 0.0 for h, p in zip(hits, predicted, strict=True)],
        [h / a if a else 0.0 for h, a in zip(hits, actual, strict=True)],
        [
            2 * h / (p + a) if p + a else 0.0
            for h, p, a in zip(hits, predicted, actual, strict=True)
        ],
    )
    got = metrics(*case)
    return max(relative(a, b) for a, b in zip(got, expected, strict=True))


def _micro(*case: Any) -> _Metrics:
    got = _metrics(*case)
    everywhere = np.full(len(got.confusion), got.accuracy)
    return _Metrics(got.confusion, got.accuracy, everywhere, everywhere, everywhere)


def _changed(change: Callable[[_Metrics], dict[str, Any]]) -> Callable[..., _Metrics]:
    def metrics(*case: Any) -> _Metrics:
        right = _metrics(*case)
        return right._replace(**change(right))

    return metrics


# -- DT-13: vectorization ---------------------------------------------------------------------


class _Layer(NamedTuple):
    """Samples, weights and intercepts of one layer."""

    X: FloatArray
    W: FloatArray
    b: FloatArray


@st.composite
def _layers(draw: DrawFn) -> _Layer:
    n, d, K = (draw(st.integers(1, 4)) for _ in range(3))
    entries = st.floats(-3, 3).map(lambda v: round(v, 3))
    return _Layer(*(draw(arrays(float, shape, elements=entries)) for shape in ((n, d), (d, K), K)))


def _layer(X: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    return log_softmax(X @ W + b)


def _layer_residual(layer: Callable[..., Any], case: _Layer) -> float:
    """Distance from the same, one number at a time."""
    X, W, b = (array.tolist() for array in case)
    rows = []
    for x in X:
        z = [bk + math.fsum(xi * W[i][k] for i, xi in enumerate(x)) for k, bk in enumerate(b)]
        total = math.log(math.fsum(math.exp(zk) for zk in z))
        rows.append([zk - total for zk in z])
    return relative(layer(*case), rows)


def _over_everything(X: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    z = X @ W + b
    return log_softmax(z.ravel()).reshape(z.shape)


LAWS = (
    Law(
        id="DT-11",
        title="what is a distribution",
        text="Outputs that do not sum to one, or of which one is negative or NaN, are refused, "
        "not repaired; a distribution is accepted unchanged.",
        latex=r"p_k \ge 0,\quad \bigl|\sum_k p_k - 1\bigr| \le 10^{-6}",
        source="tanimutomo 2019 (Chollet ch. 2), item 8, item 18, item 26, item 29",
        cases=_outputs(),
        residual=_outputs_residual,
        tolerance=0.0,
        reason="accepted or refused",
        subject=check_probabilities,
        mutants=(
            Mutant("everything accepted", np.asarray),
            Mutant("divided by the sum", _repaired),
            Mutant("negative ones accepted", _sums_alone),
            Mutant("two percent accepted", _loose),
            Mutant("sums below one accepted", _below_one),
        ),
        # The outputs of the source sum to 1.02; divided by it they are probabilities.
        examples=(
            _Outputs(_TEN, False),
            _Outputs(tuple(p / 1.02 for p in _TEN), True),
            _Outputs(tuple(p / 2.04 for p in _TEN), False),
        ),
    ),
    Law(
        id="DT-12",
        title="metrics of labels",
        text="Rows of the confusion matrix are the truth and sum to the class counts, its "
        "diagonal is the accuracy, and each class has a precision, a recall and their harmonic "
        "mean.",
        latex=r"\mathrm{accuracy} = \operatorname{tr} C / N,\quad "
        r"P_k = C_{kk} / \sum_j C_{jk},\quad R_k = C_{kk} / \sum_j C_{kj}",
        source="tanimutomo 2019 (Chollet ch. 2), item 7",
        cases=_judged(),
        residual=_metrics_residual,
        tolerance=1e-12,
        reason="one division each",
        subject=_metrics,
        mutants=(
            Mutant("transposed", _changed(lambda m: {"confusion": m.confusion.T})),
            Mutant(
                "precision and recall exchanged",
                _changed(lambda m: {"precision": m.recall, "recall": m.precision}),
            ),
            Mutant("one score for all classes", _micro),
            Mutant(
                "arithmetic mean for F1",
                _changed(lambda m: {"f1": (m.precision + m.recall) / 2}),
            ),
            Mutant("mean recall for accuracy", _changed(lambda m: {"accuracy": np.mean(m.recall)})),
        ),
        examples=(_Judged(2, [0, 1, 1, 1], [0, 1, 1, 0]),),
    ),
    Law(
        id="DT-13",
        title="vectors for loops",
        text="A whole table at once gives what a loop over its numbers gives.",
        latex=r"\log \operatorname{softmax}(XW + b)_{nk} = z_{nk} - \log \sum_j e^{z_{nj}}",
        source="Lai 2020, slide 27, slide 28, slide 37; tanimutomo 2019 (Chollet ch. 2), item 20",
        cases=_layers(),
        residual=_layer_residual,
        tolerance=1e-12,
        reason="sums of at most four products",
        subject=_layer,
        mutants=(
            Mutant("over samples", lambda X, W, b: log_softmax((X @ W + b).T).T),
            Mutant("over the whole table", _over_everything),
            Mutant("weights transposed", lambda X, W, b: log_softmax(X @ W.T + b)),
            Mutant("softmax twice", lambda X, W, b: log_softmax(np.exp(_layer(X, W, b)))),
            Mutant("intercepts by sample", lambda X, W, b: log_softmax(X @ W + b[:, None])),
        ),
    ),
)
