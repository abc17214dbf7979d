"""Wrong members of families: each is another model than the one that it claims to be."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    LogisticRegression,
    MLPClassifier,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
)
from probml.numerics import FloatArray

__all__ = [
    "AbsenceForgotten",
    "BiasBroadcast",
    "BonusInTheScore",
    "CopiesCountOnce",
    "DenominatorOfTheSolver",
    "DeviationForVariance",
    "FiftyTimesCool",
    "FlatPriors",
    "FloorOfProbabilities",
    "ForgottenHalf",
    "HalfOfThePenalty",
    "InterceptPenalised",
    "LeansOnExtremes",
    "LogarithmOfRounded",
    "MixedDenominators",
    "NoDeterminant",
    "OneAgainstTheRest",
    "OneMinusSigmoid",
    "OnePseudoCount",
    "PenaltyUpsideDown",
    "PlainExponentials",
    "PooledVariances",
    "PriorIgnored",
    "PriorsInTheCovariance",
    "SlightlyCool",
    "SlightlyCurved",
    "SmoothedOnce",
    "SmoothedTable",
    "Table",
    "TableWithoutWeights",
    "TenTimesCool",
    "UnitsOfDifferentWeight",
    "WrongQuadraticTerm",
    "sound_regression",
]


def sound_regression() -> LogisticRegression:
    """Logistic regression that has the time to converge."""
    return LogisticRegression(max_iter=1000)


# Normals


class PriorIgnored(LinearDiscriminantAnalysis):
    """Leaves out the prior."""

    def _scores(self, X: Any) -> FloatArray:
        scores: FloatArray = super()._scores(X) - np.log(self.priors_)
        return scores


class TenTimesCool(LinearDiscriminantAnalysis):
    """Divides log-odds by ten."""

    def _scores(self, X: Any) -> FloatArray:
        scores: FloatArray = super()._scores(X) / 10.0
        return scores


class ForgottenHalf(LinearDiscriminantAnalysis):
    """Subtracts all of m'S^-1 m in place of half of it."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        at_means = np.stack([super(ForgottenHalf, self)._scores(m[None])[0] for m in self.means_])
        # what the scores change between the overall mean and the mean of each class
        centre = super()._scores(self.means_.mean(axis=0)[None])[0]
        wrong: FloatArray = scores - 0.5 * (np.diag(at_means) - centre)
        return wrong


class PriorsInTheCovariance(LinearDiscriminantAnalysis):
    """Weighs the rows of each class by its prior, in the covariance as well."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        if self.priors is None:
            return super().fit(X, y, sample_weight)
        index = np.unique(y, return_inverse=True)[1]
        shares = np.bincount(index) / len(index)
        return super().fit(X, y, (np.asarray(self.priors) / shares)[index])


class DenominatorOfTheSolver(LinearDiscriminantAnalysis):
    """Divides by n less the number of classes, by one of its solvers."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        if self.solver == "svd":
            return scores
        prior = np.log(self.priors_)
        other: FloatArray = 0.9 * (scores - prior) + prior
        return other


class NoDeterminant(QuadraticDiscriminantAnalysis):
    """Compares distances alone, as if all ellipsoids had one volume."""

    def fit(self, X: Any, y: Any, **words: Any) -> Self:  # type: ignore[override]
        super().fit(X, y, **words)
        parts = [np.asarray(X, dtype=float)[y == label] for label in self.classes_]
        self.logdets_ = [np.linalg.slogdet(np.atleast_2d(np.cov(part.T)))[1] for part in parts]
        return self

    def _scores(self, X: Any) -> FloatArray:
        scores: FloatArray = super()._scores(X) + 0.5 * np.array(self.logdets_)
        return scores


class WrongQuadraticTerm(QuadraticDiscriminantAnalysis):
    """Adds a thousandth of the squared distance from the mean."""

    def _scores(self, X: Any) -> FloatArray:
        distances = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        scores: FloatArray = super()._scores(X) - 1e-3 * distances
        return scores


