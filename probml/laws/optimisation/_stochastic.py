"""Laws OP-07 to OP-09: gradients of batches, and the steps that are made of them."""

import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.classifiers import MLPClassifier
from probml.datasets.minibatches import minibatch_slices
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.losses import binary_cross_entropy, squared_error
from probml.numerics import FloatArray
from probml.optimize import SGD, descend

__all__ = ["LAWS"]


class _Course(NamedTuple):
    """Rows and targets of a linear model that starts at zero, rows per batch, and epochs."""

    X: FloatArray
    t: FloatArray
    size: int
    epochs: int


@st.composite
def _courses(draw: DrawFn) -> _Course:
    n, d = draw(st.integers(2, 6)), draw(st.integers(1, 2))
    X = draw(whole(n, d, largest=4)) / 4.0 + 0.125
    return _Course(X, draw(whole(n)), draw(st.integers(1, n + 2)), draw(st.integers(1, 2)))


_RATE = 0.25


def _mean_loss(X: FloatArray, t: FloatArray, w: FloatArray) -> tuple[float, FloatArray]:
    value, slope = squared_error(X @ w, t, np.full(len(t), 1.0 / len(t)))
    return value, X.T @ slope


def _path(course: _Course) -> list[FloatArray]:
    """Weights after every update."""
    X, t, size, epochs = course
    rule, w = SGD(_RATE), np.zeros(X.shape[1])
    state = rule.init(w)
    path: list[FloatArray] = []
    for _ in range(epochs):
        for batch in minibatch_slices(len(t), size):
            step, state = rule.update(_mean_loss(X[batch], t[batch], w)[1], state)
            w = w + step
            path.append(w)
    return path


def _batches(course: _Course) -> Iterator[tuple[FloatArray, FloatArray]]:
    n, size = len(course.t), min(course.size, len(course.t))
    for _ in range(course.epochs):
        for first in range(0, n, size):
            yield course.X[first : first + size], course.t[first : first + size]


def _by_hand(
    course: _Course, *, stale: bool = False, in_turn: bool = False, summed: bool = False
) -> list[list[float]]:
    """The same updates in fractions, sample by sample; or with one thing wrong."""
    w = [Fraction(0)] * course.X.shape[1]
    path, before = [], list(w)
    for X, t in _batches(course):
        rows = [[Fraction(v) for v in x] for x in X.tolist()]
        slope, used = [], list(w)
        for j in range(len(w)):
            missed = [_dot(x, used) - Fraction(v) for x, v in zip(rows, t.tolist(), strict=True)]
            total = 2 * _dot(missed, [x[j] for x in rows])
            slope.append(total if summed else total / len(rows))
            if in_turn:
                used[j] -= Fraction(_RATE) * slope[j]
        step, before = (before if stale else slope), slope
        w = [v - Fraction(_RATE) * g for v, g in zip(w, step, strict=True)]
        path.append([float(v) for v in w])
    return path


def _dot(x: list[Fraction], y: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def _path_residual(path: Callable[[_Course], list[FloatArray]], case: _Course) -> float:
    """Distance from the updates by hand; with all rows in the batch, from gradient descent."""
    whole_batch = case._replace(size=len(case.t))
    full = descend(
        SGD(_RATE),
        lambda w: _mean_loss(case.X, case.t, w),
        np.zeros(case.X.shape[1]),
        tol=0.0,
        max_iter=case.epochs,
    )
    # where the gradient is zero descent is done, and further steps stay
    expected = full.path[1:].tolist() + [full.x.tolist()] * (case.epochs - full.n_iter)
    return largest(relative(path(case), _by_hand(case)), relative(path(whole_batch), expected))


def _one_batch_only(course: _Course) -> list[FloatArray]:
    size = min(course.size, len(course.t))
    first = course._replace(X=course.X[:size], t=course.t[:size])
    n_updates = len(list(_batches(course)))
    return _path(first._replace(epochs=n_updates))


# -- OP-08: regimes -------------------------------------------------------------------------------


class _Fitted(NamedTuple):
    """Weights, and the number of updates."""

    w: FloatArray
    n_updates: int


_Fit = Callable[[FloatArray, list[int], int, int], _Fitted]


class _Regime(NamedTuple):
    """Rows of two classes, and epochs."""

    X: FloatArray
    y: tuple[int, ...]
    epochs: int


@st.composite
def _regimes(draw: DrawFn) -> _Regime:
    n = draw(st.integers(2, 6))
    labels = draw(st.lists(st.integers(0, 1), min_size=n - 2, max_size=n - 2))
    return _Regime(draw(whole(n, 2)) / 4.0 + 0.125, (0, 1, *labels), draw(st.integers(1, 3)))


def _fit(X: FloatArray, y: list[int], batch_size: int, epochs: int) -> _Fitted:
    model = MLPClassifier(
        (),
        solver="sgd",
        batch_size=batch_size,
        max_iter=epochs,
        shuffle=False,
        random_state=0,
        tol=0.0,
        n_iter_no_change=epochs,
    )
    with warnings.catch_warnings():
        # it is meant to stop early, and to be told to take more rows than there are
        warnings.simplefilter("ignore")
        model.fit(X, y)
    return _Fitted(model.coefs_[0].ravel(), model.n_updates_)


def _regime_residual(fit: _Fit, case: _Regime) -> float:
    """Of all rows, of more than there are, and of one at a time."""
    X, y, epochs = case.X, list(case.y), case.epochs
    n = len(y)
    full, beyond, single = (fit(X, y, size, epochs) for size in (n, 3 * n, 1))
    counted = [full.n_updates, beyond.n_updates, single.n_updates]
    return largest(
        relative(beyond.w, full.w),
        relative(counted, [epochs, epochs, epochs * n]),
        # one step per epoch cannot have gone as far as one per row
        float(np.allclose(single.w, full.w)),
    )


def _refuses(X: FloatArray, y: list[int], batch_size: int, epochs: int) -> _Fitted:
    if batch_size > len(y):
        raise ValueError("more rows than there are")
    return _fit(X, y, batch_size, epochs)


def _repeats(X: FloatArray, y: list[int], batch_size: int, epochs: int) -> _Fitted:
    copies = -(-batch_size // len(y))
    rows = np.vstack([X] * copies)[: max(batch_size, len(y)) - (copies > 1)]
    return _fit(rows, (y * copies)[: len(rows)], batch_size, epochs)


def _always_all(X: FloatArray, y: list[int], batch_size: int, epochs: int) -> _Fitted:
    return _fit(X, y, len(y), epochs)


# -- OP-09: the mean gradient ---------------------------------------------------------------------


class _Epoch(NamedTuple):
    """Rows, targets 0 and 1, weights, and rows per batch."""

    X: FloatArray
    t: FloatArray
    w: FloatArray
    size: int


@st.composite
def _epochs(draw: DrawFn) -> _Epoch:
    n, d = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    t = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), float)
    return _Epoch(draw(whole(n, d)) / 4.0 + 0.125, t, draw(whole(d)) / 4.0, draw(st.integers(1, n)))


