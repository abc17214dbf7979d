"""Names beside points of a drawing, so that none lies on another or on a point."""

from collections.abc import Sequence
from typing import Any

__all__ = ["place_labels"]

# Offsets in points, of the nearest edge of a label: right, left, above, below, farther right.
_PLACES = ((8, 0), (-8, 0), (0, 12), (0, -12), (8, 12), (8, -12), (-8, 12), (-8, -12), (0, 24))
_HEIGHT, _WIDTH = 13.0, 6.4  # of a line and a letter, roughly, in points
_POINT = 4.0
_UNREADABLE = 5.0  # a name on a name is worse than one on a mark

_Box = tuple[float, float, float, float]


def place_labels(axes: Any, points: Sequence[tuple[float, float]], names: Sequence[str]) -> None:
    """Write each name beside the point of the same position, where there is most room.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With scales and margins as they will be drawn.
    points : sequence of (float, float)
        All marks; those that have names come first.
    names : sequence of str
        Of the first points.
    """
    axes.autoscale_view()
    to_points = 72.0 / axes.figure.dpi
    at = [tuple(to_points * x for x in axes.transData.transform(point)) for point in points]
    marks: list[_Box] = [(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in at]
    frame = axes.get_window_extent()
    edges = tuple(to_points * x for x in (frame.x0, frame.y0, frame.x1, frame.y1))
    labels: list[_Box] = []
    for i, name in sorted(enumerate(names), key=lambda item: at[item[0]][0]):
        boxes = [_box(at[i], place, name) for place in _PLACES]
        others = marks[:i] + marks[i + 1 :]
        costs = [
            sum(_overlap(box, mark) for mark in others)
            + _UNREADABLE * sum(_overlap(box, label) for label in labels)
            + _UNREADABLE * _outside(box, edges)
            for box in boxes
        ]
        best = costs.index(min(costs))
        labels.append(boxes[best])
        dx, dy = _PLACES[best]
        axes.annotate(
            name, points[i], (dx, dy), textcoords="offset points", va="center",
            ha="left" if dx > 0 else "right" if dx < 0 else "center",
        )  # fmt: skip


def _box(point: tuple[float, ...], place: tuple[int, int], name: str) -> _Box:
    width = _WIDTH * len(name)
    x, y = point[0] + place[0], point[1] + place[1]
    left = x if place[0] > 0 else x - width if place[0] < 0 else x - width / 2
    return left, y - _HEIGHT / 2, left + width, y + _HEIGHT / 2


def _overlap(a: _Box, b: _Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def _outside(box: _Box, edges: tuple[float, ...]) -> float:
    inside = _overlap(box, (edges[0], edges[1], edges[2], edges[3]))
    return (box[2] - box[0]) * (box[3] - box[1]) - inside
