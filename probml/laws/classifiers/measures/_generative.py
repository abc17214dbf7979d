"""What Bayes' rule says of a classifier that claims to be a generative family: laws GEN."""

from fractions import Fraction
from math import log
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.base import clone

from probml.laws.classifiers.measures._basics import (
    Finding,
    UnusableError,
    answers,
    compared,
    fitted,
    log_odds,
    well_posed,
)

__all__ = [
    "bernoulli_by_fractions",
    "diagonal_normals",
    "doubled_column",
    "empty_document",
    "equal_covariances",
    "mirrored",
    "multinomial_by_fractions",
    "normals_of_their_own",
    "normals_that_share",
    "prior_swap",
    "reflected_about_means",
    "solvers_agree",
]


def class_moments(problem: Any) -> Any:
    """Counts, means, and maximum likelihood covariances of the classes, in float64."""
    X, labels = problem.X.astype(float), np.unique(problem.y)
    parts = [X[problem.y == label] for label in labels]
    counts = np.array([len(part) for part in parts], dtype=float)
    means = np.array([part.mean(axis=0) for part in parts])
    scatter = [(part - m).T @ (part - m) for part, m in zip(parts, means, strict=True)]
    return counts, means, np.array(scatter) / counts[:, None, None]


def normal_scores(Z: Any, weights: Any, means: Any, covariances: Any) -> Any:
    """Log-odds against the first class, of normal densities times weights, by Cholesky factors."""
    columns = []
    for weight, mean, Sigma in zip(weights, means, covariances, strict=True):
        spread = np.sqrt(np.diag(Sigma))
        if not (spread > 0).all() or np.linalg.cond(Sigma / np.outer(spread, spread)) > 1e8:
            raise UnusableError("a covariance is singular, or nearly")
        L = np.linalg.cholesky(Sigma)
        white = np.linalg.solve(L, (Z.astype(float) - mean).T)
        columns.append(log(weight) - np.log(np.diag(L)).sum() - 0.5 * (white**2).sum(axis=0))
    scores = np.array(columns).T
    return scores[:, 1:] - scores[:, :1]


def weights_of(estimator: Any, counts: Any) -> Any:
    """The priors that were given, or else the class frequencies."""
    given = estimator.get_params().get("priors")
    return counts / counts.sum() if given is None else np.asarray(given, dtype=float)


def nearest(candidates: Any, got: Any, estimator: Any, problem: Any) -> Finding:
    """The finding about the candidate that an answer is nearest to."""
    best = min(candidates, key=lambda expected: float(np.max(np.abs(expected - got))))
    return compared(got, best, estimator, problem, log_odds)


