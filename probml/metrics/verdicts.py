"""Whether two models say the same on the same rows, and how sure that is.

Of rows that only one model gets right, the discordant ones, ``b`` are right for the first and ``c``
for the second.  If neither model is better, ``b`` is binomial with ``b + c`` trials of probability
1/2, which is McNemar's test.  Every difference here is first minus second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from probml._labels import class_indices
from probml._validation import check_number
from probml.metrics._inputs import log_table
from probml.metrics.bootstrap import bootstrap_table
from probml.metrics.intervals import Interval
from probml.metrics.paired import paired_interval
from probml.metrics.scores import RowScores, row_scores

__all__ = [
    "Judged",
    "Margins",
    "Parity",
    "Verdict",
    "compared",
    "differences",
    "holm_adjusted",
    "judged",
    "mcnemar_test",
    "parity",
    "verdict_on",
]

Verdict = Literal["identical", "equivalent", "different", "undecided"]

# Farthest that probabilities of identical models may lie apart: what DT-11 allows a row sum.
_IDENTICAL = 1e-6


def mcnemar_test(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value of McNemar's test, 1 if no row is discordant.

    ``min(1, 2 P(B <= min(b, c)))`` for B binomial with ``b + c`` trials of probability 1/2.
    Source: McNemar (1947), Psychometrika 12:153.

    Parameters
    ----------
    only_first, only_second : int
        Rows that only the first model, and only the second, gets right.

    Returns
    -------
    float
        In (0, 1]; 0 only where it is below the smallest float.

    Raises
    ------
    TypeError
        If a count is not an integer.
    ValueError
        If a count is negative.

    Examples
    --------
    >>> mcnemar_test(0, 0), mcnemar_test(8, 1)
    (1.0, 0.0390625)
    """
    check_number("only_first", only_first, 0, integer=True)
    check_number("only_second", only_second, 0, integer=True)
    few, n = min(only_first, only_second), only_first + only_second
    return 1.0 if 2 * few >= n else min(1.0, 2.0 * float(bdtr(few, n, 0.5)))


