"""Wrong classifiers: each breaks one law in a way that tests of an API do not see."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.classifiers import BernoulliNB, GaussianNB
from probml.numerics import FloatArray

__all__ = [
    "AbsoluteFloor",
    "BaseTenLogarithm",
    "BatchNormalised",
    "BonusForClassZero",
    "BothCertain",
    "CachedAnswer",
    "CentresItsInput",
    "ClippedScores",
    "CoarserInFloat32",
    "CrashesOnConstants",
    "DensityFloor",
    "FeatureByFeature",
    "FirstRowHeavier",
    "FivefoldLogarithm",
    "IndexForLabel",
    "LabelsAsNumbers",
    "LabelsByFirstSight",
    "MeanOfChunks",
    "NegativeIfWeighted",
    "NoCovariances",
    "NotNormalised",
    "OneColumn",
    "OutsideTheInterval",
    "PriorOfTheLabel",
    "ReadsMemoryInOrder",
    "RelativeWeights",
    "RemembersFits",
    "SlightlyLess",
    "StoredValuesAlone",
    "StretchedByScale",
    "SumsOfSquares",
    "TwoColumnsAlways",
    "WeightsIgnored",
    "WrapsAround",
]


class _Base(GaussianNB):
    """Gaussian naive Bayes whose probabilities a subclass spoils; its logarithms follow."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return P

    def predict_proba(self, X: Any) -> FloatArray:
        # by the logarithm, on which the sound class builds everything else
        return self._spoilt(np.exp(super().predict_log_proba(X)), np.asarray(X))

    def predict_log_proba(self, X: Any) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            logs: FloatArray = np.log(self.predict_proba(X))
        return logs

    def predict(self, X: Any) -> NDArray[Any]:
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def _softmax(scores: FloatArray) -> FloatArray:
    E = np.exp(scores - scores.max(axis=1, keepdims=True))
    normalised: FloatArray = E / E.sum(axis=1, keepdims=True)
    return normalised


class OutsideTheInterval(_Base):
    """``1.5 p - .5 / K``: rows sum to one, and some values are negative."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        spread: FloatArray = 1.5 * P - 0.5 / P.shape[1]
        return spread


class NotNormalised(_Base):
    """Divides by a total that was rounded to two digits."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        short: FloatArray = P * 0.995
        return short


class SlightlyLess(_Base):
    """Rows sum to one but for four ten-millionths."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        less: FloatArray = P * (1.0 - 4e-7)
        return less


class ClippedScores(_Base):
    """Clips after normalising, so that a row of small values sums to more than one."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return np.clip(P, 1e-3, 1.0)


class NegativeIfWeighted(_Base):
    """Subtracts a little where it was taught with weights."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "NegativeIfWeighted":
        super().fit(X, y, sample_weight)
        self.offset_ = 0.0 if sample_weight is None else 1e-9
        return self

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return P - self.offset_


class TwoColumnsAlways(_Base):
    """Has a second column, of zeros, where there is one class."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return P if P.shape[1] > 1 else np.hstack([P, 1.0 - P])


class WrapsAround(_Base):
    """Subtracts the largest entries in the type in which rows come."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "WrapsAround":
        rows = np.asarray(X)
        self.largest_ = rows.max(axis=0)
        super().fit((rows - self.largest_).astype(float), y, sample_weight)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        return super().predict_proba((np.asarray(X) - self.largest_).astype(float))


class LabelsAsNumbers(_Base):
    """Takes labels for the numbers of columns where they are numbers."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        if self.classes_.dtype.kind == "i" and self.classes_.max() >= P.shape[1]:
            return np.full_like(P, 1.0 / P.shape[1])
        return P


class ReadsMemoryInOrder(_Base):
    """Takes rows for columns where the memory is laid out in the other order."""

    def predict_proba(self, X: Any) -> FloatArray:
        rows = np.asarray(X)
        return super().predict_proba(rows.ravel(order="K").reshape(rows.shape))


class BonusForClassZero(_Base):
    """Predicts by a score that favours the first class."""

    def predict(self, X: Any) -> NDArray[Any]:
        P = self.predict_proba(X)
        P[:, 0] += 0.3
        labels: NDArray[Any] = self.classes_[P.argmax(axis=1)]
        return labels


class IndexForLabel(_Base):
    """Predicts the number of the column, not the label."""

    def predict(self, X: Any) -> NDArray[Any]:
        index: NDArray[Any] = self.predict_proba(X).argmax(axis=1)
        return index


class OneColumn(_Base):
    """Leaves out the first class, since the rest is one minus it."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return P[:, 1:]


class FivefoldLogarithm(_Base):
    """Log-probabilities times five."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        logs: FloatArray = 5.0 * super().predict_log_proba(X)
        return logs


class BaseTenLogarithm(_Base):
    """Logarithms to base ten."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        logs: FloatArray = super().predict_log_proba(X) / np.log(10.0)
        return logs


class LabelsByFirstSight(_Base):
    """Numbers the classes in the order in which they come."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "LabelsByFirstSight":
        super().fit(X, y, sample_weight)
        labels, first = np.unique(y, return_index=True)
        self.order_ = np.argsort(first)
        self.classes_ = labels[self.order_]
        return self

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return P[:, self.order_]


