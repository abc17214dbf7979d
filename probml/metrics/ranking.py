"""Which of several models to use: an order by proper score, and how sure it is.

Models are scored on the same rows, so the difference of two is known far better than either score:
what counts is the interval of ``mean_i (score_i - score of the best_i)``, not whether two intervals
overlap.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_choice
from probml.metrics.bootstrap import bootstrap_table
from probml.metrics.intervals import Interval
from probml.metrics.scores import row_scores

__all__ = ["Ranked", "rank_models"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """One line of a ranking; lower scores are better.

    Attributes
    ----------
    name : str
        Of the model.
    score : float or None
        Mean over rows; None if the model has no predictions.
    interval : Interval or None
        Of the score, at 95 %; both ends are ``inf`` if the score is.
    difference : float or None
        Score minus that of the best, 0 for the best itself; None where both are ``inf``.
    difference_interval : Interval or None
        Paired, at 95 %.
    """

    name: str
    score: float | None
    interval: Interval | None
    difference: float | None
    difference_interval: Interval | None

    @property
    def may_be_best(self) -> bool:
        """Whether these rows leave open that the model is as good as the best."""
        if self.difference_interval is None:
            return self.difference == 0.0
        return self.difference_interval.low <= 0.0


def rank_models(
    y_true: ArrayLike,
    log_proba: Mapping[str, ArrayLike | None],
    classes: ArrayLike,
    score: str = "log_loss",
) -> tuple[Ranked, ...]:
    """Order models by a proper score on the same rows, each with its distance from the best.

    Intervals are those of :func:`~probml.metrics.bootstrap_interval` within classes, all from the
    same resamples.  Each has 95 % for itself: the best of many equal models owes its place to
    chance, so the more there are, the more often one of the others seems worse than it is.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    log_proba : mapping of str to array_like of shape (n_samples, n_classes), or None
        Natural log-probabilities of each model; None for one that failed.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns.
    score : {"log_loss", "brier"}
        The log loss is in nats and not clipped: a model that once ruled out what happened has
        ``inf``, and comes last.

    Returns
    -------
    tuple of Ranked
        The best first; equal scores in the order given; models that failed last.

    Raises
    ------
    ValueError
        If there is no model with predictions, only one row, `score` is another word, a label is
        not in `classes`, or a table is not one of log-probabilities.

    Examples
    --------
    >>> y = np.arange(200) % 2
    >>> said = {p: np.log(np.where(np.eye(2)[y] == 1, p, 1 - p)) for p in (0.9, 0.8)}
    >>> best, second, failed = rank_models(
    ...     y, {"unsure": said[0.8], "lost": None, "sure": said[0.9]}, [0, 1]
    ... )
    >>> best.name, second.name, failed.name
    ('sure', 'unsure', 'lost')
    >>> round(second.difference, 3), second.may_be_best
    (0.118, False)
    """
    check_choice("score", score, ("brier", "log_loss"))
    names = [name for name, table in log_proba.items() if table is not None]
    if not names:
        raise ValueError(
            f"expected at least one model with predictions (got {len(log_proba)} that failed)"
        )
    rows = {
        name: getattr(row_scores(y_true, log_proba[name], classes), score)  # type: ignore[arg-type]
        for name in names
    }
    names.sort(key=lambda name: float(rows[name].mean()))
    finite = [name for name in names if np.isfinite(rows[name]).all()]
    ranked = _with_intervals([rows[name] for name in finite], finite, y_true)
    ranked += [_infinite(name, bool(finite)) for name in names[len(finite) :]]
    failed = [name for name, table in log_proba.items() if table is None]
    return (*ranked, *(Ranked(name, None, None, None, None) for name in failed))


def _with_intervals(rows: list[FloatArray], names: list[str], y: ArrayLike) -> list[Ranked]:
    if not rows:
        return []
    table = np.column_stack(rows)
    apart = table - table[:, :1]
    intervals = bootstrap_table(np.hstack([table, apart]), y)
    means, gaps = table.mean(axis=0), apart.mean(axis=0)
    return [
        Ranked(name, float(means[i]), intervals[i], float(gaps[i]), intervals[len(names) + i])
        for i, name in enumerate(names)
    ]


def _infinite(name: str, beside_finite: bool) -> Ranked:
    """A loss that is infinite in these rows has an infinite mean in any that are like them."""
    endless = Interval(float("inf"), float("inf"))
    if beside_finite:
        return Ranked(name, float("inf"), endless, float("inf"), endless)
    return Ranked(name, float("inf"), endless, None, None)