class MixedDenominators(QuadraticDiscriminantAnalysis):
    """Divides by n_k for the first class, and by n_k - 1 for the others."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        at_means = [super(MixedDenominators, self)._scores(m[None])[0] for m in self.means_]
        top = np.diag(np.stack(at_means))
        scores[:, 1:] = top[1:] + 0.9 * (scores - top)[:, 1:]
        return scores


class PooledVariances(GaussianNB):
    """Gives all classes the same variances."""

    def _scores(self, X: Any) -> FloatArray:
        variances = self.class_prior_ @ self.var_
        distances = ((X[:, None] - self.theta_) ** 2 / variances).sum(axis=2)
        scores: FloatArray = np.log(self.class_prior_) - 0.5 * distances
        return scores


class DeviationForVariance(GaussianNB):
    """Divides by the standard deviation where the variance belongs."""

    def _scores(self, X: Any) -> FloatArray:
        spread = np.sqrt(self.var_)
        distances = ((X[:, None] - self.theta_) ** 2 / spread).sum(axis=2)
        sizes = np.log(spread).sum(axis=1)
        scores: FloatArray = np.log(self.class_prior_) - 0.5 * (distances + sizes)
        return scores


class BonusInTheScore(GaussianNB):
    """Adds a millionth to the score of the first class."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        scores[:, 0] += 1e-6
        return scores


class CopiesCountOnce(GaussianNB):
    """Drops columns that it has seen before."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        self.kept_ = np.sort(np.unique(np.asarray(X), axis=1, return_index=True)[1])
        return super().fit(np.asarray(X)[:, self.kept_], y, sample_weight)

    def _checked_rows(self, X: Any, **further: Any) -> Any:
        return super()._checked_rows(np.asarray(X)[:, self.kept_], **further)


class LeansOnExtremes(GaussianNB):
    """Takes the middle of the range of a class for its mean."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        super().fit(X, y, sample_weight)
        parts = [np.asarray(X, dtype=float)[y == label] for label in self.classes_]
        self.middles_ = np.array([0.9 * p.min(axis=0) + 0.1 * p.max(axis=0) for p in parts])
        return self

    def _scores(self, X: Any) -> FloatArray:
        distances = ((X[:, None] - self.middles_) ** 2 / self.var_).sum(axis=2)
        scores: FloatArray = np.log(self.class_prior_) - 0.5 * distances
        return scores


# Counts


class AbsenceForgotten(BernoulliNB):
    """Counts what is there, and not what is missing."""

    def _scores(self, X: Any) -> FloatArray:
        scores: FloatArray = X @ self.feature_log_prob_.T + self.class_log_prior_
        return scores


class OnePseudoCount(BernoulliNB):
    """Adds alpha to the number of rows once, not for presence and for absence."""

    def _scores(self, X: Any) -> FloatArray:
        n = self.class_count_[:, None]
        theta = np.clip((self.feature_count_ + self.alpha) / (n + self.alpha), 0.0, 1.0 - 1e-9)
        scores: FloatArray = X @ np.log(theta).T + (1 - X) @ np.log1p(-theta).T
        return scores + self.class_log_prior_


class SmoothedOnce(MultinomialNB):
    """Adds alpha to the total once, not for every feature."""

    def _scores(self, X: Any) -> FloatArray:
        totals = self.feature_count_.sum(axis=1, keepdims=True)
        theta = (self.feature_count_ + self.alpha) / (totals + self.alpha)
        scores: FloatArray = X @ np.log(theta).T + self.class_log_prior_
        return scores


class FlatPriors(MultinomialNB):
    """Takes all classes for equally frequent."""

    def _scores(self, X: Any) -> FloatArray:
        scores: FloatArray = super()._scores(X) - self.class_log_prior_
        return scores


# Regressions


class _Regression(LogisticRegression):
    """Our regression, which has the time to converge."""

    def __init__(self, *, C: float = 1.0, tol: float = 1e-4, max_iter: int = 1000) -> None:
        super().__init__(C=C, tol=tol, max_iter=max_iter)


class LogarithmOfRounded(_Regression):
    """Takes the logarithm of probabilities, which have lost it far out."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        with np.errstate(divide="ignore"):
            logs: FloatArray = np.log(np.exp(super().predict_log_proba(X)))
        return logs


class FloorOfProbabilities(_Regression):
    """Is never more certain than one in a million."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        floor: FloatArray = np.maximum(scores - scores.max(axis=1, keepdims=True), np.log(1e-6))
        return floor


