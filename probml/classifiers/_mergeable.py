"""Models of ``p(x, C_k)``: a fit is a finalised set of sufficient statistics.

Statistics of parts add up to those of the whole, so `fit`, `partial_fit`, `fit_chunks` and `merge`
are four roads to one model.  `fit` and `fit_chunks` finalise at once; `partial_fit` and `merge`
leave it to the first prediction, or the first look at a fitted attribute.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from probml._validation import check_number, check_priors
from probml.classifiers._base import GenerativeClassifier, all_or_nothing
from probml.classifiers._class_labels import class_positions, known_classes
from probml.classifiers._reading import Rows, read_chunks, united
from probml.classifiers._twins import Twinned
from probml.numerics import FloatArray

__all__ = ["MergeableClassifier", "Rows", "class_priors"]


def class_priors(priors: ArrayLike | None, counts: FloatArray, classes: NDArray[Any]) -> FloatArray:
    """Checked priors, or frequencies; a class without rows cannot have a positive one."""
    checked = check_priors(priors, counts)
    absent = (checked > 0) & (counts == 0)
    if absent.any():
        raise ValueError(
            f"priors must be zero for classes without rows (got {checked[absent][0]:.3g} for "
            f"{classes[absent][0]}, which never came); fit rows of every class"
        )
    return checked


class MergeableClassifier(Twinned, GenerativeClassifier):
    """Base of the generative models that sufficient statistics determine.

    A subclass writes `_empty_statistics` (a monoid), `_finalize`, `_joint_log_likelihood`,
    `_class_probabilities` and `_sample_class`, and lists what `_finalize` sets in `_derived`.
    """

    _derived: ClassVar[frozenset[str]]
    _statistics: Any
    _pending: bool

    @property
    @abstractmethod
    def _statistics_kind(self) -> tuple[Any, ...]:
        """What tells statistics apart that cannot be merged."""

    @abstractmethod
    def _empty_statistics(self, n_classes: int, n_features: int) -> Any:
        """Statistics of no rows."""

    @abstractmethod
    def _finalize(self, rows: Rows | None) -> None:
        """Set the attributes in `_derived` from `_statistics`; `rows` are None after a stream."""

    @property
    @abstractmethod
    def _class_probabilities(self) -> FloatArray:
        """Class probabilities of the fitted model, (n_classes,)."""

    @abstractmethod
    def _sample_class(self, k: int, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` rows of class k."""

    def _check_stream(self) -> None:
        """Raise if the parameters ask for more than statistics hold."""

    def _update(
        self, statistics: Any, X: Any, y: NDArray[np.intp], weight: FloatArray | None
    ) -> None:
        statistics.update(X, y, weight)

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        statistics = self._empty_statistics(len(self.classes_), X.shape[1])
        self._update(statistics, X, y, weight)
        self._conclude(statistics, Rows(X, y, weight))

    def _conclude(self, statistics: Any, rows: Rows | None = None) -> None:
        """Take on new statistics and finalise them."""
        self._defer(statistics)
        self._pending = False
        self._finalize(rows)

    def _defer(self, statistics: Any) -> None:
        """Take on new statistics, to be finalised when that is needed."""
        for name in self._derived:
            self.__dict__.pop(name, None)
        self._statistics, self._pending = statistics, True

    def _settle(self) -> None:
        """Finalise what was deferred; after an error it is still deferred."""
        if vars(self).get("_pending"):
            with all_or_nothing(self):
                self._pending = False
                self._finalize(None)

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._derived:
            self._settle()
        return object.__getattribute__(self, name)

    def _checked_rows(self, X: ArrayLike, **further: Any) -> Any:
        check_is_fitted(self)
        self._settle()
        return super()._checked_rows(X, **further)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Add rows to the model; in any chunks and order the result is that of one `fit`.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Further rows.
        y : array_like of shape (n_samples,)
            Their labels.
        classes : array_like of shape (n_classes,), optional
            All labels that will ever come; required at the first call.
        sample_weight : array_like of shape (n_samples,), optional
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `classes` is missing at the first call or differs later, a label is not among
            them, the number of features changes, bytes are mixed with other numbers, or a
            parameter needs more than one pass; the model is then what it was before.
        """
        with all_or_nothing(self):
            self._check_stream()
            first = not hasattr(self, "classes_")
            known = known_classes(None if first else self.classes_, classes)
            rows, y, weight = self._training_data(X, y, sample_weight, reset=first)
            index = class_positions(y, known)
            statistics = self._empty_statistics(len(known), rows.shape[1])
            if not first:
                statistics = self._held_statistics().merge(statistics)  # a copy
            self._update(statistics, rows, index, weight)
            self.classes_ = known
            self._defer(statistics)
        return self

    def _held_statistics(self) -> Any:
        if "_statistics" not in vars(self):
            raise ValueError(
                f"this {type(self).__name__} was moved here from scikit-learn and holds no "
                "statistics to add to; fit it on its data first"
            )
        return self._statistics

    def fit_chunks(self, chunks: Iterable[tuple[Any, ...]]) -> Self:
        """Fit the model to rows that come in chunks and need never be in memory together.

        Parameters
        ----------
        chunks : iterable of (X, y) or (X, y, sample_weight)
            Each as for `fit`; classes may come in any chunk.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no chunk, a chunk is not what `fit` takes, or a parameter needs a second
            pass; the model is then what it was before.

        Examples
        --------
        >>> from probml.classifiers import LinearDiscriminantAnalysis
        >>> chunks = (([[x], [x + 1.0]], [0, 1]) for x in (0.0, 0.5, 1.0))
        >>> LinearDiscriminantAnalysis().fit_chunks(chunks).means_.tolist()
        [[0.5], [1.5]]
        """
        read_chunks([self], chunks)
        return self

    def merge(self, other: Self) -> Self:
        """Take in the rows that `other` was fitted to, as if both had been fitted together.

        Parameters
        ----------
        other : fitted model of the same class
            With the same features; it may know other classes.  It is not changed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `other` is of another kind; this model is then what it was before.
        NotFittedError
            If `other` is not fitted.
        """
        if not isinstance(other, type(self)) or other._statistics_kind != self._statistics_kind:
            raise ValueError(
                f"other must be a {type(self).__name__} with the same statistics "
                f"(got {other!r}); merge models of one kind and one set of parameters"
            )
        check_is_fitted(other)
        with all_or_nothing(self):
            self._check_stream()
            theirs = other._held_statistics()
            if not hasattr(self, "classes_"):
                self.classes_ = other.classes_
                self._take_layout(other)
                self._defer(theirs.merge(self._empty_statistics(*other._layout)))
                return self
            self._check_layout(other)
            classes = united(self.classes_, other.classes_, "other")
            mine, theirs = (
                s.reindexed(np.searchsorted(classes, m.classes_), len(classes))
                for s, m in ((self._held_statistics(), self), (theirs, other))
            )
            self.classes_ = classes
            self._defer(mine.merge(theirs))
        return self

    @property
    def _layout(self) -> tuple[int, int]:
        return len(self.classes_), self.n_features_in_

    def _check_layout(self, other: Self) -> None:
        mine, theirs = (getattr(m, "feature_names_in_", None) for m in (self, other))
        if other.n_features_in_ != self.n_features_in_ or (
            mine is not None and theirs is not None and list(mine) != list(theirs)
        ):
            raise ValueError(
                f"other must have the same {self.n_features_in_} features "
                f"(got {other.n_features_in_} features, named {theirs}); "
                "merge models of the same columns"
            )

    def sample(
        self,
        n: int = 1,
        random_state: np.random.Generator | np.random.RandomState | int | None = None,
    ) -> tuple[FloatArray, NDArray[Any]]:
        """Draw rows from the model, each with its class.

        Parameters
        ----------
        n : int
            Number of rows.
        random_state : Generator, RandomState, int or None
            Source of randomness; a number repeats itself.

        Returns
        -------
        X : ndarray of shape (n, n_features)
        y : ndarray of shape (n,)
            Labels.
        """
        check_is_fitted(self)
        check_number("n", n, 0, integer=True)
        self._settle()
        if isinstance(random_state, np.random.RandomState):
            random_state = int(random_state.randint(2**31))
        rng = np.random.default_rng(random_state)
        index = rng.choice(len(self.classes_), size=n, p=self._class_probabilities)
        X = np.empty((n, self.n_features_in_))
        for k in np.unique(index):
            X[index == k] = self._sample_class(int(k), int((index == k).sum()), rng)
        return X, self.classes_[index]
