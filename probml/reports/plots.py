"""Figures of a report, each one ``<svg>`` element without external references."""

from collections.abc import Iterator, Sequence
from typing import Any

from probml.reports._labelling import place_labels
from probml.reports._svg import RULE, drawing_style, look_of, new_figure, plain_ticks, to_svg
from probml.reports.evidence import Result
from probml.reports.records import Record

__all__ = ["accuracy_svg", "cost_svg", "learning_svg", "reliability_svg"]

_WIDTH = 5.4


def accuracy_svg(results: Sequence[Result]) -> str:
    """Accuracy of every model with its 95 % interval, one line per model.

    Parameters
    ----------
    results : sequence of Result
        Those without scores leave their line empty.

    Returns
    -------
    str
        An ``<svg>`` element without external references.
    """
    models = list(dict.fromkeys(result.records[0].model for result in results))
    height = 0.4 + 0.42 * len(models)
    with drawing_style():
        figure = new_figure(_WIDTH, height)
        left = min(0.4, 0.06 + 0.014 * max(map(len, models), default=0))
        axes = figure.add_axes((left, 0.35 / height, 0.96 - left, 1 - 0.4 / height))
        for result, y in _lines(results, models):
            _accuracy_mark(axes, result, y)
        axes.set_yticks(range(len(models)), models)
        axes.set_ylim(len(models) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        return to_svg(figure, "accuracy", _accuracy_label(results))


def cost_svg(results: Sequence[Result]) -> Iterator[str]:
    """Errors and miscalibration against what fits and predictions take, in four drawings.

    Twins are joined by a line, and named once, beside the model.

    Parameters
    ----------
    results : sequence of Result
        Those without scores or times are left out.

    Returns
    -------
    iterator of str
        ``<svg>`` elements; none if nothing was timed.
    """
    timed = [r for r in results if r.fits and r.costed.runs]
    if not timed:
        return
    for quality, (how_good, of) in _QUALITIES.items():
        for cost, (how_much, what, of_rows) in _COSTS.items():
            points = [(result, _cost(result, what, of_rows), of(result)) for result in timed]
            with drawing_style():
                figure = new_figure(4.4, 2.9)
                axes = figure.add_axes((0.14, 0.18, 0.82, 0.76))
                axes.set_xscale("log")
                _cost_marks(axes, points)
                axes.set(xlabel=how_much, ylabel=how_good)
                axes.margins(x=0.2, y=0.12)
                plain_ticks(axes.xaxis)
                axes.set_ylim(-0.05 * max(y for _, _, y in points))
                axes.grid(axis="y")
                axes.tick_params(which="both", length=0)
                place_labels(axes, *_cost_names(points))
                yield to_svg(figure, f"{quality}-{cost}", _cost_label(points, how_good, how_much))


def learning_svg(records: Sequence[Record], prefix: str) -> str:
    """Training loss by iteration, of those implementations of one model that keep it.

    Parameters
    ----------
    records : sequence of Record
        At most one of each implementation.
    prefix : str
        Makes the element ids of this figure differ from those of the others on the page.

    Returns
    -------
    str
        An ``<svg>`` element without external references.
    """
    with drawing_style():
        figure = new_figure(4.4, 2.6)
        axes = figure.add_axes((0.15, 0.2, 0.81, 0.75))
        for record in records:
            look = look_of(record.implementation)
            x, y = zip(*record.curve, strict=True) if record.curve else ((), ())
            # The broad line of a twin is seen on both sides of ours.
            theirs = record.implementation == "sklearn"
            axes.plot(
                x, y, color=look.colour, linewidth=6.0 if theirs else 1.6,
                alpha=0.35 if theirs else 1.0, zorder=look.depth,
            )  # fmt: skip
        losses = [loss for record in records for _, loss in record.curve]
        if min(losses) > 0 and max(losses) > 10 * min(losses):
            axes.set_yscale("log")
            plain_ticks(axes.yaxis)
        axes.set(xlabel="iteration or epoch", ylabel="training loss")
        axes.grid(axis="y")
        axes.tick_params(which="both", length=0)
        return to_svg(figure, prefix, _learning_label(records))


def reliability_svg(records: Sequence[Record], prefix: str) -> str:
    """Reliability diagram of one model: accuracy against confidence, both implementations.

    A perfectly calibrated model lies on the diagonal.  The area of a mark is the share of
    the samples in its bin; the bars are Wilson's 95 % intervals.

    Parameters
    ----------
    records : sequence of Record
        At most one successful record of each implementation.
    prefix : str
        Makes the element ids of this figure differ from those of the others on the page.

    Returns
    -------
    str
        An ``<svg>`` element without external references.
    """
    with drawing_style():
        figure = new_figure(2.9, 2.8)
        axes = figure.add_axes((0.19, 0.18, 0.77, 0.78))
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1)
        for record in records:
            _reliability_marks(axes, record)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        labels = ["0", ".25", ".5", ".75", "1"]
        axes.set_xticks(ticks, labels)
        axes.set_yticks(ticks, labels)
        axes.set(xlim=(-0.02, 1.04), ylim=(-0.02, 1.04), xlabel="confidence", ylabel="accuracy")
        return to_svg(figure, prefix, _reliability_label(records))