def _gradient(X: FloatArray, t: FloatArray, w: FloatArray) -> FloatArray:
    slope: FloatArray = X.T @ binary_cross_entropy(X @ w, t, np.full(len(t), 1.0 / len(t)))[1]
    return slope


def _epoch_gradient(epoch: _Epoch, *, weighted: bool = True, drop_last: bool = False) -> FloatArray:
    """Mean over an epoch of the gradients of its batches, each weighted by its rows."""
    X, t, w, size = epoch
    batches = list(minibatch_slices(len(t), size, drop_last=drop_last))
    weights = [batch.stop - batch.start if weighted else 1 for batch in batches]
    parts = [_gradient(X[batch], t[batch], w) for batch in batches]
    return np.average(parts, axis=0, weights=weights)


def _unbiased_residual(mean: Callable[[_Epoch], FloatArray], case: _Epoch) -> float:
    n = len(case.t)
    margins = (case.X @ case.w).tolist()
    error = [1.0 / (1.0 + np.exp(-z)) - t for z, t in zip(margins, case.t, strict=True)]
    full = [sum(e * x for e, x in zip(error, column, strict=True)) / n for column in case.X.T]
    return relative(mean(case), full)


_UNEVEN = _Epoch(np.arange(12.0)[:, None] / 4.0 - 1.0, np.array([0.0, 1.0] * 6), np.array([0.5]), 5)

LAWS = (
    Law(
        id="OP-07",
        title="stochastic gradient descent",
        text="Draw a batch, predict, compare, derive, step, batch after batch, all parameters at "
        "once; with all rows in the batch it is gradient descent.",
        latex=r"\theta \leftarrow \theta - \eta \nabla L_b(\theta),\quad b = 1, 2, \dots",
        source="Lai 2020, slide 51; tanimutomo 2019 (Chollet ch. 2), item 5, item 26, item 28, "
        "item 30, item 31",
        cases=_courses(),
        residual=_path_residual,
        tolerance=1e-10,
        reason="at most a dozen steps of eighths",
        subject=_path,
        mutants=(
            Mutant("the previous batch's gradient", lambda course: _by_hand(course, stale=True)),
            Mutant("one parameter after another", lambda course: _by_hand(course, in_turn=True)),
            Mutant("the sum for the mean", lambda course: _by_hand(course, summed=True)),
            Mutant("always the first batch", _one_batch_only),
        ),
    ),
    Law(
        id="OP-08",
        title="batches of one, of some, of all",
        text="One row per batch makes as many updates as there are rows, all rows one; more rows "
        "than there are mean all.",
        latex=r"B = 1: N \text{ updates per epoch};\quad B \ge N: 1",
        source="Lai 2020, slide 35; tanimutomo 2019 (Chollet ch. 2), item 12",
        cases=_regimes(),
        residual=_regime_residual,
        tolerance=0.0,
        reason="equal batches give equal weights",
        subject=_fit,
        mutants=(
            Mutant("more than there are is an error", _refuses),
            Mutant("filled up with copies", _repeats),
            Mutant("always all", _always_all),
            Mutant("always one", lambda X, y, size, epochs: _fit(X, y, 1, epochs)),
        ),
    ),
    Law(
        id="OP-09",
        title="the mean of batch gradients",
        text="Weighted by their rows, the gradients of an epoch's batches average to the full "
        "gradient; unweighted they do not, if the last batch is short.",
        latex=r"\sum_b \tfrac{B_b}N g_b = \nabla L",
        source="where the lectures stop; mini-batches",
        cases=_epochs(),
        residual=_unbiased_residual,
        tolerance=1e-12,
        reason="twelve rows",
        subject=_epoch_gradient,
        mutants=(
            Mutant("unweighted", lambda epoch: _epoch_gradient(epoch, weighted=False)),
            Mutant("short batch dropped", lambda epoch: _epoch_gradient(epoch, drop_last=True)),
            Mutant("summed", lambda epoch: _epoch_gradient(epoch) * len(epoch.t)),
            Mutant("first batch only", lambda e: _gradient(e.X[: e.size], e.t[: e.size], e.w)),
        ),
        # twelve rows in batches of five, five and two
        examples=(_UNEVEN,),
    ),
)
