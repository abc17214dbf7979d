"""Logistic regression on rows that are never together: every sum over rows is a sum of parts.

A part is a list of chunks, somewhere; *total* runs a function on each part, wherever it lies, and
adds up what comes back.  Chunks of one process are one part, and are read again for every sum.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from probml._labels import distinct
from probml.classifiers._cross_entropy import Curvature, Objective, RowsObjective
from probml.classifiers._reading import united, unpacked
from probml.numerics import FloatArray

__all__ = ["Total", "checked_chunks", "descend_on_chunks", "sum_of_chunks"]

Total = Callable[..., Any]
"""``total(of_part, added, *args)``: the sum over all parts of ``of_part(chunks, model, *args)``."""


def sum_of_chunks(model: Any, chunks: Iterable[Any] | Callable[[], Iterable[Any]]) -> Total:
    """Sums over chunks that this process reads, one after the other."""

    def total(of_part: Callable[..., Any], added: Callable[[Any, Any], Any], *args: Any) -> Any:
        found = of_part(chunks() if callable(chunks) else chunks, model, *args)
        if found is None:
            raise ValueError("chunks must hold at least one row of positive weight (got none)")
        return found

    return total


def checked_chunks(
    chunks: Iterable[Any], model: Any
) -> Iterator[tuple[Any, NDArray[Any], FloatArray | None, Any]]:
    """Checked rows of the chunks, and who checked them; chunks without rows are passed over."""
    for chunk in chunks:
        X, y, weight = unpacked(chunk)
        if (not len(y) and not X.shape[0]) or (weight is not None and not np.any(weight)):
            continue
        lead = clone(model)
        yield *lead._training_data(X, y, weight), lead


class _Layout(NamedTuple):
    """Classes with their weights, number of rows, and the model that knows the features."""

    classes: NDArray[Any]
    totals: FloatArray
    n_rows: int
    lead: Any


def _layout_of_part(chunks: Iterable[Any], model: Any) -> _Layout | None:
    whole = None
    for _, y, weight, lead in checked_chunks(chunks, model):
        classes, index = distinct(y)
        part = _Layout(classes, np.bincount(index, weight).astype(np.float64), len(y), lead)
        whole = part if whole is None else _joint_layout(whole, part)
    return whole


def _joint_layout(whole: _Layout, part: _Layout) -> _Layout:
    mine, theirs = ((m.n_features_in_, _names(m)) for m in (whole.lead, part.lead))
    if mine != theirs:
        raise ValueError(
            f"X must have the same features in all parts: expected {mine[0]} named {mine[1]} "
            f"(got {theirs[0]} named {theirs[1]})"
        )
    classes = united(whole.classes, part.classes, "y")
    totals = np.zeros(len(classes))
    for some in (whole, part):
        totals[np.searchsorted(classes, some.classes)] += some.totals
    return _Layout(classes, totals, whole.n_rows + part.n_rows, whole.lead)


def _names(model: Any) -> list[str] | None:
    return list(model.feature_names_in_) if hasattr(model, "feature_names_in_") else None


def descend_on_chunks(model: Any, total: Total) -> None:
    """Fit logistic regression by sums."""
    layout = total(_layout_of_part, _joint_layout)
    model._take_layout(layout.lead)
    model.classes_ = layout.classes
    model._check_parameters()
    factors = model._class_factors(layout.totals)
    with np.errstate(over="ignore"):
        weight = float((factors * layout.totals).sum())
    if not 0.0 < weight < np.inf:
        raise ValueError(
            "sample_weight times class_weight must have a positive, finite sum "
            f"(got {weight:g}); scale the weights"
        )
    objective = _SummedObjective(
        total,
        (model.classes_, factors / weight),
        layout.n_rows,
        model.n_features_in_,
        len(model.classes_),
        strength=model._strengths(weight)[0],
        fit_intercept=model.fit_intercept,
    )
    model._descend(objective, weight)


class _SummedObjective(Objective):
    """The objective of rows that are never together: each sum is a sum of parts."""

    def __init__(self, total: Total, labels: Any, *layout: Any, **words: Any) -> None:
        super().__init__(*layout, **words)
        self._total, self._labels = total, labels

    def _sum(self, name: str, *args: Any) -> Any:
        found = self._total(_sums_of_part, _added, self._labels, self.fit_intercept, name, args)
        return [np.array(part) for part in found]

    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Weighted sum of the cross-entropies, and its gradient."""
        value, gradient = self._sum("cross_entropy", theta)
        return float(value), gradient

    def intercept_sums(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian of J by the intercepts."""
        slope, curvature = self._sum("intercept_sums", theta)
        return slope, curvature

    def mean(self) -> FloatArray:
        """Weighted mean of the rows, (n_features,)."""
        (mean,) = self._sum("mean")
        return mean  # type: ignore[no-any-return]

    def squares(self) -> FloatArray:
        """Weighted mean of the squares of the features, (n_features,)."""
        (squares,) = self._sum("squares")
        return squares  # type: ignore[no-any-return]

    def gram_times(self, u: FloatArray) -> FloatArray:
        """Weighted sum of ``x x' u`` for rows with a one at their end, (n_features + 1,)."""
        (product,) = self._sum("gram_times", u)
        return product  # type: ignore[no-any-return]

    def curvature(
        self, theta: FloatArray, centre: FloatArray, n_blocks: int, share: float
    ) -> Curvature:
        """Sums of a share of the rows of each part."""
        return Curvature(*self._sum("curvature", theta, centre, n_blocks, share))

    def least_margin(self, theta: FloatArray) -> float:
        """Least lead of the score of a row's own class over the others."""
        found = self._total(
            _sums_of_part, _least, self._labels, self.fit_intercept, "least_margin", (theta,)
        )
        return float(found[0])


def _sums_of_part(
    chunks: Iterable[Any],
    model: Any,
    labels: tuple[NDArray[Any], FloatArray],
    fit_intercept: bool,
    name: str,
    args: tuple[Any, ...],
) -> tuple[Any, ...] | None:
    """One of the sums of the objective over the rows of a part."""
    (classes, factors), whole = labels, None
    added = _least if name == "least_margin" else _added
    for X, y, weight, _ in checked_chunks(chunks, model):
        index = np.searchsorted(classes, y)
        weights = factors[index] if weight is None else weight * factors[index]
        rows = RowsObjective(
            X, index, weights, len(classes), strength=0.0, fit_intercept=fit_intercept
        )
        part = getattr(rows, name)(*args)
        part = part if isinstance(part, tuple) else (part,)
        whole = part if whole is None else added(whole, part)
    return whole


def _added(whole: tuple[Any, ...], part: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a + b for a, b in zip(whole, part, strict=True))


def _least(whole: tuple[Any, ...], part: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(min(a, b) for a, b in zip(whole, part, strict=True))