def _lines(results: Sequence[Result], models: Sequence[str]) -> Iterator[tuple[Result, float]]:
    """Results with scores and their height: probml above sklearn."""
    for i, model in enumerate(models):
        mine = [result for result in results if result.records[0].model == model]
        mine.sort(key=lambda r: r.records[0].implementation == "sklearn")
        for j, result in enumerate(mine):
            if result.accuracy is not None:
                yield result, i + 0.26 * (j - (len(mine) - 1) / 2)


def _accuracy_mark(axes: Any, result: Result, y: float) -> None:
    assert result.accuracy is not None
    value, interval = result.accuracy
    look = look_of(result.records[0].implementation)
    if interval is not None:
        axes.plot(interval, [y, y], color=look.colour, linewidth=1.6)
    axes.scatter(
        [value],
        [y],
        s=26,
        marker=look.marker,
        facecolor=look.fill,
        edgecolor=look.colour,
        linewidth=1.4,
        zorder=3,
    )


def _error(result: Result) -> float:
    assert result.accuracy is not None
    return 100.0 * (1.0 - result.accuracy.value)


def _miscalibration(result: Result) -> float:
    return 100.0 * result.fits[0].calibration.plain


_QUALITIES = {
    "error": ("errors, %", _error),
    "ece": ("calibration error, %", _miscalibration),
}
_COSTS = {
    "fit": ("fit, seconds", "fit_seconds", False),
    "proba": ("predict_proba, µs per row", "predict_proba_seconds", True),
}

_Point = tuple[Result, float, float]


def _cost(result: Result, what: str, of_rows: bool) -> float:
    record = result.costed
    cost = record.cost(what)
    assert cost is not None
    return cost[1] * (1e6 / record.n_test if of_rows else 1.0)


def _cost_marks(axes: Any, points: Sequence[_Point]) -> None:
    by_model: dict[str, list[_Point]] = {}
    for point in points:
        by_model.setdefault(point[0].records[0].model, []).append(point)
    for group in by_model.values():
        axes.plot([p[1] for p in group], [p[2] for p in group], color=RULE, linewidth=1, zorder=1)
    for result, x, y in points:
        look = look_of(result.records[0].implementation)
        axes.scatter(
            [x], [y], s=26 * look.size**0.5, marker=look.marker, facecolor=look.fill,
            edgecolor=look.colour, linewidth=1.4, zorder=look.depth,
        )  # fmt: skip


def _cost_names(points: Sequence[_Point]) -> tuple[list[tuple[float, float]], list[str]]:
    """All points, those that have a name first."""
    named = {result.records[0].model: (x, y) for result, x, y in reversed(points)}
    first = list(named.values())
    others = [(x, y) for _, x, y in points if (x, y) not in first]
    # What joins twins is as much in the way as they are.
    others += [
        (x * (z / x) ** (i / 10), y + (w - y) * i / 10)
        for result, z, w in points
        for x, y in [named[result.records[0].model]]
        for i in range(1, 10)
        if min(x, z) > 0 and (x, y) != (z, w)
    ]
    return first + others, list(named)


def _cost_label(points: Sequence[_Point], how_good: str, how_much: str) -> str:
    marks = [
        f"{r.records[0].model} {r.records[0].implementation} {x:.3g}, {y:.3g}" for r, x, y in points
    ]
    return f"{how_good} against {how_much}: {'; '.join(marks)}"


def _reliability_marks(axes: Any, record: Record) -> None:
    assert record.scores is not None
    bins, look = record.scores.reliability, look_of(record.implementation)
    x, y = [bin.confidence for bin in bins], [bin.accuracy for bin in bins]
    intervals = [bin.interval() for bin in bins]
    low, high = [i.low for i in intervals], [i.high for i in intervals]
    axes.vlines(x, low, high, color=look.colour, linewidth=1, alpha=0.35)
    axes.plot(x, y, color=look.colour, linewidth=1, linestyle=look.line, alpha=0.6)
    axes.scatter(
        x,
        y,
        s=[look.size * (4 + 60 * bin.count / record.n_test) for bin in bins],
        marker=look.marker,
        facecolor=look.fill,
        edgecolor=look.colour,
        linewidth=1,
        clip_on=False,
        zorder=look.depth,
    )


def _accuracy_label(results: Sequence[Result]) -> str:
    marks = [
        f"{r.records[0].model} {r.records[0].implementation} {r.accuracy.value:.4f}"
        for r in results
        if r.accuracy
    ]
    return f"Accuracy with 95 % intervals: {', '.join(marks) or 'nothing to show'}"


def _learning_label(records: Sequence[Record]) -> str:
    ends = [
        f"{r.implementation} from {r.curve[0][1]:.4g} to {r.curve[-1][1]:.4g} in {r.curve[-1][0]}"
        for r in records
        if r.curve
    ]
    return f"Training loss of {records[0].model} by iteration: {'; '.join(ends)}"


def _reliability_label(records: Sequence[Record]) -> str:
    errors = [
        f"{r.implementation} calibration error {r.scores.ece:.4f}" for r in records if r.scores
    ]
    name = records[0].model if records else "no model"
    return f"Reliability diagram of {name}: {', '.join(errors)}"
