"""Law GE-19: singular covariances, refused or regularised."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from probml.classifiers import (
    GaussianNB,
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from probml.datasets import load_digits_dataset
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]


def _posterior_of(model: Any, X: Any, y: Any, points: Any) -> FloatArray:
    table: FloatArray = model().fit(X, y).predict_proba(points)
    return table


class _Regularised(NamedTuple):
    """Posteriors with a strength r from 0 to 1 as the last argument.

    *shared* shrinks towards ``(tr Sigma / d) I``, *full* towards I; *naive* adds r times the
    largest variance to all variances.
    """

    shared: Any
    full: Any
    naive: Any


def _shared_at(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    return _posterior_of(partial(LinearDiscriminantAnalysis, shrinkage=r or None), X, y, points)


def _full_at(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    return _posterior_of(partial(QuadraticDiscriminantAnalysis, reg_param=r), X, y, points)


def _naive_at(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    return _posterior_of(partial(GaussianNB, var_smoothing=r), X, y, points)


_REGULARISED = _Regularised(_shared_at, _full_at, _naive_at)


def _shrunk(found: book.Estimates, r: float, target: float | None = None) -> book.Estimates:
    """``(1 - r) Sigma + r t I``; t is the mean variance if it is not given."""
    d = found.means.shape[1]
    sizes = np.trace(found.covariances, axis1=1, axis2=2) / d if target is None else target
    spheres = np.eye(d) * np.reshape(sizes, (-1, 1, 1))
    return found._replace(covariances=(1.0 - r) * found.covariances + r * spheres)


def _smoothed(X: FloatArray, y: NDArray[np.intp], r: float) -> book.Estimates:
    found = book.diagonal(book.estimates(X, y))
    largest_variance = X.var(axis=0).max()
    return found._replace(covariances=found.covariances + r * largest_variance * np.eye(X.shape[1]))


class _Singular(NamedTuple):
    """Normal classes, a strength of regularisation, and what makes covariances singular."""

    normals: book.Normals
    r: float
    flaw: str

    @property
    def task(self) -> book.Task:
        """With a feature more: a copy of the last, the same everywhere, or one per class."""
        X, y, points = self.normals.task
        if self.flaw == "copy":
            added, at = X[:, -1], points[:, -1]
        else:
            values = 3.0 + y * (self.flaw == "constant in its class")
            added, at = values, np.full(len(points), 3.0)
        return book.Task(np.column_stack([X, added]), y, np.column_stack([points, at]))


_FLAWS = ("copy", "constant", "constant in its class")
_SINGULAR = tuple(
    st.builds(
        _Singular,
        book.normals(n_features=2),
        st.integers(1, 9).map(lambda v: v / 10.0),
        st.just(flaw),
    )
    for flaw in _FLAWS
)


def _formula_residual(models: _Regularised, task: book.Task, r: float) -> float:
    """Whether a positive strength does what it says."""
    X, y, points = task
    found = book.estimates(X, y)
    return largest(
        relative(
            models.shared(X, y, points, r), book.posterior(_shrunk(book.pooled(found), r), points)
        ),
        relative(models.full(X, y, points, r), book.posterior(_shrunk(found, r, 1.0), points)),
        relative(models.naive(X, y, points, r), book.posterior(_smoothed(X, y, r), points)),
    )


def _without_residual(models: _Regularised, case: _Singular) -> float:
    """What the models do with no regularisation, or next to none."""
    plain, task = case.normals.task, case.task
    if case.flaw == "constant in its class":
        return refused(lambda: models.full(*task, 0.0)) + refused(lambda: models.naive(*task, 0.0))
    alone = models.shared(*plain, 0.0)
    worst = relative(models.shared(*task, 0.0), alone)
    if case.flaw == "copy":
        # The error of the limit is of the order of r.
        limit = max(0.0, relative(models.shared(*task, 1e-9), alone) - 1e-6)
        return largest(worst, limit, refused(lambda: models.full(*task, 0.0)))
    return largest(
        worst,
        relative(models.full(*task, 0.0), models.full(*plain, 0.0)),
        relative(models.naive(*task, 0.0), models.naive(*plain, 0.0)),
    )


@lru_cache(maxsize=1)
def _digits() -> book.Task:
    digits = load_digits_dataset()
    return book.Task(digits.X_train.astype(float), digits.y_train, digits.X_test.astype(float))


def _digits_residual(models: _Regularised) -> float:
    """Small images, of which three pixels are the same in all."""
    X, y, points = _digits()
    varies = np.ptp(np.concatenate([X, points]), axis=0) > 0
    return largest(
        abs(float(np.sum(~varies)) - 3.0),
        relative(
            models.shared(X, y, points, 0.0), models.shared(X[:, varies], y, points[:, varies], 0.0)
        ),
        refused(lambda: models.full(X, y, points, 0.0)),
        refused(lambda: models.naive(X, y, points, 0.0)),
    )


def _singular_residual(models: Any, case: _Singular | None) -> float:
    if case is None:
        return _digits_residual(models)
    return largest(_formula_residual(models, case.task, case.r), _without_residual(models, case))


def _never_refused(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    """Pseudo-inverse, and the determinant of the range."""
    found = _shrunk(book.estimates(X, y), r, 1.0)
    columns = [
        stats.multivariate_normal(mean, S, allow_singular=True).logpdf(points)
        for mean, S in zip(found.means, found.covariances, strict=True)
    ]
    table: FloatArray = special.softmax(np.stack(columns, axis=1) + np.log(found.priors), axis=1)
    return table


def _singular_determinant(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    found = _shrunk(book.pooled(book.estimates(X, y)), r)
    P = np.linalg.pinv(found.covariances[0], hermitian=True)
    centred = points[:, None, :] - found.means
    squares = np.einsum("nki,ij,nkj->nk", centred, P, centred)
    log_det = np.log(np.linalg.det(found.covariances[0]))
    table: FloatArray = special.softmax(np.log(found.priors) - 0.5 * (squares + log_det), axis=1)
    return table


def _divided_by_zero(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    found = _smoothed(X, y, r)
    variances = np.diagonal(found.covariances, axis1=1, axis2=2)
    squares = (points[:, None, :] - found.means) ** 2 / variances
    joint = np.log(found.priors) - 0.5 * (squares + np.log(variances)).sum(axis=2)
    table: FloatArray = special.softmax(joint, axis=1)
    return table


def _identity_added(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    """``Sigma + r I`` in the units of whoever measured."""
    found = book.pooled(book.estimates(X, y))
    ridge = found._replace(covariances=found.covariances + r * np.eye(X.shape[1]))
    return book.posterior(ridge, points) if r > 0.01 else _shared_at(X, y, points, r)


def _not_scaled_down(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    found = book.estimates(X, y)
    ridge = found._replace(covariances=found.covariances + r * np.eye(X.shape[1]))
    return book.posterior(ridge, points) if r else _full_at(X, y, points, r)


def _always_a_little(X: Any, y: Any, points: Any, r: float) -> FloatArray:
    return _full_at(X, y, points, max(r, 1e-6))


LAWS = (
    Law(
        id="GE-19",
        title="singular covariances",
        text="A copied or constant feature makes covariances singular: a mixture with a multiple "
        "of I is not; without one the model refuses, unless the feature tells nothing, and a "
        "shared covariance gives what a single copy gives.",
        latex=r"(1 - r) \Sigma + r \tfrac{\operatorname{tr} \Sigma}{d} I,\quad 0 < r \le 1",
        source="where the lectures stop; seven features of which one is the sum of the others",
        cases=_SINGULAR,
        residual=_singular_residual,
        tolerance=1e-10,
        reason="a Cholesky factor of covariances whose condition is at most 200, where r = 0.1",
        subject=_REGULARISED,
        mutants=(
            Mutant("a pseudo-inverse for a refusal", _REGULARISED._replace(full=_never_refused)),
            Mutant("always a little", _REGULARISED._replace(full=_always_a_little)),
            Mutant(
                "determinant of a singular matrix",
                _REGULARISED._replace(shared=_singular_determinant),
            ),
            Mutant("identity in any units", _REGULARISED._replace(shared=_identity_added)),
            Mutant("variance of zero", _REGULARISED._replace(naive=_divided_by_zero)),
            Mutant("Sigma plus r I", _REGULARISED._replace(full=_not_scaled_down)),
        ),
        examples=(None,),
    ),
)
