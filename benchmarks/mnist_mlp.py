"""Accuracy of the multi-layer perceptron on plain MNIST: two recipes, several seeds each.

``python -m benchmarks.mnist_mlp [--seeds 5]`` trains, on the 60000 training images / 255 and
nothing else (no augmentation, no dropout, pixels in any order would do as well), and counts the
errors among the 10000 test images:

- *momentum*: two layers of 1024 ReLU units, L2, SGD with Nesterov momentum 0.9, a rate that falls
  from 0.1 as a cosine, batches of 128, 25 epochs;
- *keras*: one layer of 512 ReLU units, RMSProp, batches of 128, 5 epochs: the network of Chollet,
  "Deep Learning with Python", section 2.1.

The numbers are customary ones; none was tuned, on test images or others.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from probml.classifiers import MLPClassifier
from probml.datasets import load_mnist

__all__ = ["RECIPES", "main"]

RESULTS = Path(__file__).with_name("mnist_mlp.md")

_BATCH = 128
_DECAY = 1e-4
"""Factor of ``||W||^2 / 2`` in the loss of every batch; `alpha` is that times the batch."""

_WHOLE = {"batch_size": _BATCH, "tol": 0.0, "n_iter_no_change": np.inf}
"""Every recipe makes all of its epochs."""

RECIPES: dict[str, dict[str, Any]] = {
    "momentum": {
        "hidden_layer_sizes": (1024, 1024), "solver": "sgd", "learning_rate": "cosine",
        "learning_rate_init": 0.1, "momentum": 0.9, "nesterovs_momentum": True,
        "alpha": _DECAY * _BATCH, "max_iter": 25, **_WHOLE,
    },
    "keras": {
        "hidden_layer_sizes": (512,), "solver": "rmsprop", "learning_rate_init": 1e-3,
        "alpha": 0.0, "max_iter": 5, **_WHOLE,
    },
}  # fmt: skip


def trained(X: Any, y: Any, words: dict[str, Any], seed: int) -> MLPClassifier:
    """A recipe carried out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the recipe's
        return MLPClassifier(**words, random_state=seed).fit(X, y)


def on_test_images(seeds: int) -> pd.DataFrame:
    """Test errors of every recipe and seed, in per cent."""
    mnist = load_mnist()
    X, X_test = (np.float32(Z).reshape(len(Z), -1) / 255 for Z in (mnist.X_train, mnist.X_test))
    rows = []
    for name, words in RECIPES.items():
        for seed in range(seeds):
            model = trained(X, mnist.y_train, words, seed)
            error = 100.0 * (1.0 - model.score(X_test, mnist.y_test))
            rows.append({"recipe": name, "seed": seed, "test_error": round(error, 4)})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    """Train, and write the table down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    table = on_test_images(parser.parse_args().seeds)
    medians = table.groupby("recipe")["test_error"].agg(["median", "min", "max"])
    text = f"{table.to_string(index=False)}\n\n{medians.to_string()}"
    print(text)
    RESULTS.write_text(f"# MNIST\n\n{__doc__}\n```\n{text}\n```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