class BatchNormalised(_Base):
    """Centres the rows that it is asked for by their own mean."""

    def predict_proba(self, X: Any) -> FloatArray:
        rows = np.asarray(X)
        centred = rows - rows.mean(axis=0) + self.theta_.mean(axis=0)
        probabilities: FloatArray = super().predict_proba(centred)
        return probabilities


class CentresItsInput(_Base):
    """Centres the caller's rows in place."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "CentresItsInput":
        X -= X[0]
        super().fit(X, y, sample_weight)
        return self


class CachedAnswer(_Base):
    """Sharpens a little more each time it is asked."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        self.asked_ = getattr(self, "asked_", 0) + 1
        sharp = P ** (1.0 + 1e-3 * self.asked_)
        normalised: FloatArray = sharp / sharp.sum(axis=1, keepdims=True)
        return normalised


class RemembersFits(_Base):
    """Adds a little of the class probabilities of the fit before."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RemembersFits":
        before = getattr(self, "class_prior_", None)
        super().fit(X, y, sample_weight)
        if before is not None and len(before) == len(self.class_prior_):
            self.share_ = 1e-3 * before
        return self

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        mixed = P + getattr(self, "share_", 0.0)
        normalised: FloatArray = mixed / mixed.sum(axis=1, keepdims=True)
        return normalised


class CrashesOnConstants(_Base):
    """Divides by the spread of a feature within a class, which may have none."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "CrashesOnConstants":
        for column in X[y == y[0]].T.tolist():
            1.0 / (max(column) - min(column))
        super().fit(X, y, sample_weight)
        return self


class FirstRowHeavier(_Base):
    """Counts the first row twice."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "FirstRowHeavier":
        super().fit(np.concatenate([X[:1], X]), np.concatenate([y[:1], y]))
        return self


class PriorOfTheLabel(_Base):
    """A prior that falls with the number of the class."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        favoured = P / np.arange(1.0, P.shape[1] + 1.0)
        normalised: FloatArray = favoured / favoured.sum(axis=1, keepdims=True)
        return normalised


class FeatureByFeature(_Base):
    """Halves the values of the first feature."""

    def predict_proba(self, X: Any) -> FloatArray:
        rows = np.array(X)
        rows[:, 0] *= 0.5
        return super().predict_proba(rows)


class WeightsIgnored(_Base):
    """Takes weights and does not use them."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "WeightsIgnored":
        super().fit(X, y)
        return self


class RelativeWeights(_Base):
    """Adds one to every weight."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RelativeWeights":
        super().fit(X, y, None if sample_weight is None else np.asarray(sample_weight) + 1.0)
        return self


class MeanOfChunks(_Base):
    """Forgets the first chunk when the second one comes."""

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        if hasattr(self, "theta_") and len(np.unique(y)) == len(self.classes_):
            return super().fit(X, y)
        return super().partial_fit(X, y, classes)


class StoredValuesAlone(BernoulliNB):
    """Reads the stored values of a sparse row, in the order of storage, as its first columns."""

    def _scores(self, X: Any) -> FloatArray:
        if hasattr(X, "tocsr"):
            X = X.tocsr()
            X.indices = np.concatenate([np.arange(n) for n in np.diff(X.indptr)] or [X.indices])
        return super()._scores(X)


class StretchedByScale(_Base):
    """Sharpens by the number of features."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        sharp = P ** (1.0 + 0.1 * X.shape[1])
        normalised: FloatArray = sharp / sharp.sum(axis=1, keepdims=True)
        return normalised


class AbsoluteFloor(_Base):
    """Adds a thousandth to the variances, whatever the unit."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        variances = self.var_ + 1e-3
        distances = ((X[:, None, :] - self.theta_) ** 2 / variances).sum(axis=2)
        return _softmax(-0.5 * (distances + np.log(variances).sum(axis=1)))


class NoCovariances(_Base):
    """Leaves out the covariances of the features, as naive Bayes means to."""


class SumsOfSquares(_Base):
    """Computes variances in the type of the rows, as means of squares less squares of means."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "SumsOfSquares":
        super().fit(X, y, sample_weight)
        parts = [np.asarray(X)[y == label] for label in self.classes_]
        squares = [(p * p).mean(axis=0) - p.mean(axis=0) ** 2 for p in parts]
        self.squares_ = np.maximum(np.array(squares, dtype=float), 1e-3)
        return self

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        distances = ((X[:, None, :] - self.theta_) ** 2 / self.squares_).sum(axis=2)
        return _softmax(-0.5 * distances)


class CoarserInFloat32(_Base):
    """Rounds probabilities of float32 rows to three digits."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        return np.round(P, 3) if X.dtype == np.float32 else P


class DensityFloor(_Base):
    """Multiplies densities, and far away divides zero by zero."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        density = np.exp(-0.5 * ((X[:, None, :] - self.theta_) ** 2 / self.var_).sum(axis=2))
        with np.errstate(invalid="ignore"):
            normalised: FloatArray = density / density.sum(axis=1, keepdims=True)
        return normalised


class BothCertain(_Base):
    """Far away both densities are taken for one, and neither is divided by their sum."""

    def _spoilt(self, P: FloatArray, X: NDArray[Any]) -> FloatArray:
        far = np.abs(X).max(axis=1) > 1e6
        return np.where(far[:, None], 1.0, P)
