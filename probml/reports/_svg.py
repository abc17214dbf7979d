"""Drawings as SVG in the colours of the page that they stand in, light or dark.

Matplotlib draws with stand-in colours, which are then replaced by the page's own CSS
variables; text stays text.  The same drawing gives the same bytes.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RULE", "Look", "drawing_style", "look_of", "new_figure", "plain_ticks", "to_svg"]

_INK, RULE, _PAPER = "#010101", "#010102", "#010105"
_OURS, _THEIRS = "#010103", "#010104"


class Look(NamedTuple):
    """A dot of ours fits into a square of theirs, so that twins which agree are both seen."""

    colour: str
    fill: str
    marker: str
    line: Any
    size: float
    depth: int


_LOOKS = {
    "probml": Look(_OURS, _OURS, "o", "-", 1.0, 4),
    "sklearn": Look(_THEIRS, _PAPER, "s", (0, (3, 2)), 2.4, 3),
}
_CSS = {
    _INK: "currentColor",
    RULE: "var(--rule)",
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
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}


def look_of(implementation: str) -> Look:
    """How the marks of an implementation look; all but a twin's look like ours."""
    return _LOOKS["sklearn" if implementation == "sklearn" else "probml"]


def plain_ticks(axis: Any) -> None:
    """Numbers instead of powers of ten, which need a typesetter; few of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.axes.autoscale_view()
    low, high = axis.get_view_interval()
    subs = (1.0,) if high > 200.0 * low else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs, numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


def new_figure(width: float, height: float) -> "Figure":
    # pyplot keeps global state and may look for a display; a Figure alone does neither.
    from matplotlib.figure import Figure

    return Figure((width, height))


@contextmanager
def drawing_style() -> Iterator[None]:
    """Our settings, whatever the user's matplotlibrc says, and theirs again afterwards."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the measuring font lacks is drawn by the browser all the same.
        warnings.simplefilter("ignore", UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def to_svg(figure: "Figure", prefix: str, label: str) -> str:
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
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r' style="([^"]*)"', lambda match: _attributes(match[1]), text)
    return re.sub(r"<svg[^>]*>", lambda match: _root(match[0], label), text, count=1).strip()


def _attributes(style: str) -> str:
    """Declarations as attributes, which a policy that allows no inline style lets pass."""
    pairs = (part.split(":", 1) for part in style.split(";") if part.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)


def _root(tag: str, label: str) -> str:
    from markupsafe import escape

    box = re.search(r'viewBox="[^"]*"', tag)
    assert box is not None
    return (
        f'<svg {box[0]} role="img" aria-label="{escape(label)}" '
        'stroke-linejoin="round" stroke-linecap="butt">'
    )
