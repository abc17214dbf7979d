"""Laws DT-07 to DT-10 of the theme DT: batches, updates, the protocol, the training loop."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.classifiers import GaussianNB, MLPClassifier
from probml.datasets import iterate_minibatches, n_updates
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative

__all__ = ["LAWS"]


# -- DT-07, DT-08: batches --------------------------------------------------------------------


class _Epoch(NamedTuple):
    """Rows, rows per batch, and what shuffles them."""

    n: int
    batch_size: int
    seed: int | None
    drop_last: bool


_EPOCHS = st.builds(
    _Epoch,
    st.integers(1, 30),
    st.integers(1, 35),
    st.none() | st.integers(0, 9),
    st.booleans(),
)

_Batches = Iterable[tuple[NDArray[Any], NDArray[Any]]]


def _batches(
    X: NDArray[Any], y: NDArray[Any], size: int, seed: int | None, drop_last: bool
) -> _Batches:
    return iterate_minibatches(X, y, size, rng=seed, drop_last=drop_last)


def _batches_residual(batches: Callable[..., _Batches], case: _Epoch) -> float:
    """Number of the things that are wrong."""
    index = np.arange(case.n)
    X, y = np.stack([index, -index], axis=1), 2 * index
    epoch = list(batches(X, y, case.batch_size, case.seed, case.drop_last))
    size = min(case.batch_size, case.n)
    full, rest = divmod(case.n, size)
    sizes = [size] * full + ([rest] if rest and not case.drop_last else [])
    seen = [int(i) for _, labels in epoch for i in labels // 2]
    wanted = list(range(sum(sizes))) if case.seed is None else sorted(set(seen))
    paired = all(np.array_equal(X[labels // 2], rows) for rows, labels in epoch)
    wrong = [
        [len(rows) for rows, _ in epoch] != sizes,
        len(seen) != sum(sizes),
        (seen if case.seed is None else sorted(seen)) != wanted,
        not paired,
    ]
    return float(sum(wrong))


def _remainder_dropped(
    X: NDArray[Any], y: NDArray[Any], size: int, seed: int | None, drop_last: bool
) -> _Batches:
    return _batches(X, y, size, seed, True)


def _wrapped(
    X: NDArray[Any], y: NDArray[Any], size: int, seed: int | None, drop_last: bool
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    for rows, labels in _batches(X, y, size, seed, drop_last):
        fill = min(size, len(X)) - len(rows)
        yield np.concatenate([rows, X[:fill]]), np.concatenate([labels, y[:fill]])


def _shuffled_apart(
    X: NDArray[Any], y: NDArray[Any], size: int, seed: int | None, drop_last: bool
) -> _Batches:
    again = None if seed is None else seed + 1
    rows = _batches(X, y, size, seed, drop_last)
    labels = _batches(X, y, size, again, drop_last)
    return [(a, b) for (a, _), (_, b) in zip(rows, labels, strict=True)]


def _with_replacement(
    X: NDArray[Any], y: NDArray[Any], size: int, seed: int | None, drop_last: bool
) -> _Batches:
    if seed is not None:
        drawn = np.random.default_rng(seed).integers(len(X), size=len(X))
        X, y = X[drawn], y[drawn]
    return _batches(X, y, size, None, drop_last)


class _Course(NamedTuple):
    """Rows, rows per batch, and epochs."""

    n: int
    batch_size: int
    epochs: int


class _Updates(NamedTuple):
    """The number of updates, by a formula and as counted by a fit."""

    formula: Callable[[int, int, int], int]
    fitted: Callable[[int, int, int], int]


def _fitted_updates(n: int, batch_size: int, epochs: int) -> int:
    model = MLPClassifier(
        (), solver="sgd", batch_size=batch_size, max_iter=epochs, tol=0.0, n_iter_no_change=epochs
    )
    model.set_params(random_state=0, learning_rate_init=1e-3)
    model.fit(np.arange(n, dtype=float)[:, None] / n, np.arange(n) % 2)
    return model.n_updates_


_LARGEST_FIT = 20


def _updates_residual(updates: _Updates, case: _Course) -> float:
    per_epoch = sum(1 for first in range(0, case.n, case.batch_size) if first < case.n)
    found = [updates.formula(*case)]
    if case.n <= _LARGEST_FIT:
        found.append(updates.fitted(*case))
    return float(max(abs(count - case.epochs * per_epoch) for count in found))


# -- DT-09: the protocol ----------------------------------------------------------------------


class _Trial(NamedTuple):
    """A training set and a test set of two classes."""

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]


@st.composite
def _trials(draw: DrawFn) -> _Trial:
    half = st.integers(-6, 6).map(lambda v: v / 2)
    n, m = draw(st.integers(2, 4)), draw(st.integers(2, 6))
    X = draw(arrays(float, (2 * n, 1), elements=half))
    # two classes that differ in place and in spread
    X[:n] = 1.0 + X[:n] / 4
    X[0], X[-1] = 1.75, -3.0
    labels = arrays(np.intp, m, elements=st.integers(0, 1))
    return _Trial(X, np.repeat([0, 1], n), draw(arrays(float, (m, 1), elements=half)), draw(labels))


def _score(X_train: Any, y_train: Any, X_test: Any, y_test: Any, smoothing: float = 1e-9) -> float:
    return float(GaussianNB(var_smoothing=smoothing).fit(X_train, y_train).score(X_test, y_test))


def _score_residual(score: Callable[..., float], case: _Trial) -> float:
    """Whether the score is the mean of what each test row scores, whichever others there are."""
    train, X, y = case[:2], case.X_test, case.y_test
    alone = [score(*train, X[[i]], y[[i]]) for i in range(len(y))]
    return largest(
        abs(score(*train, X, y) - float(np.mean(alone))),
        abs(score(*train, X[::-1], y[::-1]) - float(np.mean(alone))),
    )


def _fitted_to_both(X_train: Any, y_train: Any, X_test: Any, y_test: Any) -> float:
    X, y = np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])
    return _score(X, y, X_test, y_test)


def _tuned_on_the_test(X_train: Any, y_train: Any, X_test: Any, y_test: Any) -> float:
    return max(_score(X_train, y_train, X_test, y_test, s) for s in (1e-9, 1.0, 100.0))


def _scaled_by_the_test(X_train: Any, y_train: Any, X_test: Any, y_test: Any) -> float:
    return _score(X_train, y_train, X_test - X_test.mean(axis=0), y_test)


# -- DT-10: the loop --------------------------------------------------------------------------

_RATE = 0.5


class _Lesson(NamedTuple):
    """Samples of two classes in the order in which they are taught, rows per batch, epochs."""

    X: NDArray[Any]
    y: NDArray[Any]
    batch_size: int
    epochs: int


@st.composite
def _lessons(draw: DrawFn) -> _Lesson:
    n, d = draw(st.integers(2, 6)), draw(st.integers(1, 2))
    X = draw(arrays(float, (n, d), elements=st.integers(-4, 4).map(lambda v: v / 4)))
    y = draw(arrays(np.intp, n, elements=st.integers(0, 1)))
    y[:2] = (0, 1)
    return _Lesson(X, y, draw(st.integers(1, n)), draw(st.integers(1, 3)))


class _Trained(NamedTuple):
    """Weights, intercept, and the loss of every epoch."""

    w: list[float]
    b: float
    curve: list[float]


def _train(X: NDArray[Any], y: NDArray[Any], batch_size: int, epochs: int) -> _Trained:
    model = MLPClassifier(
        (),
        solver="sgd",
        alpha=0.0,
        batch_size=batch_size,
        learning_rate_init=_RATE,
        max_iter=epochs,
        shuffle=False,
        random_state=0,
        tol=0.0,
        momentum=0.0,
        n_iter_no_change=epochs,
    ).fit(X, y)
    return _Trained(
        model.coefs_[0][:, 0].tolist(), float(model.intercepts_[0][0]), model.loss_curve_
    )


def _batch_loss(trained: _Trained, X: NDArray[Any], y: NDArray[Any]) -> tuple[float, list[float]]:
    """Mean cross-entropy of a batch and its gradient, the intercept's last, row by row."""
    loss, gradient = 0.0, [0.0] * (X.shape[1] + 1)
    for x, t in zip(X.tolist(), y.tolist(), strict=True):
        z = sum(wi * xi for wi, xi in zip(trained.w, x, strict=True)) + trained.b
        loss += (math.log1p(math.exp(z)) - t * z) / len(X)
        error = (1.0 / (1.0 + math.exp(-z)) - t) / len(X)
        gradient = [g + error * xi for g, xi in zip(gradient, [*x, 1.0], strict=True)]
    return loss, gradient


