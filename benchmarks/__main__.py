"""Speed of each classifier against its scikit-learn twin: ratios from interleaved runs.

``python -m benchmarks [--models lda,qda,...] [--repeats 3]`` fits both members of every pair in
turn (A B A B ...) on the same float32 array of full MNIST, and prints the quartiles of the
paired ratios of time, theirs / ours, so that 2 means twice as fast.  Absolute seconds are of
this machine and this moment only.
"""

import argparse
import sys
import warnings
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from probml.datasets import load_mnist
from probml.reports import Pair, mnist_pairs, select_pairs

__all__ = ["main"]


def timed(
    model: Any, X: NDArray[Any], y: NDArray[Any], X_test: NDArray[Any]
) -> tuple[float, float]:
    """Seconds of `fit` and of `predict_proba`."""
    start = perf_counter()
    model.fit(X, y)
    middle = perf_counter()
    model.predict_proba(X_test)
    return middle - start, perf_counter() - middle


def measure(pair: Pair, repeats: int, data: tuple[NDArray[Any], ...]) -> list[dict[str, Any]]:
    """One row per phase: best seconds of both, and quartiles of the paired ratios."""
    seconds = np.array(
        [
            [timed(pair.build(member, seed), *data) for member in ("probml", "sklearn")]
            for seed in range(repeats)
        ]
    )
    rows = []
    for phase, name in enumerate(("fit", "predict_proba")):
        ours, theirs = seconds[:, 0, phase], seconds[:, 1, phase]
        low, median, high = np.quantile(theirs / ours, [0.25, 0.5, 0.75])
        rows.append(
            {
                "model": pair.name,
                "phase": name,
                "probml_s": ours.min(),
                "sklearn_s": theirs.min(),
                "ratio_q1": low,
                "ratio": median,
                "ratio_q3": high,
            }
        )
    return rows


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="lda,qda,gnb,bnb,mnb,logreg,mlp")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    mnist = load_mnist()
    X, X_test = mnist.scaled()
    rows: list[dict[str, Any]] = []
    warnings.simplefilter("ignore")  # five epochs do not converge, and both members say so
    for pair in select_pairs(mnist_pairs(), options.models):
        print(f"{pair.title} ...", file=sys.stderr)
        rows += measure(pair, options.repeats, (X, mnist.y_train, X_test))
    threads = {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}
    print(f"MNIST, float32, {options.repeats} interleaved runs, BLAS threads {threads}")
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