def holm_adjusted(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """P-values of a family of tests, adjusted so that any false alarm has the chance they say.

    Sorted up, ``p~_(i) = max_(j <= i) min(1, (m - j + 1) p_(j))`` of m tests: whatever depends on
    whatever, the chance that some ``p~`` of a true hypothesis is at most alpha is at most alpha.
    Source: Holm (1979), Scandinavian Journal of Statistics 6:65.

    Parameters
    ----------
    p_values : sequence of float or None
        As from :func:`mcnemar_test` of each pair; None for a pair that was not tested, as where a
        fit failed, which does not count.

    Returns
    -------
    tuple of float or None
        In the order given.

    Raises
    ------
    TypeError
        If an entry is neither a number nor None.
    ValueError
        If a p-value is outside [0, 1].

    Examples
    --------
    >>> holm_adjusted([0.01, None, 0.04, 0.03])
    (0.03, None, 0.06, 0.06)
    """
    tested = [i for i, p in enumerate(p_values) if p is not None]
    for i in tested:
        check_number(f"p_values[{i}]", p_values[i], 0, 1)
    p = np.array([p_values[i] for i in tested], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    adjusted: list[float | None] = [None] * len(p_values)
    for rank, value in zip(order, np.maximum.accumulate(steps), strict=True):
        adjusted[tested[rank]] = float(value)
    return tuple(adjusted)


@dataclass(frozen=True)
class Parity:
    """How far two models are apart; differences and intervals are first minus second.

    Attributes
    ----------
    n : int
        Rows.
    max_abs_dp, max_abs_dlogp : float
        Largest distance between two probabilities, and between two log-probabilities, which is
        ``inf`` where one of them is zero.
    labels_different : int
        Rows to which the two give different labels, right or wrong.
    only_first, only_second : int
        Rows that only the one gets right.
    mcnemar_p : float
        Of :func:`mcnemar_test`.
    accuracy, log_loss, brier : float
        Differences of the means.  The log loss is clipped at 1e-15, so that it has a mean.
    accuracy_interval, log_loss_interval, brier_interval : Interval
        At 95 %, paired: :func:`~probml.metrics.paired_interval`, and the bootstrap within classes.
    verdict : {"identical", "equivalent", "different", "undecided"}
        See :func:`parity`.
    """

    n: int
    max_abs_dp: float
    max_abs_dlogp: float
    labels_different: int
    only_first: int
    only_second: int
    mcnemar_p: float
    accuracy: float
    accuracy_interval: Interval
    log_loss: float
    log_loss_interval: Interval
    brier: float
    brier_interval: Interval
    verdict: Verdict


def parity(
    y_true: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    classes: ArrayLike,
    *,
    accuracy_margin: float = 0.005,
    log_loss_margin: float = 0.01,
) -> Parity:
    """Compare two models on the same rows.

    The verdict is the first of these that holds:

    - *identical*: all labels are equal, and no two probabilities differ by more than 1e-6;
    - *equivalent*: the intervals of accuracy and log loss lie within ± their margins;
    - *different*: one of these intervals does not contain 0, nor lie within its margin;
    - *undecided*: there are too few rows to tell.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,)
        Labels.
    first, second : array_like of shape (n_samples, n_classes)
        Natural log-probabilities of the two models.
    classes : array_like of shape (n_classes,)
        Labels in the order of the columns of both.
    accuracy_margin : float
        Share of rows, at least 0: 0.005 is half a point.
    log_loss_margin : float
        Nats, at least 0.

    Returns
    -------
    Parity
        Swapping the models negates differences, and mirrors intervals and counts.

    Raises
    ------
    ValueError
        If a label is not in `classes`, a table is not one of log-probabilities for these rows,
        there is only one row, or a margin is negative.

    Examples
    --------
    >>> y = np.arange(1000) % 2
    >>> p = np.where(y == 1, 0.8, 0.3)
    >>> first = np.log(np.column_stack([1 - p, p]))
    >>> parity(y, first, first + 1e-9, [0, 1]).verdict
    'identical'
    >>> result = parity(y, first, first[:, ::-1], [0, 1])
    >>> result.verdict, result.only_first, result.accuracy
    ('different', 1000, 1.0)
    """
    truth = class_indices(y_true, classes)
    a, b = (judged(truth, table, np.size(classes)) for table in (first, second))
    log_loss, brier = bootstrap_table(differences(a.rows, b.rows), truth)
    return compared(a, b, log_loss, brier, Margins(accuracy_margin, log_loss_margin))


class Margins(NamedTuple):
    """Differences of accuracy, and of log loss in nats, up to which models are equivalent."""

    accuracy: float = 0.005
    log_loss: float = 0.01


class Judged(NamedTuple):
    """What a model said of rows with known classes, all as positions in one list of classes.

    `rows` has the scores of `labels`, which need not be the most probable ones.
    """

    truth: NDArray[np.intp]
    labels: NDArray[np.intp]
    table: NDArray[np.float64]
    rows: RowScores


def judged(
    truth: NDArray[np.intp],
    log_proba: ArrayLike,
    n_classes: int,
    labels: NDArray[np.intp] | None = None,
) -> Judged:
    """Check and score a table; without labels, those of highest probability are meant.

    Raises
    ------
    ValueError
        If it is not one of log-probabilities for these rows.
    """
    table = log_table(log_proba, truth.size, n_classes)
    # Of the table as it was given: in double precision it would have to be as exact.
    rows = row_scores(truth, log_proba, np.arange(n_classes))
    if labels is None:
        labels = table.argmax(axis=1)
    else:
        rows = rows._replace(right=(labels == truth).astype(np.float64))
    return Judged(truth, labels, table, rows)


def differences(a: RowScores, b: RowScores) -> NDArray[np.float64]:
    """Columns: clipped log loss, Brier score."""
    return np.column_stack([a.log_loss_clipped - b.log_loss_clipped, a.brier - b.brier])


def compared(
    first: Judged, second: Judged, log_loss: Interval, brier: Interval, margins: Margins
) -> Parity:
    """What :func:`parity` says, of intervals that were drawn before.

    Raises
    ------
    ValueError
        If a margin is negative.
    """
    accuracy = paired_interval(first.rows.right, second.rows.right)
    labels_different = int(np.sum(first.labels != second.labels))
    max_abs_dp = float(np.abs(np.exp(first.table) - np.exp(second.table)).max())
    only_first = int(np.sum(first.rows.right > second.rows.right))
    only_second = int(np.sum(first.rows.right < second.rows.right))
    mean_log_loss, mean_brier = differences(first.rows, second.rows).mean(axis=0)
    verdict = verdict_on(accuracy, log_loss, margins)
    if labels_different == 0 and max_abs_dp <= _IDENTICAL:
        verdict = "identical"
    return Parity(
        n=first.truth.size,
        max_abs_dp=max_abs_dp,
        max_abs_dlogp=_max_abs_difference(first.table, second.table),
        labels_different=labels_different,
        only_first=only_first,
        only_second=only_second,
        mcnemar_p=mcnemar_test(only_first, only_second),
        accuracy=(only_first - only_second) / first.truth.size,
        accuracy_interval=accuracy,
        log_loss=float(mean_log_loss),
        log_loss_interval=log_loss,
        brier=float(mean_brier),
        brier_interval=brier,
        verdict=verdict,
    )


def verdict_on(accuracy: Interval, log_loss: Interval, margins: Margins) -> Verdict:
    """Verdict on models that are not identical, from intervals of their differences.

    Raises
    ------
    ValueError
        If a margin is negative.
    """
    check_number("accuracy_margin", margins.accuracy, 0)
    check_number("log_loss_margin", margins.log_loss, 0)
    evidence = ((accuracy, margins.accuracy), (log_loss, margins.log_loss))
    open_ = [i for i, margin in evidence if not -margin <= i.low <= i.high <= margin]
    if not open_:
        return "equivalent"
    if any(low > 0.0 or high < 0.0 for low, high in open_):
        return "different"
    return "undecided"


def _max_abs_difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Of logarithms: two zeros of probability do not differ."""
    distance = np.zeros_like(a)
    np.subtract(a, b, out=distance, where=a != b)
    return float(np.abs(distance).max())