def _epoch(
    trained: _Trained, lesson: _Lesson, *, rate: float = _RATE, stale: bool = False
) -> _Trained:
    """One epoch more: predict, compare, step, batch by batch."""
    total, previous = 0.0, [0.0] * (len(trained.w) + 1)
    for first in range(0, len(lesson.y), lesson.batch_size):
        batch = slice(first, first + lesson.batch_size)
        loss, gradient = _batch_loss(trained, lesson.X[batch], lesson.y[batch])
        step = previous if stale else gradient
        *w, b = (p - rate * g for p, g in zip([*trained.w, trained.b], step, strict=True))
        trained, previous = trained._replace(w=w, b=b), gradient
        total += loss * len(lesson.y[batch])
    return trained._replace(curve=[*trained.curve, total / len(lesson.y)])


def _loop(X: NDArray[Any], y: NDArray[Any], batch_size: int, epochs: int, **wrong: Any) -> _Trained:
    lesson, trained = _Lesson(X, y, batch_size, epochs), _Trained([0.1] * X.shape[1], 0.0, [])
    for _ in range(epochs):
        trained = _epoch(trained, lesson, **wrong)
    return trained


def _loss_after_the_step(X: Any, y: Any, batch_size: int, epochs: int) -> _Trained:
    trained = _loop(X, y, batch_size, epochs)
    return trained._replace(curve=_loop(X, y, batch_size, epochs + 1).curve[1:])


