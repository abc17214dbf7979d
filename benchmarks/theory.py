"""Speed of the theory modules against physical floors: ratios from interleaved runs.

``python -m benchmarks.theory [--repeats 9]`` runs each piece of work and its floor, the least
that NumPy or BLAS must do for the same answer, in turn, and prints the quartiles of the paired
ratios, ours / floor: 1 is the floor itself.
"""

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular

from probml.distributions import MultivariateNormal
from probml.probability import FiniteSpace

__all__ = ["main"]

_N_OUTCOMES = 1_000_000
_N_POINTS, _D = 10_000, 784


class Work(NamedTuple):
    """What we do, and the least that must be done."""

    name: str
    ours: Callable[[], Any]
    floor: str
    least: Callable[[], Any]


def spaces() -> list[Work]:
    """A million float weights over the outcomes 0, 1, ..."""
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(_N_OUTCOMES))
    mask = rng.random(_N_OUTCOMES) < 0.5
    P = FiniteSpace(range(_N_OUTCOMES), weights)
    B = P.event(mask)

    def renormalised() -> Any:
        kept = np.where(mask, weights, 0.0)
        return kept / kept.sum()

    return [
        Work("space of 10^6 weights", lambda: FiniteSpace(range(_N_OUTCOMES), weights),
             "copy and sum", lambda: weights.copy().sum()),
        Work("P(event) by mask", lambda: P(mask), "masked sum", lambda: weights[mask].sum()),
        Work("P.given(event)", lambda: P.given(B), "mask, sum, divide", renormalised),
    ]  # fmt: skip


def normals() -> list[Work]:
    """Log-densities of 10,000 points in 784 dimensions."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((_D, _D))
    Sigma = A @ A.T / _D + np.eye(_D)
    normal = MultivariateNormal(rng.standard_normal(_D), Sigma)
    L, X = np.linalg.cholesky(Sigma), rng.standard_normal((_N_POINTS, _D))
    return [
        Work("log_prob, 784 dimensions", lambda: normal.log_prob(X),
             "one triangular solve", lambda: solve_triangular(L, X.T, lower=True)),
    ]  # fmt: skip


def seconds(call: Callable[[], Any]) -> float:
    """Wall-clock time of one call."""
    start = perf_counter()
    call()
    return perf_counter() - start


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    rows = []
    for work in [*spaces(), *normals()]:
        work.ours()  # what is computed once and kept is not the work
        runs = np.array([(seconds(work.ours), seconds(work.least)) for _ in range(repeats)])
        low, median, high = np.quantile(runs[:, 0] / runs[:, 1], [0.25, 0.5, 0.75])
        rows.append({
            "work": work.name, "floor": work.floor, "ours_ms": 1e3 * np.median(runs[:, 0]),
            "ratio_q1": low, "ratio": median, "ratio_q3": high,
        })  # fmt: skip
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
