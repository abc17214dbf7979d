"""Fitted models move between this library and scikit-learn without being fitted again."""

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

__all__ = ["Twinned"]


class Twinned:
    """Mixin of a classifier whose twin in scikit-learn has the same parameters."""

    _twin: ClassVar[Any]
    classes_: Any

    @abstractmethod
    def _settle(self) -> None:
        """Finalise what was deferred."""

    def _take_layout(self, lead: Any) -> None:
        """Take on the number of features and their names from a model that has seen them."""
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if name in vars(lead):
                setattr(self, name, vars(lead)[name])

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """The same fitted model, moved here from its scikit-learn twin without refitting.

        Parameters
        ----------
        fitted : fitted estimator of the class of the same name in scikit-learn

        Raises
        ------
        ValueError
            If `fitted` is of another class, or lacks what is needed.
        NotFittedError
            If it is not fitted.
        """
        if not isinstance(fitted, cls._twin):
            raise ValueError(
                f"fitted must be scikit-learn's {cls._twin.__name__} "
                f"(got {type(fitted).__module__}.{type(fitted).__name__})"
            )
        check_is_fitted(fitted)
        ours = cls().get_params(deep=False)  # type: ignore[attr-defined]
        given = fitted.get_params(deep=False)  # of an older release there may be more
        model = cls(**{name: value for name, value in given.items() if name in ours})
        model.classes_ = np.array(fitted.classes_)
        model._take_layout(fitted)
        model._import(fitted)
        return model

    def to_sklearn(self) -> Any:
        """The same fitted model as an estimator of scikit-learn, without refitting."""
        check_is_fitted(self)
        self._settle()
        parameters = self.get_params(deep=False)  # type: ignore[attr-defined]
        known = self._twin().get_params(deep=False)  # an older release may lack one
        twin = self._twin(**{name: parameters[name] for name in known if name in parameters})
        twin.classes_ = self.classes_.copy()
        for name in ("n_features_in_", "feature_names_in_"):
            if name in vars(self):
                setattr(twin, name, vars(self)[name])
        self._export(twin)
        return twin

    @abstractmethod
    def _import(self, fitted: Any) -> None:
        """Set the fitted attributes from those of the twin."""

    @abstractmethod
    def _export(self, twin: Any) -> None:
        """Set the fitted attributes of the twin."""
