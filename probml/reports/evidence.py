"""What records prove: every score with its interval, every pair with its verdict, and an order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from probml.metrics import (
    CalibrationError,
    ClassEstimates,
    Interval,
    Parity,
    Ranked,
    calibration_error,
    expected_calibration_error,
    holm_adjusted,
    paired_interval,
)
from probml.metrics.estimates import mean_recall, of_classes
from probml.metrics.verdicts import Judged, Margins, Verdict, compared, judged, verdict_on
from probml.reports._figures import Figure, Fold, Rows, figures_of, minus
from probml.reports.records import Predictions, Record

__all__ = ["Comparison", "Evidence", "Figure", "Fit", "Result", "twins", "weigh"]

_T = TypeVar("_T")

_Pairs = Sequence[tuple[Record, Record]]

# Attributes of RowScores; differences are those of clipped log losses, as those are finite.
_SCORES = {"accuracy": "right", "log_loss": "log_loss", "brier": "brier"}
_CLIPPED = {**_SCORES, "log_loss": "log_loss_clipped"}


@dataclass(frozen=True)
class Fit:
    """What one record says, beyond its own scores."""

    record: Record
    log_loss: Figure
    brier: Figure
    balanced_accuracy: Figure
    calibration: CalibrationError
    ece_class_wise: float
    classes: tuple[ClassEstimates, ...]


@dataclass(frozen=True)
class Result:
    """One implementation of one model on one dataset: means over all of its seeds and folds.

    `fits` are the records with scores, in the order of `records`.
    """

    records: tuple[Record, ...]
    fits: tuple[Fit, ...]
    accuracy: Figure | None
    log_loss: Figure | None
    brier: Figure | None
    balanced_accuracy: Figure | None

    @property
    def costed(self) -> Record:
        """The first fit with what all of them cost; only where there is one."""
        runs = tuple(run for fit in self.fits for run in fit.record.runs)
        return replace(self.fits[0].record, runs=runs)

    @property
    def first(self) -> Record:
        """Stands for all in what they share."""
        return self.records[0]


@dataclass(frozen=True)
class Comparison:
    """A model beside its reference, fit by fit and on the whole; differences are model minus it.

    `parities` holds None where a fit is missing or failed.  `log_loss` is clipped, so that it has
    a difference.  `verdict` is None if nothing could be compared.
    """

    pairs: tuple[tuple[Record, Record], ...]
    parities: tuple[Parity | None, ...]
    holm: tuple[float | None, ...]
    accuracy: Figure | None
    log_loss: Figure | None
    brier: Figure | None
    verdict: Verdict | None

    @property
    def costed(self) -> tuple[Record, Record]:
        """The first pair of fits with what all pairs cost, in the order in which they ran."""
        done = [pair for pair in self.pairs if pair[0].predictions and pair[1].predictions]
        ours, theirs = (tuple(run for pair in done for run in pair[i].runs) for i in (0, 1))
        return replace(self.pairs[0][0], runs=ours), replace(self.pairs[0][1], runs=theirs)

    @property
    def shares_a_line(self) -> bool:
        """Whether the reference is a twin that would only repeat what the model says."""
        ours, theirs = self.pairs[0]
        return ours.model == theirs.model and self.verdict in ("identical", "equivalent")

    @property
    def first_predictions(self) -> tuple[Predictions | None, Predictions | None]:
        """Of the first pair of fits."""
        ours, theirs = self.pairs[0]
        return ours.predictions, theirs.predictions


@dataclass(frozen=True)
class Evidence:
    """Everything that follows from records; a ranking for each dataset, best first.

    In a ranking models are named by :attr:`~probml.reports.Record.member`; a twin that is identical
    or equivalent to its model shares the line of that.
    """

    records: tuple[Record, ...]
    results: tuple[Result, ...]
    comparisons: tuple[Comparison, ...]
    rankings: Mapping[str, tuple[Ranked, ...]]
    margins: Margins


def weigh(
    records: Sequence[Record], *, accuracy_margin: float = 0.005, log_loss_margin: float = 0.01
) -> Evidence:
    """Derive intervals, verdicts and a ranking from records.

    Parameters
    ----------
    records : sequence of Record
        As from :func:`~probml.reports.run_pairs`.
    accuracy_margin : float
        Share of rows: models whose accuracies differ by less, interval and all, may be equivalent.
    log_loss_margin : float
        The same of the clipped log loss, in nats.

    Returns
    -------
    Evidence
        Verdicts are those of :func:`probml.metrics.parity`, and p-values are adjusted over all
        pairs by :func:`probml.metrics.holm_adjusted`.

    Raises
    ------
    ValueError
        If a model and its reference were not given the same data, or a margin is negative.

    Examples
    --------
    >>> weigh([]).results
    ()
    """
    margins = Margins(accuracy_margin, log_loss_margin)
    results: list[Result] = []
    comparisons: list[Comparison] = []
    rankings: dict[str, tuple[Ranked, ...]] = {}
    for dataset in dict.fromkeys(record.dataset for record in records):
        weighing = _Weighing([r for r in records if r.dataset == dataset], margins)
        results += weighing.results
        comparisons += weighing.comparisons
        rankings[dataset] = tuple(weighing.ranking)
    return Evidence(
        tuple(records), tuple(results), tuple(_with_holm(comparisons)), rankings, margins
    )


def twins(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Each record that has a reference, and that reference, in order of appearance.

    A reference whose result depends on no seed stands beside every seed.

    Raises
    ------
    ValueError
        If the two were not given the same data.
    """
    found: dict[tuple[str, str, int], dict[int, Record]] = {}
    for record in records:
        key = (record.dataset, record.member, record.fold)
        found.setdefault(key, {})[record.seed] = record
    pairs = []
    for record in records:
        seeds = found.get((record.dataset, record.reference, record.fold), {})
        reference = seeds.get(record.seed, next(iter(seeds.values()), None))
        if record.reference and reference is not None:
            _same_data(record, reference)
            pairs.append((record, reference))
    return pairs


