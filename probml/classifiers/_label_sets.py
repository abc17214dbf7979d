"""One label per row, or several: rows of zeros and ones that say which labels a row has.

A model of K outputs that are not coupled gives each label a probability of its own,

    p(label k | x) = sigmoid(s_k(x)),    prediction: the labels with s_k(x) > 0,

and its scores are log-odds.  Such targets are scikit-learn's "multilabel-indicator".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d

from probml.classifiers._base import ProbabilisticClassifier
from probml.classifiers._class_labels import class_positions
from probml.classifiers._minibatches import dense
from probml.numerics import FloatArray, log_sigmoid

__all__ = ["LabelSets"]


class LabelSets(ProbabilisticClassifier):
    """Base of a classifier that takes one label per row or several."""

    n_outputs_: int
    out_activation_: str

    @property
    def _takes_sets(self) -> bool:
        """Whether the fitted model is one of several labels per row."""
        return self.n_outputs_ > 1 and self.out_activation_ == "logistic"

    def _validated(self, *arrays: Any, reset: bool, **further: Any) -> Any:
        if len(arrays) == 1:
            return super()._validated(*arrays, reset=reset, **further)
        X, y = super()._validated(*arrays, reset=reset, multi_output=True, **further)
        y = dense(y)
        if y.ndim == 1:
            return X, y
        if y.shape[1] == 1:
            return X, column_or_1d(y, warn=True)
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                "y must have one label per row, or a column of zeros and ones for each of "
                f"several labels (got other values, of shape {y.shape}); fit one model per column"
            )
        return X, y.astype(np.intp)

    def _indexed(self, y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
        return super()._indexed(y) if y.ndim == 1 else (np.arange(y.shape[1]), y)

    def _positions(self, y: NDArray[Any]) -> NDArray[np.intp]:
        """Targets of a model whose `classes_` are known: positions among them, or indicators."""
        if y.ndim == 1:
            return class_positions(y, self.classes_)
        if not np.array_equal(self.classes_, np.arange(y.shape[1])):
            raise ValueError(
                f"y must have a column for each of the classes {self.classes_.tolist()}, which for "
                f"several labels per row are 0 to {y.shape[1] - 1} (got {y.shape[1]} columns)"
            )
        return y

    def _check_same_kind(self, y: NDArray[Any]) -> None:
        """Raise if the targets are not of the kind that the fitted model takes."""
        if (y.ndim == 2) != self._takes_sets:
            one, several = "one label per row", "a column of zeros and ones per label"
            expected, got = (several, one) if self._takes_sets else (one, several)
            raise ValueError(
                f"y must be what the model was fitted to, {expected} (got {got}); fit anew"
            )

    def _log_probabilities(self, scores: FloatArray) -> FloatArray:
        return log_sigmoid(scores) if self._takes_sets else super()._log_probabilities(scores)

    def _labels(self, scores: FloatArray) -> NDArray[Any]:
        return (scores > 0).astype(np.intp) if self._takes_sets else super()._labels(scores)

    def _decisions(self, scores: FloatArray) -> FloatArray:
        return scores if self._takes_sets else super()._decisions(scores)