def _lesson_residual(train: Callable[..., _Trained], case: _Lesson) -> float:
    """How far one epoch more is from one epoch more of the loop above."""
    before = train(*case)
    after = train(*case._replace(epochs=case.epochs + 1))
    if len(before.curve) != case.epochs or len(after.curve) != case.epochs + 1:
        return math.inf
    expected = _epoch(before, case)
    return largest(
        relative(after.w, expected.w),
        relative(after.b, expected.b),
        relative(after.curve, expected.curve),
    )


LAWS = (
    Law(
        id="DT-07",
        title="mini-batches",
        text="An epoch takes every row once, beside its own label; all batches but the last are "
        "of one size.",
        latex=r"X[bB : (b+1)B],\quad b = 0, \dots, \lceil N/B \rceil - 1",
        source="tanimutomo 2019 (Chollet ch. 2), item 11, item 12, item 13; Lai 2020, slide 32, "
        "slide 33",
        cases=_EPOCHS,
        residual=_batches_residual,
        tolerance=0.0,
        reason="rows are counted",
        subject=_batches,
        mutants=(
            Mutant("last batch dropped", _remainder_dropped),
            Mutant("last batch filled up from the start", _wrapped),
            Mutant("rows and labels shuffled apart", _shuffled_apart),
            Mutant("drawn with replacement", _with_replacement),
        ),
        examples=(_Epoch(10, 3, None, False), _Epoch(10, 30, None, False), _Epoch(7, 3, 0, True)),
    ),
    Law(
        id="DT-08",
        title="updates",
        text="An epoch makes as many updates as it has batches, the short last one included, and "
        "a batch larger than the data is all of it.",
        latex=r"\mathrm{updates} = \mathrm{epochs} \cdot \lceil N / B \rceil",
        source="Lai 2020, slide 35; tanimutomo 2019 (Chollet ch. 2), item 35",
        cases=st.builds(_Course, st.integers(2, 60), st.integers(1, 70), st.integers(1, 4)),
        residual=_updates_residual,
        tolerance=0.0,
        reason="updates are counted",
        subject=_Updates(n_updates, _fitted_updates),
        mutants=(
            Mutant("remainder forgotten", _Updates(lambda n, B, e: e * (n // B), _fitted_updates)),
            Mutant("one too many", _Updates(lambda n, B, e: e * (n // B + 1), _fitted_updates)),
            Mutant(
                "rounded up at the end", _Updates(lambda n, B, e: -(-e * n // B), _fitted_updates)
            ),
            Mutant("rows counted", _Updates(n_updates, lambda n, B, e: e * n)),
        ),
        # 2345 updates, 300,000, and 5; and a course short enough to be run.
        examples=(
            _Course(60000, 128, 5),
            _Course(60000, 1, 5),
            _Course(60000, 60000, 5),
            _Course(5, 2, 2),
        ),
    ),
    Law(
        id="DT-09",
        title="train, then test",
        text="What a test row scores depends on the training set and on nothing else in the test "
        "set, so that the score is the mean over its rows, in any order.",
        latex=r"\mathrm{score}(T) = \tfrac1{|T|} \sum_{t \in T} \mathrm{score}(\{t\})",
        source="tanimutomo 2019 (Chollet ch. 2), item 4, item 5",
        cases=_trials(),
        residual=_score_residual,
        tolerance=1e-12,
        reason="means of at most six zeros and ones",
        subject=_score,
        mutants=(
            Mutant("fitted to both", _fitted_to_both),
            Mutant("tuned on the test set", _tuned_on_the_test),
            Mutant("test set centred by itself", _scaled_by_the_test),
        ),
    ),
    Law(
        id="DT-10",
        title="the training loop",
        text="Predict, compare, step against the gradient of this very batch, and again; the "
        "loss of an epoch is the mean over its batches, each before its step.",
        latex=r"\theta \leftarrow \theta - \eta \nabla L_b(\theta),\quad b = 1, 2, \dots",
        source="tanimutomo 2019 (Chollet ch. 2), item 5, item 8, item 26, item 29, item 31; "
        "roychuang, winter camp, Training Process",
        cases=_lessons(),
        residual=_lesson_residual,
        tolerance=1e-9,
        reason="at most six rows, and steps of one half",
        subject=_train,
        mutants=(
            Mutant("the previous batch's gradient", lambda *case: _loop(*case, stale=True)),
            Mutant("uphill", lambda *case: _loop(*case, rate=-_RATE)),
            Mutant("no step", lambda *case: _loop(*case, rate=0.0)),
            Mutant("loss after the epoch", _loss_after_the_step),
            Mutant("the sum for the mean", lambda X, y, B, e: _loop(X, y, B, e, rate=_RATE * B)),
        ),
    ),
)
