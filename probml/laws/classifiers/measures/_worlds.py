"""Finite worlds whose posterior is a fraction, and data that a model is taught: laws WLD, SCO-03.

A world has cells x, and a whole number c(x, k) of members of each class in each cell:

    P(C_k | x) = c(x, k) / sum_j c(x, j),

exactly.  A classifier is taught all of it by weights, or by repeated rows.
"""

from fractions import Fraction
from math import log, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.base import clone

from probml.laws.classifiers.measures._basics import (
    Finding,
    answers,
    fitted,
    log_odds,
    rounding,
)
from probml.laws.classifiers.measures._generative import pseudo_count

__all__ = [
    "calibrated_under_its_model",
    "nothing_in_the_features",
    "posterior_of_a_table",
    "smoothed_posterior",
]


def taught(estimator: Any, world: Any) -> Any:
    """A copy that was taught the world: by weights if it takes them, by repeats if not."""
    where, k = np.nonzero(world.counts)
    X, y, weight = world.cells[where], world.labels[k], world.counts[where, k]
    if world.weighted:
        return fitted(estimator, X, y, sample_weight=weight.astype(float))
    return fitted(estimator, np.repeat(X, weight, axis=0), np.repeat(y, weight))


def fractions_of(counts: Any) -> Any:
    """The posterior of each cell as fractions."""
    rows = [[int(c) for c in row] for row in counts]
    return [[Fraction(c, sum(row)) for c in row] for row in rows]


def posterior_of_a_table(estimator: Any, world: Any) -> Finding:
    """How far probabilities are from the share of each class in a cell."""
    P = answers(taught(estimator, world), world.cells)
    exact = np.array([[float(p) for p in row] for row in fractions_of(world.counts)])
    missed = float(np.max(np.abs(P - exact)))
    return Finding(missed, rounding(P, world.cells), "float64, against fractions", P, exact)


def nothing_in_the_features(estimator: Any, world: Any) -> Finding:
    """How far probabilities are from the shares of the classes, which are those of every cell."""
    shares = world.counts.sum(axis=0)
    level = SimpleNamespace(
        cells=world.cells,
        counts=np.outer(1 + np.arange(len(world.cells)), shares),
        labels=world.labels,
        weighted=world.weighted,
    )
    P = answers(taught(estimator, level), level.cells)
    exact = np.array([[float(p) for p in row] for row in fractions_of(level.counts)])
    missed = float(np.max(np.abs(P - exact)))
    words = estimator.get_params() if hasattr(estimator, "get_params") else {}
    tol = words.get("tol") if "max_iter" in words else None
    allowed = 64.0 * rounding(P, world.cells)
    if isinstance(tol, float):
        # where a penalty is weak, a gradient of tol may be far from the optimum
        patient = clone(estimator).set_params(tol=tol / 100.0)
        early = float(np.max(np.abs(P - answers(taught(patient, level), level.cells))))
        allowed += 10.0 * tol + 4.0 * early
    return Finding(missed, allowed, f"float64, against fractions, tol {tol}", P, exact)


def smoothed_posterior(estimator: Any, world: Any) -> Finding:
    """How far log-odds are from those of weighted counts with pseudo-counts, by fractions."""
    alpha, bits = pseudo_count(estimator), world.cells > np.median(world.cells, axis=0)
    cells = bits.astype(float)
    binary = SimpleNamespace(**{**world_parts(world), "cells": cells})
    mass = []
    for k in range(len(world.labels)):
        counts = [int(c) for c in world.counts[:, k]]
        total = sum(counts)
        row = []
        for cell in bits:
            product = Fraction(total)
            for j, there in enumerate(cell):
                present = sum(c for c, other in zip(counts, bits[:, j], strict=True) if other)
                theta = (present + alpha) / (total + 2 * alpha)
                product *= theta if there else 1 - theta
            row.append(product)
        mass.append(row)
    exact = np.array([[log(m / first) for m, first in zip(r, mass[0], strict=True)] for r in mass])
    got = log_odds(taught(estimator, binary), cells)
    size = rounding(got, cells) * (1.0 + float(np.abs(exact).max()))
    missed = float(np.max(np.abs(got - exact[1:].T)))
    return Finding(missed, 64.0 * size, "float64, against fractions")


def world_parts(world: Any) -> Any:
    """The parts of a world by name."""
    return {name: getattr(world, name) for name in ("cells", "counts", "labels", "weighted")}


def calibrated_under_its_model(estimator: Any, problem: Any) -> Finding:
    """How far forecasts of fresh data from two normals are from coming true.

    4000 rows of two classes with one covariance teach, 20,000 are forecast.  In each of ten bins
    of the forecast its mean may miss the frequency by the bound of Hoeffding at 1e-10 and by
    what an estimate from 4000 rows is off.
    """
    rng = np.random.default_rng(int(np.abs(problem.X).sum()) % 2**16)

    def drawn(n: int) -> Any:
        y = rng.integers(0, 2, n)
        return rng.standard_normal((n, 2)) + 1.2 * y[:, None] * np.array([1.0, -0.5]), y

    X, y = drawn(4000)
    Z, truth = drawn(20_000)
    p = answers(fitted(estimator, X, y), Z)[:, 1]
    bins = np.minimum((10.0 * p).astype(int), 9)
    worst = Finding(0.0, 1.0, "")
    for b in range(10):
        own = bins == b
        if own.sum() < 100:
            continue
        missed = abs(float((truth[own] - p[own]).mean()))
        allowed = sqrt(log(2.0 / 1e-10) / (2.0 * own.sum())) + 0.03
        if missed / allowed >= worst.missed / worst.allowed:
            worst = Finding(
                missed, allowed, f"{own.sum()} forecasts between {b / 10} and {b / 10 + 0.1:.1f}"
            )
    return worst
