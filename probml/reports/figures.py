"""The theory as pictures: unit balls, paths of descent, decision boundaries.

Each function draws into the Axes that it is given, or into a new one, and returns it; none
shows anything.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from probml.linalg import unit_ball
from probml.numerics import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_decision_boundary", "plot_descent", "plot_unit_balls"]

_MARGIN = 0.1
"""Room around what is drawn, as a share of its width and height."""

# Okabe and Ito (2008): colours that stay apart for colour-blind readers.
_COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"),
    *("#56b4e9", "#8b8000", "#7f3f98", "#444444", "#a6761d"),
)


def plot_unit_balls(
    orders: tuple[float, ...] = (1, 2, 4, np.inf), ax: "Axes | None" = None
) -> "Axes":
    """Unit circles of p-norms in the plane: diamond, circle, and towards the square.

    ``{x : ||x||_p = 1}``; the balls grow with p (catalogue LA-22; Lai 2020, slide 22).

    Parameters
    ----------
    orders : tuple of float
        Values of p, at least 1; infinity gives the square.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If an order is below 1: then the norm is none.

    Examples
    --------
    >>> ax = plot_unit_balls((1, 2))
    >>> [line.get_label() for line in ax.lines]
    ['p = 1', 'p = 2']
    """
    balls = {p: unit_ball(p, 400) for p in orders}
    ax = _axes(ax)
    for (p, ball), colour in zip(balls.items(), _cycle(len(balls)), strict=True):
        closed = np.concatenate([ball, ball[:1]])
        ax.plot(*closed.T, color=colour, label="p = ∞" if np.isinf(p) else f"p = {p:g}")
    ax.set_aspect("equal")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


def plot_descent(
    f: Callable[[FloatArray], float],
    paths: "ArrayLike | Mapping[str, ArrayLike]",
    ax: "Axes | None" = None,
    *,
    levels: int = 20,
) -> "Axes":
    """Contours of a function of two variables, and the way of one or more optimisers over it.

    Parameters
    ----------
    f : callable
        Maps an array of shape (2,) to a number.
    paths : array_like of shape (n_steps + 1, 2), or mapping of name to such an array
        Points in the order in which they were visited, the start first.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    levels : int
        Number of contours.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a path is not a table of two finite columns, as after a divergent descent.

    Examples
    --------
    >>> steps = [[0.8**k, 0.98**k] for k in range(30)]
    >>> ax = plot_descent(lambda x: x[0] ** 2 + 0.1 * x[1] ** 2, {"gradient descent": steps})
    >>> ax.get_legend().get_texts()[0].get_text()
    'gradient descent'
    """
    named = paths if isinstance(paths, Mapping) else {"": paths}
    ways = {name: _plane(way, "a path", "steps") for name, way in named.items()}
    grid, u, v = _grid(np.concatenate(list(ways.values())), 120)
    heights = np.array([f(point) for point in grid], dtype=float).reshape(len(v), len(u))
    ax = _axes(ax)
    ax.contour(u, v, heights, levels=levels, colors="#999999", linewidths=0.7)
    for (name, way), colour in zip(ways.items(), _cycle(len(ways)), strict=True):
        ax.plot(*way.T, color=colour, marker=".", markersize=5, linewidth=1.2, label=name)
        ax.plot(*way[0], color=colour, marker="o", markersize=8, markerfacecolor="white")
    if any(ways):
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


def plot_decision_boundary(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    ax: "Axes | None" = None,
    *,
    resolution: int = 200,
) -> "Axes":
    """What a classifier says all over the plane, and the samples.

    The colour at a point is that of the classes mixed by their probabilities, so doubt is seen
    as paleness between them; lines are where the decision changes.

    Parameters
    ----------
    model : classifier
        Fitted to two features, with `predict_proba` and `classes_`: ours, scikit-learn's, or
        any other.
    X : array_like of shape (n_samples, 2)
        Samples to mark.
    y : array_like of shape (n_samples,)
        Their labels.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    resolution : int
        Points along each axis at which the model is asked.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If `X` does not have two finite columns, or `y` not one label per row.

    Examples
    --------
    >>> from probml.classifiers import QuadraticDiscriminantAnalysis
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(60) % 2
    >>> X = rng.normal(size=(60, 2)) * (1 + y[:, None]) + 2 * y[:, None]
    >>> model = QuadraticDiscriminantAnalysis().fit(X, y)
    >>> ax = plot_decision_boundary(model, X, y)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0', '1']
    """
    points, labels = _plane(X, "X", "samples"), np.asarray(y)
    if labels.shape != points.shape[:1]:
        raise ValueError(
            f"y must have one label per row of X: expected shape {points.shape[:1]} "
            f"(got {labels.shape})"
        )
    from matplotlib.colors import to_rgb

    grid, u, v = _grid(points, resolution)
    P = np.asarray(model.predict_proba(grid)).reshape(len(v), len(u), -1)
    colours = np.array([to_rgb(colour) for colour in _cycle(P.shape[-1])])
    ax = _axes(ax)
    pale = 0.45 + 0.55 * (1.0 - P @ (1.0 - colours))
    ax.imshow(
        np.clip(pale, 0.0, 1.0),
        extent=(u[0], u[-1], v[0], v[-1]),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
    )
    for label, colour, lead in zip(
        model.classes_, colours, np.moveaxis(_leads(P), -1, 0), strict=True
    ):
        if lead.min() < 0.0 < lead.max():
            ax.contour(u, v, lead, levels=[0.0], colors="#222222", linewidths=0.8)
        mine = points[labels == label]
        ax.scatter(mine[:, 0], mine[:, 1], s=22, color=colour, edgecolor="white", label=str(label))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


def _leads(P: FloatArray) -> FloatArray:
    """By how much each class leads the best of the others; negative where it does not."""
    two = np.sort(P, axis=-1)[..., -2:]
    best = np.where(two[..., 1:] == P, two[..., :1], two[..., 1:])
    leads: FloatArray = P - best
    return leads


def _plane(points: ArrayLike, name: str, rows: str) -> FloatArray:
    table = np.asarray(points, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 2 or not len(table) or not np.isfinite(table).all():
        raise ValueError(
            f"{name} must be finite and of shape (n_{rows}, 2), with at least one row "
            f"(got shape {table.shape}); what is drawn is a plane"
        )
    return table


def _grid(points: FloatArray, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points all over a box around the given ones, and the coordinates of its axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = _MARGIN * np.where(high > low, high - low, 1.0)
    u, v = (np.linspace(a, b, n) for a, b in zip(low - room, high + room, strict=True))
    return np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2), u, v


def _cycle(n: int) -> list[str]:
    return [_COLOURS[i % len(_COLOURS)] for i in range(n)]


def _axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    axes: Axes = plt.subplots(layout="constrained")[1]
    return axes