class SlightlyCool(_Regression):
    """Divides all scores by 1.00001."""

    def _scores(self, X: Any) -> FloatArray:
        return super()._scores(X) / 1.00001


class SlightlyCurved(_Regression):
    """Adds a ten-thousandth of a square."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        scores[:, 0] += 1e-4 * X[:, 0] ** 2
        return scores


class OneAgainstTheRest(_Regression):
    """Divides a sigmoid of each class by their sum."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        D = self.decision_function(X)
        D = np.stack([-D, 0.5 * D], axis=1) if D.ndim == 1 else D
        P = 1.0 / (1.0 + np.exp(-np.clip(D, -500.0, 500.0)))
        logs: FloatArray = np.log(P / P.sum(axis=1, keepdims=True))
        return logs


class OneMinusSigmoid(_Regression):
    """Takes the last probability for one less the others, and the logarithm of that."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        P = np.exp(super().predict_log_proba(X))
        P[:, -1] = 1.0 - P[:, :-1].sum(axis=1)
        logs: FloatArray = np.log(np.maximum(P, 1e-17))
        return logs


class FiftyTimesCool(_Regression):
    """Divides the decision by fifty on its way to a probability."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        logs = super().predict_log_proba(X) / 50.0
        cooled: FloatArray = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
        return cooled


class PlainExponentials(_Regression):
    """Exponentiates scores as they are."""

    def predict_log_proba(self, X: Any) -> FloatArray:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            E = np.exp(self.decision_function(X))
            E = np.stack([np.ones_like(E), E], axis=1) if E.ndim == 1 else E
            logs: FloatArray = np.log(E / E.sum(axis=1, keepdims=True))
        return logs


class InterceptPenalised(_Regression):
    """Pulls the intercept to zero as well."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        super().fit(X, y, sample_weight)
        self.intercept_ = self.intercept_ * self.C / (self.C + 0.1)
        return self


class HalfOfThePenalty(_Regression):
    """Takes C for twice what it is."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        other = LogisticRegression(C=0.5 * self.C, tol=self.tol, max_iter=self.max_iter)
        self.__dict__.update(vars(other.fit(X, y, sample_weight)) | {"C": self.C})
        return self


class PenaltyUpsideDown(_Regression):
    """Takes C for the strength of the penalty, not for its inverse."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        other = LogisticRegression(C=1.0 / self.C, tol=self.tol, max_iter=self.max_iter)
        self.__dict__.update(vars(other.fit(X, y, sample_weight)) | {"C": self.C})
        return self


# Networks


class BiasBroadcast(MLPClassifier):
    """Adds the first hidden bias to the score of the first class."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        scores[:, 0] += self.intercepts_[0][0] + 0.1
        return scores


class UnitsOfDifferentWeight(MLPClassifier):
    """Adds the weight of the first hidden unit."""

    def _scores(self, X: Any) -> FloatArray:
        scores = super()._scores(X)
        scores[:, 0] += np.abs(self.coefs_[0][:, 0]).sum()
        return scores


# Tables


class Table(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Shares of the classes among equal rows, and among all for a row never seen."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        self.classes_, index = np.unique(y, return_inverse=True)
        weight = np.ones(len(index)) if sample_weight is None else np.asarray(sample_weight)
        self.cells_: dict[tuple[float, ...], NDArray[Any]] = {}
        self.all_ = self._start()
        for row, k, w in zip(np.asarray(X).tolist(), index, weight, strict=True):
            self.cells_.setdefault(tuple(row), self._start())[k] += w
            self.all_[k] += w
        return self

    def _start(self) -> NDArray[Any]:
        return np.zeros(len(self.classes_))

    def predict_proba(self, X: Any) -> FloatArray:
        counts = np.array(
            [self.cells_.get(tuple(row), self.all_) for row in np.asarray(X).tolist()]
        )
        shares: FloatArray = counts / counts.sum(axis=1, keepdims=True)
        return shares

    def predict(self, X: Any) -> NDArray[Any]:
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


class TableWithoutWeights(Table):
    """Counts rows, whatever they weigh."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        return super().fit(X, y)


class SmoothedTable(Table):
    """Starts from a millionth of a member of each class."""

    def _start(self) -> NDArray[Any]:
        return np.full(len(self.classes_), 1e-6)
