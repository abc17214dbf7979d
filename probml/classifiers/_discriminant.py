"""What linear and quadratic discriminant analysis share."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.covariance import ledoit_wolf
from sklearn.preprocessing import StandardScaler

from probml._validation import check_choice, check_number
from probml.classifiers._mergeable import MergeableClassifier, Rows
from probml.classifiers._missing import check_missing, scores_with_gaps
from probml.distributions import GaussianStatistics
from probml.numerics import FloatArray

__all__ = ["DiscriminantAnalysis"]


_KEPT_ENTRIES = 1 << 24
"""Entries of the factors of marginal distributions that are kept: 128 MiB."""


def _ledoit_wolf(X: FloatArray) -> FloatArray:
    """Ledoit-Wolf shrinkage of standardised features, brought back to their units."""
    if len(X) == 1:
        return np.zeros((X.shape[1], X.shape[1]))
    scaler = StandardScaler()
    # about a row: the scaler would square what rounding makes of the mean of a far constant
    covariance = ledoit_wolf(scaler.fit_transform(X - X[0]))[0]
    rescaled: FloatArray = scaler.scale_[:, None] * covariance * scaler.scale_
    return rescaled


def _shrunk(covariance: FloatArray, shrinkage: float) -> FloatArray:
    """``(1 - s) Sigma + s (tr Sigma / d) I`` (catalogue GE-19)."""
    out = (1.0 - shrinkage) * covariance
    out.flat[:: len(out) + 1] += shrinkage * covariance.trace() / len(out)
    return out


class DiscriminantAnalysis(MergeableClassifier):
    """What LDA and QDA share: their parameters, and the choice of a covariance estimator."""

    _piece_entries: ClassVar[int]  # of the rows that are scored together
    _covariance: ClassVar[Any]
    _entries_of_factor: int  # of one marginal distribution of all features

    @property
    def _statistics_kind(self) -> tuple[Any, ...]:
        return ("gaussian", self._covariance)

    def _empty_statistics(self, n_classes: int, n_features: int) -> GaussianStatistics:
        return GaussianStatistics(n_classes, n_features, self._covariance)

    @property
    def _class_probabilities(self) -> FloatArray:
        priors: FloatArray = self.priors_
        return priors

    @property
    def _block_entries(self) -> int:  # type: ignore[override]
        # few pieces where there are gaps: each of them looks for the patterns anew
        return super()._block_entries if self._takes_gaps(False) else self._piece_entries

    def _takes_gaps(self, training: bool) -> bool:
        return not training and bool(self.missing == "marginalize")

    def _ensure_all_finite(self, training: bool) -> bool | str:
        # sums of a fit tell of NaN and infinity
        return "allow-nan" if self._takes_gaps(training) else not training

    @abstractmethod
    def _marginal(self, seen: NDArray[np.intp]) -> Any:
        """What is factorised of the distribution of some of the features."""

    def _with_marginals(
        self,
        X: FloatArray,
        whole: Callable[[FloatArray], FloatArray],
        observed: Callable[[FloatArray, NDArray[np.intp], Any], FloatArray],
    ) -> FloatArray:
        """Scores by `whole` of rows without gaps, and of others by the marginal of their pattern.

        Factorisations are kept by pattern as long as the model stays as it is.
        """
        most = max(1, _KEPT_ENTRIES // self._entries_of_factor)

        def by_pattern(X: FloatArray, seen: NDArray[np.intp]) -> FloatArray:
            kept: dict[bytes, Any] = self.__dict__.setdefault("_marginals", {})
            marginal = kept.get(seen.tobytes())
            if marginal is None:
                if len(kept) >= most:
                    kept.clear()
                marginal = kept[seen.tobytes()] = self._marginal(seen)
            return observed(X, seen, marginal)

        return scores_with_gaps(X, len(self.classes_), whole, by_pattern)

    def __getstate__(self) -> Any:
        state = dict(super().__getstate__())
        state.pop("_marginals", None)
        return state

    def _check_stream(self) -> None:
        if self._needs_rows:
            raise ValueError(
                "shrinkage='auto' and a covariance_estimator need a second pass over the rows, "
                "which a stream does not keep; use fit, or pass a number as shrinkage"
            )

    def _check_parameters(self, solvers: set[str], rows: Rows | None) -> None:
        check_choice("solver", self.solver, solvers)
        check_missing(self.missing)
        check_number("tol", self.tol, 0.0, 1.0, open_high=True)
        if isinstance(self.shrinkage, str):
            check_choice("shrinkage, unless None or a number,", self.shrinkage, {"auto"})
        elif self.shrinkage is not None:
            check_number("shrinkage", self.shrinkage, 0.0, 1.0)
        if self.covariance_estimator is not None and self.shrinkage is not None:
            raise ValueError(
                "covariance_estimator and shrinkage are two ways to regularise; set only one"
            )
        if rows is None:
            self._check_stream()
        elif self._needs_rows and rows.weight is not None:
            raise ValueError(
                "sample_weight cannot be combined with shrinkage='auto' or a "
                "covariance_estimator, which take no weights; pass a number as shrinkage"
            )
        self._require_two_classes()

    @property
    def _needs_rows(self) -> bool:
        """Whether the covariance depends on more than the sufficient statistics."""
        return isinstance(self.shrinkage, str) or self.covariance_estimator is not None

    def _covariance_of_rows(self, X: NDArray[Any]) -> FloatArray:
        """Covariance of one class by an estimator that needs its rows."""
        X = X.astype(np.float64, copy=False)
        if self.covariance_estimator is None:
            return _ledoit_wolf(X)
        estimator = clone(self.covariance_estimator, safe=False)
        estimator.fit(X)
        if not hasattr(estimator, "covariance_"):
            raise ValueError(
                f"covariance_estimator must have covariance_ after fit "
                f"({type(estimator).__name__} has not)"
            )
        covariance: FloatArray = estimator.covariance_
        return covariance

    def _regularised(self, covariance: FloatArray) -> FloatArray:
        return covariance if self.shrinkage is None else _shrunk(covariance, self.shrinkage)
