"""Laws GE-15, GE-18: points that are far from all others, and other units and axes."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special, stats

from probml.classifiers import (
    GaussianNB,
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from probml.laws._drawn import regular, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]

Posterior = Callable[[FloatArray, NDArray[np.intp], FloatArray], FloatArray]


# -- GE-15: points that were never seen -------------------------------------------------------


class _Judged(NamedTuple):
    """Joint log-likelihoods and posteriors of points, (n_points, K)."""

    joint: FloatArray
    posterior: FloatArray


def _judged(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Judged:
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    return _Judged(model.joint_log_likelihood(points), model.predict_proba(points))


def _far(case: book.Normals) -> book.Normals:
    """The points a hundred times further out, where densities underflow."""
    return case._replace(points=np.concatenate([case.points, 100.0 * case.points + 1.0 / 3.0]))


def _unseen_residual(judged: Any, case: book.Normals) -> float:
    expected = book.joint(case.estimates, case.points)
    found = judged(*case.task)
    inside = np.isfinite(found.joint).all() and (abs(found.posterior - 0.5) <= 0.5).all()
    return largest(
        relative(found.joint, expected),
        relative(found.posterior, special.softmax(expected, axis=1)),
        relative(found.posterior.sum(axis=1), np.ones(len(expected))),
        0.0 if inside else np.inf,
    )


def _counted(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Judged:
    """Share of a class's rows that are the point."""
    hits = (points[:, None, :] == X).all(axis=2) @ (y[:, None] == np.arange(y.max() + 1))
    joint = hits / len(y)
    return _Judged(np.log(joint), joint / joint.sum(axis=1, keepdims=True))


def _by_densities(
    X: FloatArray, y: NDArray[np.intp], points: FloatArray, floor: float = 0.0
) -> _Judged:
    """Densities that underflow, and their quotients."""
    log_joint = book.joint(book.estimates(X, y), points)
    joint = np.exp(log_joint) + floor
    return _Judged(log_joint, joint / joint.sum(axis=1, keepdims=True))


def _heavy_tails(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Judged:
    found = book.estimates(X, y)
    columns = [
        stats.multivariate_t(mean, S, df=30).logpdf(points).reshape(len(points))
        for mean, S in zip(found.means, found.covariances, strict=True)
    ]
    joint = np.stack(columns, axis=1) + np.log(found.priors)
    return _Judged(joint, special.softmax(joint, axis=1))


# -- GE-18: invariance ------------------------------------------------------------------------


class _Family(NamedTuple):
    """Posteriors with a shared covariance, with separate ones, and with diagonal ones."""

    shared: Posterior
    full: Posterior
    diagonal: Posterior


def _posterior_of(model: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    table: FloatArray = model().fit(X, y).predict_proba(points)
    return table


_shared = partial(_posterior_of, LinearDiscriminantAnalysis)
_full = partial(_posterior_of, QuadraticDiscriminantAnalysis)
_naive = partial(_posterior_of, partial(GaussianNB, var_smoothing=0.0))
_MODELS = _Family(_shared, _full, _naive)


class _Moved(NamedTuple):
    """Normal classes, an affine map, and whether naive Bayes must notice it."""

    normals: book.Normals
    A: FloatArray
    c: FloatArray
    bends: bool = False


@st.composite
def _moved(draw: DrawFn) -> _Moved:
    case = draw(book.normals())
    d = case.points.shape[1]
    return _Moved(case, draw(regular(d, lowest=0.4, highest=3.0)), draw(whole(d)))


def _invariance_residual(family: Any, case: _Moved) -> float:
    X, y, points = case.normals.task
    # Along axes: the map's own stretches in another order, one of them a reflection.
    stretches = np.linalg.svd(case.A, compute_uv=False) * np.where(np.arange(len(case.A)), 1, -1)
    worst = 0.0
    for posterior, A in (
        (family.shared, case.A),
        (family.full, case.A),
        (family.diagonal, np.diag(stretches)),
    ):
        before = posterior(X, y, points)
        after = posterior(X @ A.T + case.c, y, points @ A.T + case.c)
        worst = largest(worst, relative(after, before))
    if case.bends:
        rotated = family.diagonal(X @ case.A.T, y, points @ case.A.T)
        worst += float(relative(rotated, family.diagonal(X, y, points)) < 0.01)
    return worst


def _nearest_mean(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    found = book.estimates(X, y)
    spheres = np.broadcast_to(np.eye(X.shape[1]), found.covariances.shape)
    return book.posterior(found._replace(covariances=spheres), points)


def _with_ridge(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return _posterior_of(partial(QuadraticDiscriminantAnalysis, reg_param=0.1), X, y, points)


def _shrunk_to_a_sphere(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return _posterior_of(partial(LinearDiscriminantAnalysis, shrinkage=0.2), X, y, points)


def _uncentred(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    found = book.estimates(X, y)
    moments = found.covariances + np.einsum("ki,kj->kij", found.means, found.means)
    return book.posterior(found._replace(covariances=moments), points)


_TILTED = _Moved(
    book.Normals(
        (5, 7),
        np.array([[0.0, 0.0], [1.0, 0.5]]),
        np.array([[[2.0, 1.5], [1.5, 2.0]], [[2.0, -1.0], [-1.0, 1.0]]]),
        np.array([[1.0, 1.0], [2.0, -1.0]]),
    ),
    np.sqrt(0.5) * np.array([[1.0, -1.0], [1.0, 1.0]]),
    np.zeros(2),
    bends=True,
)


_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="GE-15",
        title="points that were never seen",
        text="A fitted normal distribution gives every point a positive density, so a point that "
        "is in no training set, however far, has a posterior.",
        latex=r"\log f_k(x) > -\infty,\quad P(C_k \mid x) \in [0, 1],\quad "
        r"\sum_k P(C_k \mid x) = 1",
        source=_LECTURES + "if x is not in the training data",
        cases=book.normals().map(_far),
        residual=_unseen_residual,
        tolerance=1e-9,
        reason="logarithms of up to 1e6, of which differences keep ten digits",
        subject=_judged,
        mutants=(
            Mutant("counted", _counted),
            Mutant("densities for logarithms", _by_densities),
            Mutant("densities with a floor", partial(_by_densities, floor=1e-300)),
            Mutant("heavy tails", _heavy_tails),
        ),
    ),
    Law(
        id="GE-18",
        title="other units and axes",
        text="An invertible affine map of the features changes no posterior of a model with whole "
        "covariances; naive Bayes bears other units, and notices a rotation.",
        latex=r"P_{Ax + c}(C_k \mid Ax + c) = P_x(C_k \mid x),\quad |A| \ne 0",
        source="where the lectures stop; what a model of normal classes depends on",
        cases=_moved(),
        residual=_invariance_residual,
        tolerance=1e-11,
        reason="a Cholesky factor of covariances whose condition is at most 9 times 56",
        subject=_MODELS,
        mutants=(
            Mutant("diagonal for whole covariances", _MODELS._replace(full=_naive)),
            Mutant("diagonal for the shared one", _MODELS._replace(shared=_naive)),
            Mutant("nearest mean", _MODELS._replace(shared=_nearest_mean)),
            Mutant("shrunk to a sphere", _MODELS._replace(shared=_shrunk_to_a_sphere)),
            Mutant("a ridge", _MODELS._replace(full=_with_ridge)),
            Mutant("moments about the origin", _MODELS._replace(full=_uncentred)),
            Mutant("whole for diagonal covariances", _MODELS._replace(diagonal=_full)),
        ),
        examples=(_TILTED,),
    ),
)