def normals_that_share(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from those of normals with the pooled covariance.

    Its denominator may be n, or n less the number of classes.
    """
    well_posed(problem)
    counts, means, covariances = class_moments(problem)
    n, K = counts.sum(), len(counts)
    pooled = np.tensordot(counts, covariances, 1)
    priors = weights_of(estimator, counts)
    expected = [
        normal_scores(problem.Z, priors, means, [pooled / (n - lost)] * K)
        for lost in (0, K)
        if n > lost
    ]
    got = log_odds(fitted(estimator, problem.X, problem.y), problem.Z)
    return nearest(expected, got, estimator, problem)


def normals_of_their_own(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from those of normals with the covariance of each class.

    Its denominator may be the number of rows of the class, or one less.
    """
    counts, means, covariances = class_moments(problem)
    priors = weights_of(estimator, counts)
    expected = [
        normal_scores(
            problem.Z, priors, means, covariances * (counts / (counts - lost))[:, None, None]
        )
        for lost in (0, 1)
        if counts.min() > lost
    ]
    got = log_odds(fitted(estimator, problem.X, problem.y), problem.Z)
    return nearest(expected, got, estimator, problem)


def diagonal_normals(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from those of independent normals, with the smoothing that is asked."""
    counts, means, covariances = class_moments(problem)
    smoothing = estimator.get_params().get("var_smoothing", 0.0)
    extra = smoothing * problem.X.astype(float).var(axis=0).max()
    diagonal = [np.diag(np.diag(Sigma) + extra) for Sigma in covariances]
    expected = normal_scores(problem.Z, weights_of(estimator, counts), means, diagonal)
    got = log_odds(fitted(estimator, problem.X, problem.y), problem.Z)
    return compared(got, expected, estimator, problem, log_odds)


def equal_covariances(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from affine where the classes are one cloud, moved."""
    labels = np.unique(problem.y)
    cloud = problem.X - problem.X.min(axis=0)
    step = 3.0 * (1.0 + np.abs(cloud).max())
    X = np.vstack([cloud + k * step for k in range(len(labels))]).astype(problem.X.dtype)
    y = np.repeat(labels, len(cloud))
    way = np.ones(X.shape[1], X.dtype) * X.dtype.type(step)
    middle = (X.mean(axis=0) + 0.0 * problem.Z).astype(X.dtype) + problem.Z - problem.Z.min()
    moved = SimpleNamespace(X=X, y=y, Z=middle.astype(X.dtype))
    model = fitted(estimator, X, y)
    ends = log_odds(model, moved.Z - way), log_odds(model, moved.Z + way)
    return compared(sum(ends), 2.0 * log_odds(model, moved.Z), estimator, moved, log_odds)


def prior_swap(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from moving by the logarithm of the ratio of priors."""
    well_posed(problem)
    K = len(np.unique(problem.y))
    uneven = np.arange(1.0, K + 1.0) / np.arange(1.0, K + 1.0).sum()
    even = clone(estimator).set_params(priors=np.full(K, 1.0 / K))
    before = log_odds(fitted(even, problem.X, problem.y), problem.Z)
    other = clone(estimator).set_params(priors=uneven)
    after = log_odds(fitted(other, problem.X, problem.y), problem.Z)
    return compared(after, before + np.log(uneven[1:] / uneven[0]), even, problem, log_odds)


def mirrored(estimator: Any, problem: Any) -> Finding:
    """How far the centre is from even, where the second class is the first one mirrored at it."""
    first, second = np.unique(problem.y)[:2]
    X, y = np.vstack([problem.X, -problem.X]), np.repeat([first, second], len(problem.X))
    pair = SimpleNamespace(X=X, y=y, Z=np.zeros((1, X.shape[1]), X.dtype))
    P = answers(fitted(estimator, X, y), pair.Z)
    return compared(P, np.array([[0.5, 0.5]]), estimator, pair)


def doubled_column(estimator: Any, problem: Any) -> Finding:
    """How far a copy of a column is from counting as much as the column itself did."""
    if problem.X.shape[1] < 2:
        raise UnusableError("without its only column nothing is left")
    # of the least variance, since smoothing may go by the largest
    j = int(np.argmin(problem.X.var(axis=0)))

    def with_copies(k: int) -> Any:
        def columns(A: Any) -> Any:
            return np.hstack([np.delete(A, j, axis=1), *[A[:, j : j + 1]] * k])

        return SimpleNamespace(X=columns(problem.X), y=problem.y, Z=columns(problem.Z))

    odds = [log_odds(fitted(estimator, c.X, c.y), c.Z) for c in map(with_copies, range(3))]
    return compared(odds[0] + odds[2], 2.0 * odds[1], estimator, with_copies(1), log_odds)


def pseudo_count(estimator: Any) -> Fraction:
    """The smoothing of a naive Bayes classifier of counts, as an exact number."""
    words = estimator.get_params()
    if words.get("class_prior") is not None or not words.get("fit_prior", True):
        raise UnusableError("its priors are not the class frequencies")
    alpha = words.get("alpha", 1.0)
    if np.ndim(alpha) or alpha <= 0.0:
        raise UnusableError("its smoothing is not one positive number")
    return Fraction(float(alpha))


def bernoulli_by_fractions(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from those of smoothed frequencies of presence and absence."""
    alpha, labels = pseudo_count(estimator), np.unique(problem.y)
    cut = np.median(problem.X, axis=0)
    X, Z = ((cut < A).astype(problem.X.dtype) for A in (problem.X, problem.Z))
    odds = []
    for z in Z.astype(int).tolist():
        terms = []
        for label in labels:
            own = X[problem.y == label]
            present = [
                (int(v) + alpha) / (len(own) + 2 * alpha) for v in own.sum(axis=0).astype(int)
            ]
            mass = Fraction(len(own))
            for theta, there in zip(present, z, strict=True):
                mass *= theta if there else 1 - theta
            terms.append(mass)
        odds.append([log(term / terms[0]) for term in terms[1:]])
    binary = SimpleNamespace(X=X, y=problem.y, Z=Z)
    got = log_odds(fitted(estimator, X, problem.y), Z)
    return compared(got, np.array(odds), estimator, binary, log_odds)


def counted(problem: Any) -> Any:
    """The problem with small whole counts for features."""
    X, Z = (np.abs(np.round(A)) % 16 for A in (problem.X, problem.Z))
    return SimpleNamespace(X=X, y=problem.y, Z=Z)


def multinomial_by_fractions(estimator: Any, problem: Any) -> Finding:
    """How far log-odds are from those of smoothed shares of all counts of a class."""
    alpha, labels, whole = pseudo_count(estimator), np.unique(problem.y), counted(problem)
    shares = []
    for label in labels:
        totals = [int(v) for v in whole.X[whole.y == label].sum(axis=0)]
        shares.append([(v + alpha) / (sum(totals) + alpha * len(totals)) for v in totals])
    sizes = [int((whole.y == label).sum()) for label in labels]
    logs = np.array([[log(share) for share in row] for row in shares])
    scores = whole.Z.astype(float) @ logs.T + np.log(sizes)
    got = log_odds(fitted(estimator, whole.X, whole.y), whole.Z)
    return compared(got, scores[:, 1:] - scores[:, :1], estimator, whole, log_odds)


def empty_document(estimator: Any, problem: Any) -> Finding:
    """How far a row without any counts is from the class frequencies."""
    pseudo_count(estimator)
    whole = counted(problem)
    whole.Z = np.zeros((1, whole.X.shape[1]), whole.X.dtype)
    sizes = np.unique(whole.y, return_counts=True)[1]
    P = answers(fitted(estimator, whole.X, whole.y), whole.Z)
    return compared(P, [sizes / sizes.sum()], estimator, whole)


def reflected_about_means(estimator: Any, problem: Any) -> Finding:
    """How far other rows with the same counts, means and covariances change probabilities."""
    well_posed(problem)
    _, means, _ = class_moments(problem)
    index = np.unique(problem.y, return_inverse=True)[1]
    other = (2.0 * means[index] - problem.X).astype(problem.X.dtype)
    P = answers(fitted(estimator, problem.X, problem.y), problem.Z)
    return compared(
        fitted(estimator, other, problem.y).predict_proba(problem.Z), P, estimator, problem
    )


def solvers_agree(estimator: Any, problem: Any) -> Finding:
    """How far solvers that have the same optimum are from the same log-odds."""
    well_posed(problem)
    expected = log_odds(fitted(estimator, problem.X, problem.y), problem.Z)
    found = Finding(0.0, 1.0, "no other solver")
    for solver in ("svd", "lsqr", "eigen"):
        try:
            model = clone(estimator).set_params(solver=solver).fit(problem.X, problem.y)
        except (ValueError, NotImplementedError):
            continue
        found = compared(log_odds(model, problem.Z), expected, estimator, problem, log_odds)
        if found.missed > found.allowed:
            return found
    return found
