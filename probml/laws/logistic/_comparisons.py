"""Laws LR-13, LR-16: beside a generative model, and beside scikit-learn."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.classifiers import LinearDiscriminantAnalysis
from probml.datasets.digits import load_digits_dataset
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.metrics import accuracy, label_agreement, log_loss
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- LR-13: generative and discriminative -----------------------------------------------------


class _Population(NamedTuple):
    """Two normal classes with one covariance LL', and the share of class 1.

    What endless data would be are the points of a grid, weighed by the density: on an analytic
    function such sums err by less than 1e-8 for steps of half a deviation.
    """

    mean: FloatArray
    L: FloatArray
    apart: FloatArray
    share: float

    @property
    def truth(self) -> book.Linear:
        """Log-odds of class 1, whose mean lies at ``mean + L apart``."""
        w = np.linalg.solve(self.L.T, self.apart)
        b = np.log(self.share / (1.0 - self.share)) - w @ (self.mean + 0.5 * self.L @ self.apart)
        return book.Linear(w, float(b))

    @property
    def weighted_rows(self) -> tuple[FloatArray, NDArray[np.intp], FloatArray]:
        """Rows, classes and weights."""
        axis = np.arange(-7.0, 7.25, 0.5)
        grid = np.stack(np.meshgrid(*[axis] * len(self.mean)), axis=-1).reshape(-1, len(self.mean))
        density = np.exp(-0.5 * np.sum(grid**2, axis=1))
        X = np.concatenate([grid, grid + self.apart]) @ self.L.T + self.mean
        weight = np.concatenate([(1.0 - self.share) * density, self.share * density])
        return X, np.repeat([0, 1], len(grid)), weight


class _Compared(NamedTuple):
    """A few rows, and classes that are known altogether."""

    rows: book.Rows
    population: _Population


@st.composite
def _compared(draw: DrawFn) -> _Compared:
    d = draw(st.integers(1, 2))
    L = np.tril(draw(whole(d, d, largest=4)) / 4.0, -1)
    L += np.diag(draw(st.lists(st.integers(2, 8), min_size=d, max_size=d))) / 4.0
    # two deviations at most: further apart, the sigmoid is too steep for the grid
    apart = draw(whole(d, largest=5)) / 4.0 + 1 / 7
    population = _Population(draw(whole(d)) / 2.0, L, apart, draw(st.integers(2, 8)) / 10.0)
    return _Compared(draw(book.overlapping()), population)


def _parameters(model: Any, X: FloatArray, y: Any, weight: FloatArray | None = None) -> book.Linear:
    model.fit(X, y, sample_weight=weight)
    return book.Linear(model.coef_[0], float(model.intercept_[0]))


def _discriminative(
    X: FloatArray, y: NDArray[np.intp], weight: FloatArray | None = None, **parameters: Any
) -> book.Linear:
    return _parameters(book.exact(**parameters), X, y, weight)


def _generative(
    X: FloatArray, y: NDArray[np.intp], weight: FloatArray | None = None
) -> book.Linear:
    return _parameters(LinearDiscriminantAnalysis(), X, y, weight)


def _comparison_residual(fit: Callable[..., book.Linear], case: _Compared) -> float:
    """What a fit to few rows loses to others, and how far one to all is from the truth."""
    X, y = case.rows
    t = y.astype(float)
    found = book.loss(X, t, *fit(X, y))
    population = case.population.weighted_rows
    limits = fit(*population), _generative(*population)
    return largest(
        found - book.loss(X, t, *_generative(X, y)),
        found - book.loss(X, t, *book.optimum(X, t)),
        *(
            relative(a, b)
            for limit in limits
            for a, b in zip(limit, case.population.truth, strict=True)
        ),
    )


# -- LR-16: scikit-learn ----------------------------------------------------------------------


class _Shared(NamedTuple):
    """Training rows, the strength of the penalty on a mean loss, and points."""

    rows: book.Rows
    l2: float
    points: FloatArray


class _Digits(NamedTuple):
    """The first digits, as many as there are rows, and the next ones for points."""

    n: int
    l2: float

    @property
    def rows(self) -> book.Rows:
        """Pixels from 0 to 1."""
        data = load_digits_dataset()
        return book.Rows(data.X_train[: self.n] / data.scale, data.y_train[: self.n])

    @property
    def points(self) -> FloatArray:
        """As many again."""
        data = load_digits_dataset()
        points: FloatArray = data.X_train[self.n : 2 * self.n] / data.scale
        return points


_SHARED = book.overlapping((2, 3)).flatmap(
    lambda rows: st.builds(
        _Shared,
        st.just(rows),
        st.sampled_from([0.02, 0.1, 0.5, 3.0]),
        whole(5, rows.X.shape[1], largest=8).map(lambda X: X / 2.0),
    )
)


def _log_posterior(X: FloatArray, y: NDArray[np.intp], l2: float, points: FloatArray) -> FloatArray:
    """Of the minimum of the mean cross-entropy plus ``l2 / 2 ||W||^2``."""
    return book.exact(C=1.0 / (l2 * len(y))).fit(X, y).predict_log_proba(points)


def _their_log_posterior(
    X: FloatArray, y: NDArray[np.intp], l2: float, points: FloatArray
) -> FloatArray:
    from sklearn.linear_model import LogisticRegression as Theirs

    model = Theirs(C=1.0 / (l2 * len(y)), tol=1e-10, max_iter=10_000, solver="newton-cg")
    table: FloatArray = model.fit(X, y).predict_log_proba(points)
    return table


def _parity_residual(log_posterior: Callable[..., FloatArray], case: _Shared | _Digits) -> float:
    """Distances of posteriors, log-losses and accuracies, and the share of other labels."""
    X, y = case.rows
    points = np.concatenate([X, case.points])
    ours = log_posterior(X, y, case.l2, points)
    theirs = _their_log_posterior(X, y, case.l2, points)
    classes = np.arange(int(y.max()) + 1)
    n, first = len(y), np.sort(theirs, axis=1)
    expected = theirs.argmax(axis=1)
    # where two classes are equal either label is right
    tie = first[:, -1] - first[:, -2] < 1e-4
    labels = np.where(tie, expected, ours.argmax(axis=1))
    return largest(
        relative(ours, theirs),
        abs(log_loss(y, ours[:n], classes) - log_loss(y, theirs[:n], classes)),
        abs(accuracy(y, labels[:n]) - accuracy(y, expected[:n])),
        1.0 - label_agreement(labels, expected),
    )


def _with_strength(
    C: Callable[[float, int], float],
    X: FloatArray,
    y: NDArray[np.intp],
    l2: float,
    points: FloatArray,
) -> FloatArray:
    """With another C, a function of the penalty and the number of rows."""
    return book.exact(C=C(l2, len(y))).fit(X, y).predict_log_proba(points)


def _penalised_intercept(
    X: FloatArray, y: NDArray[np.intp], l2: float, points: FloatArray
) -> FloatArray:
    model = book.exact(C=1.0 / (l2 * len(y)), fit_intercept=False).fit(book.with_ones(X), y)
    return model.predict_log_proba(book.with_ones(points))


def _classes_reversed(
    X: FloatArray, y: NDArray[np.intp], l2: float, points: FloatArray
) -> FloatArray:
    return _log_posterior(X, y, l2, points)[:, ::-1]


LAWS = (
    Law(
        id="LR-13",
        title="generative and discriminative",
        text="Both have the same functions to choose from and choose others: on the rows of the "
        "fit none has a smaller loss than the one that minimises it; where classes are normal "
        "with one covariance, endless data lead both to the truth.",
        latex=r"\mathrm{NLL}(w, b) \le \mathrm{NLL}(w_{\mathrm{LDA}}, b_{\mathrm{LDA}}),\quad "
        r"N \to \infty:\ w, w_{\mathrm{LDA}} \to \Sigma^{-1}(\mu_1 - \mu_2)",
        source="notes on Hung-yi Lee's lectures, called Logistic Regression",
        cases=_compared(),
        residual=_comparison_residual,
        tolerance=1e-6,
        reason="mean derivatives of 1e-10 where the descent stops, and a grid with an error of "
        "less than 1e-8",
        subject=_discriminative,
        mutants=(
            Mutant("the generative fit", _generative),
            Mutant("stopped early", partial(_discriminative, max_iter=2)),
            Mutant("a penalty that nobody asked for", partial(_discriminative, C=1.0)),
            Mutant("classes weigh the same", partial(_discriminative, class_weight="balanced")),
            Mutant("rows weigh the same", lambda X, y, weight=None: _discriminative(X, y)),
            Mutant("no intercept", partial(_discriminative, fit_intercept=False)),
        ),
    ),
    Law(
        id="LR-16",
        title="the logistic regression of scikit-learn",
        text="With C = 1 / (lambda N) it has the same optimum: the same posteriors, log-loss and "
        "accuracy, and the same label wherever two classes are not equally probable.",
        latex=r"\max_{n, k} |\log p_{nk} - \log q_{nk}| \approx 0",
        source="where the lectures stop; what everybody compares with",
        cases=_SHARED,
        residual=_parity_residual,
        tolerance=1e-5,
        reason="both descend to mean derivatives of 1e-10 or as far as rounding lets them, with "
        "penalties with curvatures of 0.01 and more",
        subject=_log_posterior,
        mutants=(
            Mutant("C for lambda", partial(_with_strength, lambda l2, n: l2)),
            Mutant("C = 1 / lambda", partial(_with_strength, lambda l2, n: 1.0 / l2)),
            Mutant("half the penalty", partial(_with_strength, lambda l2, n: 2.0 / (l2 * n))),
            Mutant("lambda N for its inverse", partial(_with_strength, lambda l2, n: l2 * n)),
            Mutant("intercept penalised", _penalised_intercept),
            Mutant("classes reversed", _classes_reversed),
        ),
        examples=(_Digits(100, 0.01),),
    ),
)
