"""Logistic regression on rows that lie elsewhere: every sum over rows is a tree of sums."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probml.classifiers import LogisticRegression
from probml.classifiers._cross_entropy import Objective, RowsObjective
from probml.classifiers._reading import united
from probml.distributed._sums import checked, total
from probml.numerics import FloatArray

__all__ = ["descend"]


class _Layout(NamedTuple):
    """Classes with their weights, and the model that knows number and names of the features."""

    classes: NDArray[Any]
    totals: FloatArray
    lead: Any


def _layout_of_part(chunks: list[Any], number: int, model: Any) -> _Layout | None:
    whole = None
    for _, y, weight, lead in checked(chunks, number, model):
        classes, index = np.unique(y, return_inverse=True)
        part = _Layout(classes, np.bincount(index, weight).astype(np.float64), lead)
        whole = part if whole is None else _joint_layout(whole, part)
    return whole


def _joint_layout(whole: _Layout, part: _Layout) -> _Layout:
    mine, theirs = ((m.n_features_in_, _names(m)) for m in (whole.lead, part.lead))
    if mine != theirs:
        raise ValueError(
            f"X must have the same features in all partitions: expected {mine[0]} named {mine[1]} "
            f"(got {theirs[0]} named {theirs[1]})"
        )
    classes = united(whole.classes, part.classes, "y")
    totals = np.zeros(len(classes))
    for some in (whole, part):
        totals[np.searchsorted(classes, some.classes)] += some.totals
    return _Layout(classes, totals, whole.lead)


def _names(model: Any) -> list[str] | None:
    return list(model.feature_names_in_) if hasattr(model, "feature_names_in_") else None


def descend(model: LogisticRegression, parts: list[Any]) -> None:
    layout = total(parts, _layout_of_part, _joint_layout, model)
    for name in ("n_features_in_", "feature_names_in_"):
        vars(model).pop(name, None)  # type: ignore[attr-defined]
        if hasattr(layout.lead, name):
            setattr(model, name, getattr(layout.lead, name))
    model.classes_ = layout.classes
    model._check_parameters()
    factors = model._class_factors(layout.totals)
    weight = float(factors @ layout.totals)
    model._descend(_SummedObjective(model, parts, factors / weight, model._strength(weight)))


class _SummedObjective(Objective):
    """The objective of logistic regression on rows that lie elsewhere: each sum is a tree."""

    def __init__(
        self, model: LogisticRegression, parts: list[Any], factors: FloatArray, strength: float
    ) -> None:
        super().__init__(
            model.n_features_in_,
            len(model.classes_),
            strength=strength,
            fit_intercept=model.fit_intercept,
        )
        self._parts, self._model, self._factors = parts, model, factors

    def _sum(self, name: str, *args: Any) -> Any:
        return total(
            self._parts, _objective_of_part, _added, self._model, self._factors, name, args
        )

    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self._sum("cross_entropy", theta)
        return float(value), np.array(gradient)

    def _mean(self) -> FloatArray:
        (mean,) = self._sum("_mean")
        return np.array(mean)

    def _covariance(self, mean: FloatArray) -> FloatArray:
        (covariance,) = self._sum("_covariance", mean)
        return np.array(covariance)

    def _covariance_times(self, v: FloatArray, mean: FloatArray) -> FloatArray:
        (product,) = self._sum("_covariance_times", v, mean)
        return np.array(product)


def _objective_of_part(
    chunks: list[Any],
    number: int,
    model: LogisticRegression,
    factors: FloatArray,
    name: str,
    args: tuple[Any, ...],
) -> tuple[Any, ...] | None:
    """One of the sums of the objective over the rows of a part."""
    whole = None
    for X, y, weight, _ in checked(chunks, number, model):
        index = np.searchsorted(model.classes_, y)
        weights = factors[index] if weight is None else weight * factors[index]
        rows = RowsObjective(
            X, index, weights, len(model.classes_), strength=0.0, fit_intercept=model.fit_intercept
        )
        part = getattr(rows, name)(*args)
        part = part if isinstance(part, tuple) else (part,)
        whole = part if whole is None else _added(whole, part)
    return whole


def _added(whole: tuple[Any, ...], part: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a + b for a, b in zip(whole, part, strict=True))
