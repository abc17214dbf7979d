"""Rows that are held out of a training, and what a network makes of them."""

import math

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from probml._blocks import row_blocks
from probml.classifiers._minibatches import Rows, dense
from probml.classifiers._network import Parameters, hits, network_scores, output_loss

__all__ = ["held_out_rows", "judged"]


def held_out_rows(
    y: NDArray[np.intp], fraction: float, random: RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to train on and rows to judge by, split and drawn as scikit-learn's network does.

    The split is stratified for two classes, and plain for more.

    Raises
    ------
    ValueError
        If fewer than two rows would be held out.
    """
    from sklearn.model_selection import train_test_split  # slow to import, seldom needed

    if math.ceil(fraction * len(y)) < 2:
        raise ValueError(
            "early_stopping needs at least two rows to judge by: expected validation_fraction "
            f"* n_samples > 1 (got {fraction} * {len(y)}); raise validation_fraction"
        )
    strata = y if y.ndim == 1 and len(np.unique(y)) == 2 else None
    kept, held_out = train_test_split(
        np.arange(len(y)), test_size=fraction, random_state=random, stratify=strata
    )
    return kept, held_out


def judged(parameters: Parameters, activation: str, rows: Rows) -> tuple[float, float]:
    """Weighted mean of the cross-entropies of the rows, and share of them that are right.

    Not a number of either kind is a finite loss: where scores overflow the loss is ``inf``.
    """
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    dtype = parameters.coefs[0].dtype
    loss = right = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in row_blocks(*rows.X.shape):
            X, y, w = dense(rows.X[block]).astype(dtype, copy=False), rows.y[block], weight[block]
            scores = network_scores(X, parameters, activation)
            right += float(np.dot(hits(scores, y), w))
            loss += output_loss(scores, y, w)[0]
    total = float(weight.sum())
    return (loss / total if math.isfinite(loss) else math.inf), right / total