def _same_data(record: Record, reference: Record) -> None:
    if record.data != reference.data:
        raise ValueError(
            f"expected records of the same data (got {record.member} on {record.data[:12]} and "
            f"{reference.member} on {reference.data[:12]}); fit both on one dataset"
        )


class _Weighing:
    """Evidence on one dataset: which means are wanted, their figures, and what they say."""

    def __init__(self, records: Sequence[Record], margins: Margins) -> None:
        self._margins = margins
        done = [record for record in records if record.predictions is not None]
        self._rows = {id(record): _judged(record).rows for record in done}
        groups, pairs = _by_member(records, lambda r: r), _by_member(twins(records), lambda p: p[0])
        folds = {r.fold: Fold(r.predictions.y_true, r.n_train) for r in done if r.predictions}
        self._figures = figures_of(
            {**self._single(done, pairs), **self._several(groups, pairs)}, folds
        )
        self.results = [self._result(records) for records in groups.values()]
        self.comparisons = [self._comparison(name, both) for name, both in pairs.items()]
        same = {c.pairs[0][1].member for c in self.comparisons if c.shares_a_line}
        losses = {n: self._of(group, "log_loss") for n, group in groups.items() if n not in same}
        self.ranking = list(self._ranking(losses, folds))

    def _single(self, done: Sequence[Record], pairs: Mapping[str, _Pairs]) -> dict[Any, Rows]:
        """Losses, and differences of losses, of each fit; shares have intervals of their own."""
        rows: dict[Any, Rows] = {}
        for record in done:
            rows |= {(id(record), s): self._of([record], s) for s in ("log_loss", "brier")}
        for both in pairs.values():
            for a, b in both:
                rows |= {(id(a), id(b), s): self._apart([(a, b)], s) for s in ("log_loss", "brier")}
        return rows

    def _several(
        self, groups: Mapping[str, Sequence[Record]], pairs: Mapping[str, _Pairs]
    ) -> dict[Any, Rows]:
        """Scores, and their differences, of what was fitted more than once."""
        rows: dict[Any, Rows] = {}
        for name, group in groups.items():
            if _n_done(group) > 1:
                rows |= {(name, score): self._of(group, score) for score in _SCORES}
                rows[name, "balanced_accuracy"] = self._of(group, "accuracy", _class_weights)
        for name, both in pairs.items():
            if _n_done([a for a, b in both if b.predictions is not None]) > 1:
                rows |= {(name, "-", score): self._apart(both, score) for score in _CLIPPED}
        return rows

    def _of(
        self,
        records: Sequence[Record],
        score: str,
        weight: Callable[[Record], NDArray[np.float64]] | None = None,
    ) -> Rows:
        """A score of some records, row by row."""
        rows: Rows = {}
        for record in records:
            if record.predictions is not None:
                line = getattr(self._rows[id(record)], _SCORES[score])
                line = line if weight is None else line * weight(record)
                rows.setdefault(record.fold, {})[record.seed] = line
        return rows

    def _apart(self, pairs: _Pairs, score: str) -> Rows:
        """Differences of a score, model minus reference; the log loss is clipped."""
        rows: Rows = {}
        for a, b in pairs:
            if a.predictions is not None and b.predictions is not None:
                first, second = (
                    getattr(self._rows[id(record)], _CLIPPED[score]) for record in (a, b)
                )
                rows.setdefault(a.fold, {})[a.seed] = first - second
        return rows

    def _result(self, records: Sequence[Record]) -> Result:
        fits = tuple(self._fit(record) for record in records if record.predictions is not None)
        figures: tuple[Figure | None, ...]
        if len(fits) == 1:
            [fit] = fits
            figures = (_accuracy(fit.record), fit.log_loss, fit.brier, fit.balanced_accuracy)
        else:
            names = (*_SCORES, "balanced_accuracy")
            figures = tuple(self._figures.get((records[0].member, name)) for name in names)
        return Result(tuple(records), fits, *figures)

    def _fit(self, record: Record) -> Fit:
        p = _known(record)
        classes = np.arange(p.log_proba.shape[1])
        recall = mean_recall(p.y_true, p.y_pred, len(classes))
        return Fit(
            record,
            self._figures[id(record), "log_loss"],
            self._figures[id(record), "brier"],
            Figure(recall.value, Interval(recall.low, recall.high)),
            calibration_error(p.y_true, p.log_proba, classes),
            expected_calibration_error(p.y_true, p.log_proba, classes, class_wise=True),
            of_classes(record.class_names, p.y_true, p.y_pred, p.log_proba),
        )

    def _comparison(self, name: str, pairs: _Pairs) -> Comparison:
        parities = tuple(self._parity(*pair) for pair in pairs)
        known = [parity for parity in parities if parity is not None]
        if len(known) == 1:
            [only] = known
            accuracy: Figure | None = Figure(only.accuracy, only.accuracy_interval)
            log_loss: Figure | None = Figure(only.log_loss, only.log_loss_interval)
            brier: Figure | None = Figure(only.brier, only.brier_interval)
        else:
            accuracy, log_loss, brier = (self._figures.get((name, "-", s)) for s in _CLIPPED)
            accuracy = self._widened(pairs, accuracy)
        verdict = self._verdict(known, accuracy, log_loss)
        return Comparison(tuple(pairs), parities, (), accuracy, log_loss, brier, verdict)

    def _widened(self, pairs: _Pairs, figure: Figure | None) -> Figure | None:
        """Labels that never differ do not prove equal models, so the interval is never empty."""
        if figure is None or figure.interval is None:
            return figure
        folds = self._apart(pairs, "accuracy").values()
        mean = np.concatenate([np.mean(list(seeds.values()), axis=0) for seeds in folds])
        rows = paired_interval(mean, np.zeros_like(mean))
        (low, high), (a, b) = rows, figure.interval
        return figure._replace(interval=Interval(min(low, a), max(high, b)))

    def _parity(self, ours: Record, theirs: Record) -> Parity | None:
        losses = (self._figures.get((id(ours), id(theirs), s)) for s in ("log_loss", "brier"))
        log_loss, brier = (None if figure is None else figure.interval for figure in losses)
        if log_loss is None or brier is None:
            return None
        return compared(_judged(ours), _judged(theirs), log_loss, brier, self._margins)

    def _verdict(
        self, parities: Sequence[Parity], accuracy: Figure | None, log_loss: Figure | None
    ) -> Verdict | None:
        if not parities or accuracy is None or log_loss is None:
            return None
        if all(parity.verdict == "identical" for parity in parities):
            return "identical"
        if accuracy.interval is None or log_loss.interval is None:
            return "undecided"
        return verdict_on(accuracy.interval, log_loss.interval, self._margins)

    def _ranking(self, losses: Mapping[str, Rows], folds: Mapping[int, Fold]) -> Iterator[Ranked]:
        """The least log loss first, those without one last."""
        scores = {result.records[0].member: result.log_loss for result in self.results}
        known = {name: score for name in losses if (score := scores[name]) is not None}
        order = sorted(known, key=lambda name: known[name].value)
        best = order[0] if order else ""
        finite = [name for name in order if np.isfinite(known[name].value)]
        apart = figures_of({name: minus(losses[name], losses[best]) for name in finite}, folds)
        endless = Interval(np.inf, np.inf)
        for name in order:
            if name in apart:
                yield Ranked(name, *known[name], *apart[name])
            elif finite:
                yield Ranked(name, np.inf, endless, np.inf, endless)
            else:
                yield Ranked(name, np.inf, endless, None, None)
        yield from (Ranked(name, *[None] * 4) for name in losses if name not in known)


