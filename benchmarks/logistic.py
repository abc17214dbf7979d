"""Speed of logistic regression on full MNIST / 255, C = 1: ratios from interleaved runs.

``python -m benchmarks.logistic [--repeats 3]`` measures, each beside our own run and in turn
(A B A B ...),

- the time until J is at or below what scikit-learn's lbfgs reaches at ``tol=1e-4,
  max_iter=1000``, against that fit;
- the time until J is within 1e-6 of its minimum, relatively, against lbfgs with ``tol=3e-6`` and
  newton-cg with ``tol=1e-6``, both with ``max_iter=5000``; inf where that is not near enough;
- both times against lbfgs of scikit-learn-intelex, which is no dependency: the rows are left out
  where ``pip install scikit-learn-intelex`` has not been run;
- with an L1 penalty, on the first 10,000 rows, the time until J is at or below what saga reaches
  at ``tol=1e-3, max_iter=100``, against that fit;
- one evaluation of loss and gradient against its two products of matrices alone.

J is computed anew in float64 from the coefficients, for both sides alike; the times at which ours
were reached are those of the callback.  Seconds are of this machine and this moment only.
"""

import argparse
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression as Theirs
from threadpoolctl import threadpool_info

from probml.classifiers import LogisticRegression
from probml.classifiers._cross_entropy import RowsObjective
from probml.datasets import load_mnist
from probml.numerics import log_softmax

__all__ = ["main"]

RESULTS = Path(__file__).with_name("logistic.md")


def objective(W: Any, b: Any, X: Any, y: Any, C: float = 1.0, l1_ratio: float = 0.0) -> float:
    """J in float64."""
    loss = -log_softmax(X.astype(np.float64) @ W.T + b)[np.arange(len(y)), y].mean()
    penalty = (1.0 - l1_ratio) * np.square(W).sum() / 2.0 + l1_ratio * np.abs(W).sum()
    return float(loss + penalty / (C * len(y)))


def ours_until(X: Any, y: Any, level: float, **words: float) -> float:
    """Seconds until J of our fit is at or below a level."""
    reached = [np.inf]

    def stop(point: Any) -> None:
        if point.value > level:
            return
        W = point.x[:-10].reshape(-1, 10).T
        seconds = perf_counter() - start
        if objective(W, point.x[-10:], X, y, **words) <= level:
            reached[0] = seconds
            raise StopIteration

    start = perf_counter()
    with suppress(StopIteration):
        LogisticRegression(tol=1e-12, max_iter=2000, callback=stop, **words).fit(X, y)
    return reached[0]


def seconds_and_level(X: Any, y: Any, model: Any, **words: float) -> tuple[float, float]:
    """Of a fit of theirs: its time, and J where it ended."""
    start = perf_counter()
    fitted = clone(model).set_params(**words).fit(X, y)
    seconds = perf_counter() - start
    return seconds, objective(fitted.coef_, fitted.intercept_, X, y, **words)


def against(
    X: Any, y: Any, model: Any, name: str, target: str, repeats: int, **words: float
) -> dict[str, Any]:
    """Our time to the J that a fit of theirs reaches, beside that fit."""
    level = seconds_and_level(X, y, model, **words)[1]
    return beside(
        f"{name}until J <= {level:.5f}", target,
        lambda: ours_until(X, y, level, **words),
        lambda: seconds_and_level(X, y, model, **words)[0], repeats,
    )  # fmt: skip


def near(X: Any, y: Any, level: float, model: Any, name: str, target: str) -> dict[str, Any]:
    """Our time to a level beside the time of theirs, infinite if it does not get there."""

    def other() -> float:
        seconds, reached = seconds_and_level(X, y, model)
        return seconds if reached <= level else np.inf

    return beside(
        f"{name}until J <= {level:.7f}", target, lambda: ours_until(X, y, level), other, 1
    )


def intelex() -> Any:
    """Their accelerated class, or None and a line that says so."""
    try:
        from sklearnex.linear_model import LogisticRegression as Accelerated
    except ImportError as error:
        print(f"rows against scikit-learn-intelex left out: {error}; pip install it to see them")
        return None
    return Accelerated


def beside(
    name: str, target: str, ours: Callable[[], float], other: Callable[[], float], repeats: int
) -> dict[str, Any]:
    """One row of the table: other / ours from interleaved runs."""
    runs = np.array([(ours(), other()) for _ in range(repeats)])
    # infinite where theirs did not get there
    ratios = runs[:, 1] / runs[:, 0]
    low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75], method="nearest")
    return {
        "work": name, "ours_s": runs[:, 0].min(), "other_s": runs[:, 1].min(), "ratio": median,
        "quartiles": f"{low:.3g} to {high:.3g}", "target": target,
    }  # fmt: skip


def of_one_evaluation(X: Any, y: Any) -> dict[str, Any]:
    """Ours / floor of a loss with its gradient, beside its two products."""
    n, theta = len(y), np.random.default_rng(0).normal(0.0, 0.1, 7850)
    whole = RowsObjective(X, y, np.full(n, 1.0 / n), 10, strength=1.0 / n, fit_intercept=True)
    W = theta[:-10].reshape(-1, 10).astype(np.float32)
    R = np.zeros((n, 10), np.float32)

    def seconds(call: Callable[[], Any]) -> float:
        start = perf_counter()
        call()
        return perf_counter() - start

    row = beside(
        "loss and gradient / its two products", "<= 1.5",
        lambda: seconds(lambda: (X @ W, X.T @ R)), lambda: seconds(lambda: whole(theta)), 15,
    )  # fmt: skip
    row["ours_s"], row["other_s"] = row["other_s"], row["ours_s"]
    return row


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    mnist = load_mnist()
    X = mnist.X_train.reshape(len(mnist.y_train), -1) / np.float32(255.0)
    y = mnist.y_train.astype(np.intp)
    best = LogisticRegression(tol=1e-7, max_iter=3000).fit(X.astype(np.float64), y)
    lowest = objective(best.coef_, best.intercept_, X, y)
    level, n = lowest * (1.0 + 1e-6), options.repeats
    rows = [of_one_evaluation(X, y)]
    rows.append(against(X, y, Theirs(tol=1e-4, max_iter=1000), "lbfgs: ", ">= 6", n))
    for solver, tol in (("lbfgs", 3e-6), ("newton-cg", 1e-6)):
        model = Theirs(solver=solver, tol=tol, max_iter=5000)
        rows.append(near(X, y, level, model, f"{solver}: ", ">= 5"))
    Accelerated = intelex()
    if Accelerated is not None:
        model = Accelerated(tol=1e-4, max_iter=1000)
        rows.append(against(X, y, model, "intelex lbfgs: ", ">= 3", n))
        model = Accelerated(tol=3e-6, max_iter=5000)
        rows.append(near(X, y, level, model, "intelex lbfgs: ", ">= 3"))
    saga = Theirs(solver="saga", tol=1e-3, max_iter=100, random_state=0)
    for C in (0.01, 0.1, 1.0):
        name = f"saga, L1, C={C:g}: "
        rows.append(against(X[:10_000], y[:10_000], saga, name, "> 1", 1, C=C, l1_ratio=1.0))
    threads = {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}
    title = f"MNIST / 255, {options.repeats} interleaved runs, BLAS threads {threads}"
    table = pd.DataFrame(rows).to_string(index=False, float_format="{:.4g}".format)
    found = f"Least J found: {lowest:.7f}, with derivatives below 1e-7 in float64."
    print(f"{title}\n{found}\n{table}")
    RESULTS.write_text(f"# {title}\n\n{__doc__}\n{found}\n\n```\n{table}\n```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
