"""Figures as inline SVG that follows the page from light to dark.

Matplotlib draws with stand-in colours, which are then replaced by the page's own CSS
variables; text stays text.  The same records give the same bytes.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from probml.metrics import wilson_interval
from probml.reports.records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["accuracy_svg", "reliability_svg"]

_INK, _RULE, _PAPER = "#010101", "#010102", "#010105"
_OURS, _THEIRS = "#010103", "#010104"


class _Look(NamedTuple):
    """A dot of ours fits into a square of theirs, so that twins which agree are both seen."""

    colour: str
    fill: str
    marker: str
    line: Any
    size: float
    depth: int


_LOOKS = {
    "probml": _Look(_OURS, _OURS, "o", "-", 1.0, 4),
    "sklearn": _Look(_THEIRS, _PAPER, "s", (0, (3, 2)), 2.4, 3),
}
_CSS = {
    _INK: "currentColor",
    _RULE: "var(--rule)",
    _PAPER: "var(--paper)",
    _OURS: "var(--ours)",
    _THEIRS: "var(--theirs)",
}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "probml",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.size": 11,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _RULE,
    "ytick.color": _RULE,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "grid.color": _RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}
_WIDTH = 5.4


def accuracy_svg(records: Sequence[Record]) -> str:
    """Accuracy of every successful record with its 95 % Wilson interval, one line per model.

    Parameters
    ----------
    records : sequence of Record
        Failed records leave their line empty.

    Returns
    -------
    str
        An ``<svg>`` element without external references.
    """
    models = list(dict.fromkeys(record.model for record in records))
    height = 0.4 + 0.42 * len(models)
    with _style():
        figure = _figure(_WIDTH, height)
        left = min(0.4, 0.06 + 0.014 * max(map(len, models)))
        axes = figure.add_axes((left, 0.35 / height, 0.96 - left, 1 - 0.4 / height))
        for record, y in _rows(records, models):
            _accuracy_mark(axes, record, y)
        axes.set_yticks(range(len(models)), models)
        axes.set_ylim(len(models) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        return _svg(figure, "accuracy", _accuracy_label(records))


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
    with _style():
        figure = _figure(2.9, 2.8)
        axes = figure.add_axes((0.19, 0.18, 0.77, 0.78))
        axes.plot([0, 1], [0, 1], color=_RULE, linewidth=1)
        for record in records:
            _reliability_marks(axes, record)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        labels = ["0", ".25", ".5", ".75", "1"]
        axes.set_xticks(ticks, labels)
        axes.set_yticks(ticks, labels)
        axes.set(xlim=(-0.02, 1.04), ylim=(-0.02, 1.04), xlabel="confidence", ylabel="accuracy")
        return _svg(figure, prefix, _reliability_label(records))


def _rows(records: Sequence[Record], models: Sequence[str]) -> Iterator[tuple[Record, float]]:
    """Successful records with their height: seeds beside each other, probml above sklearn."""
    for i, model in enumerate(models):
        mine = [record for record in records if record.model == model]
        mine.sort(key=lambda r: (_kind(r) == "sklearn", r.seed, r.fold))
        step = min(0.26, 0.7 / max(1, len(mine)))
        for j, record in enumerate(mine):
            if record.scores is not None:
                yield record, i + step * (j - (len(mine) - 1) / 2)


def _kind(record: Record) -> str:
    return "sklearn" if record.implementation == "sklearn" else "probml"


def _accuracy_mark(axes: Any, record: Record, y: float) -> None:
    assert record.scores is not None
    s, look = record.scores, _LOOKS[_kind(record)]
    axes.plot([s.accuracy_low, s.accuracy_high], [y, y], color=look.colour, linewidth=1.6)
    axes.scatter(
        [s.accuracy],
        [y],
        s=26,
        marker=look.marker,
        facecolor=look.fill,
        edgecolor=look.colour,
        linewidth=1.4,
        zorder=3,
    )


def _reliability_marks(axes: Any, record: Record) -> None:
    assert record.scores is not None
    bins, look = record.scores.reliability, _LOOKS[_kind(record)]
    x, y = [bin.confidence for bin in bins], [bin.accuracy for bin in bins]
    intervals = [wilson_interval(round(bin.accuracy * bin.count), bin.count) for bin in bins]
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


def _accuracy_label(records: Sequence[Record]) -> str:
    marks = [f"{r.model} {r.implementation} {r.scores.accuracy:.4f}" for r in records if r.scores]
    return f"Accuracy with 95 % intervals: {', '.join(marks) or 'nothing to show'}"


def _reliability_label(records: Sequence[Record]) -> str:
    errors = [
        f"{r.implementation} calibration error {r.scores.ece:.4f}" for r in records if r.scores
    ]
    name = records[0].model if records else "no model"
    return f"Reliability diagram of {name}: {', '.join(errors)}"


def _figure(width: float, height: float) -> "Figure":
    # pyplot keeps global state and may look for a display; a Figure alone does neither.
    from matplotlib.figure import Figure

    return Figure((width, height))


@contextmanager
def _style() -> Iterator[None]:
    """Our settings, whatever the user's matplotlibrc says, and theirs again afterwards."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the measuring font lacks is drawn by the browser all the same.
        warnings.simplefilter("ignore", UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _svg(figure: "Figure", prefix: str, label: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True)
    text = buffer.getvalue().decode()
    # Only the drawing goes inline; without ids on groups, which nothing refers to.
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    # The shorthand is what matplotlib wrote before 3.10.
    text = re.sub(r"font: [^;\"]*?([\d.]+px) [^;\"]*", r"font-size: \1; font-family: inherit", text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub("|".join(_CSS), lambda match: _CSS[match[0]], text)
    return re.sub(r"<svg[^>]*>", lambda match: _root(match[0], label), text, count=1).strip()


def _root(tag: str, label: str) -> str:
    from markupsafe import escape

    box = re.search(r'viewBox="[^"]*"', tag)
    assert box is not None
    return (
        f'<svg {box[0]} role="img" aria-label="{escape(label)}" '
        'style="stroke-linejoin: round; stroke-linecap: butt">'
    )