def _by_member(things: Sequence[_T], record: Callable[[_T], Record]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for thing in things:
        groups.setdefault(record(thing).member, []).append(thing)
    return groups


def _n_done(records: Sequence[Record]) -> int:
    return sum(record.predictions is not None for record in records)


def _accuracy(record: Record) -> Figure:
    assert record.scores is not None
    s = record.scores
    return Figure(s.accuracy, Interval(s.accuracy_low, s.accuracy_high))


def _known(record: Record) -> Predictions:
    assert record.predictions is not None
    return record.predictions


def _judged(record: Record) -> Judged:
    p = _known(record)
    return judged(p.y_true, p.log_proba, p.log_proba.shape[1], p.y_pred)


def _class_weights(record: Record) -> NDArray[np.float64]:
    """By which the mean over rows becomes the mean over classes that occur."""
    truth = _known(record).y_true
    counts = np.bincount(truth)
    weights: NDArray[np.float64] = len(truth) / (np.count_nonzero(counts) * counts[truth])
    return weights


def _with_holm(comparisons: Sequence[Comparison]) -> Iterator[Comparison]:
    """Comparisons with p-values that are adjusted for how many there are."""
    p = [None if x is None else x.mcnemar_p for c in comparisons for x in c.parities]
    adjusted = iter(holm_adjusted(p))
    for comparison in comparisons:
        yield replace(comparison, holm=tuple(next(adjusted) for _ in comparison.parities))
