"""Means over rows, seeds and folds, each with the interval that fits how it came about.

One fit: rows are drawn anew within classes.  Several seeds: rows and seeds are both a sample.
Several folds: Nadeau and Bengio's correction.  Rows of a fold are drawn once for all its scores.
"""

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from probml.metrics import Interval, corrected_t_interval, seeds_interval
from probml.metrics.bootstrap import bootstrap_table

__all__ = ["Figure", "Fold", "Rows", "figures_of", "minus"]

_Key = TypeVar("_Key", bound=Hashable)
FloatArray = NDArray[np.float64]

Rows = dict[int, dict[int, FloatArray]]
"""Scores by row, by fold and then by seed."""


class Figure(NamedTuple):
    """A mean, and its 95 % interval where one can be had."""

    value: float
    interval: Interval | None


class Fold(NamedTuple):
    """True classes of the test rows, and the number of training rows."""

    truth: NDArray[np.intp]
    n_train: int


def minus(a: Rows, b: Rows) -> Rows:
    """Differences row by row, over the folds and seeds of both.

    A model that was fitted with one seed only stands beside every seed of the other.
    """
    apart: Rows = {}
    for fold in a.keys() & b.keys():
        x, y = a[fold], b[fold]
        seeds = x.keys() & y.keys() if len(x) > 1 and len(y) > 1 else (x if len(x) > 1 else y)
        lines = {seed: _line(x, seed) - _line(y, seed) for seed in sorted(seeds)}
        if lines:
            apart[fold] = lines
    return dict(sorted(apart.items()))


def figures_of(rows: Mapping[_Key, Rows], folds: Mapping[int, Fold]) -> dict[_Key, Figure]:
    """Mean and interval of each; none of what has no rows.

    Parameters
    ----------
    rows : mapping of key to Rows
        Scores, or differences of scores.
    folds : mapping of int to Fold
        What they are scores of.

    Returns
    -------
    dict of key to Figure
        Without an interval where a score is infinite, or there is only one row.
    """
    figures: dict[_Key, Figure] = {}
    single: dict[int, list[_Key]] = {}
    for key, scores in rows.items():
        if not scores:
            continue
        lines = {fold: np.stack(list(seeds.values())) for fold, seeds in scores.items()}
        means = [float(line.mean()) for line in lines.values()]
        figures[key] = Figure(float(np.mean(means)), None)
        first = next(iter(lines))
        if not np.isfinite(means).all() or lines[first].shape[1] < 2:
            continue
        if len(lines) > 1:
            fold = folds[first]
            interval = corrected_t_interval(means, fold.n_train, len(fold.truth))
        elif len(lines[first]) > 1:
            interval = seeds_interval(lines[first])
        else:
            single.setdefault(first, []).append(key)
            continue
        figures[key] = figures[key]._replace(interval=interval)
    for fold_, keys in single.items():
        table = np.column_stack([_line(rows[key][fold_], None) for key in keys])
        for key, interval in zip(keys, bootstrap_table(table, folds[fold_].truth), strict=True):
            figures[key] = figures[key]._replace(interval=interval)
    return figures


def _line(seeds: Mapping[int, FloatArray], seed: int | None) -> FloatArray:
    """The scores of a seed, or those of the only one there is."""
    return next(iter(seeds.values())) if len(seeds) == 1 or seed is None else seeds[seed]
