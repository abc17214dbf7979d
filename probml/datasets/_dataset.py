"""What every loader returns: two splits of a table, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Dataset", "DatasetError"]

_OPTIONAL = ("weight_train", "rows_train", "rows_test")


class DatasetError(RuntimeError):
    """Data that cannot be had or must not be used; says which file, why, and what to do."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split with their provenance.

    Rows are samples.  The arrays are read-only: a model cannot change the data of the next.

    Parameters
    ----------
    X_train, X_test : ndarray of shape (n_samples, n_features)
        Features as stored (uint8 for images).
    y_train, y_test : ndarray of shape (n_samples,)
        Labels.
    name : str
        Short name, as on the command line.
    feature_shape : tuple of int
        Shape of one sample before it was flattened in row-major order: ``(28, 28)``.
    class_names : tuple of str
        One name per class, in sorted order of the labels.
    scale : float
        What features are divided by to lie in [0, 1].
    feature_names : tuple of str or None
        Column names of a table.
    weight_train : ndarray of shape (n_train,) or None
        Weight of each training row.
    rows_train, rows_test : ndarray of int or None
        Where the rows of each split stand in the table that they were taken from.
    preprocessing : str
        What was done to the features before, in words.
    sha256 : mapping of str to str
        Checksum of each file the data was read from.
    licence, source : str
        Terms of use, and who made the data.

    Examples
    --------
    >>> from probml.datasets import load_digits_dataset
    >>> digits = load_digits_dataset()
    >>> digits.X_train.shape, digits.feature_shape, digits.n_classes
    ((1347, 64), (8, 8), 10)
    """

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    name: str
    feature_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    scale: float = 1.0
    feature_names: tuple[str, ...] | None = None
    weight_train: NDArray[np.float64] | None = None
    rows_train: NDArray[np.intp] | None = None
    rows_test: NDArray[np.intp] | None = None
    preprocessing: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for X, y, split in (
            (self.X_train, self.y_train, "train"),
            (self.X_test, self.y_test, "test"),
        ):
            if X.ndim != 2 or y.shape != X.shape[:1]:
                raise ValueError(
                    f"{self.name}: X_{split} must be (n_samples, n_features) with one label per "
                    f"row (got X {X.shape}, y {y.shape})"
                )
        if self.X_train.shape[1] != self.X_test.shape[1]:
            raise ValueError(
                f"{self.name}: both splits must have the same features "
                f"(got {self.X_train.shape[1]} and {self.X_test.shape[1]})"
            )
        for name in (*("X_train", "y_train", "X_test", "y_test"), *_OPTIONAL):
            if getattr(self, name) is None:
                continue
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)
        object.__setattr__(self, "sha256", MappingProxyType(dict(self.sha256)))

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def scaled(self, dtype: DTypeLike = np.float32) -> tuple[NDArray[Any], NDArray[Any]]:
        """``X_train / scale`` and ``X_test / scale``, as new arrays of the given float type.

        The cast comes before the division, so that uint8 never wraps (catalogue LA-02, DT-06).

        Raises
        ------
        ValueError
            If a finite feature would overflow.
        """
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                scale = np.asarray(self.scale, dtype)
                return self.X_train.astype(dtype) / scale, self.X_test.astype(dtype) / scale
        except FloatingPointError as error:
            raise ValueError(
                f"{self.name}: expected features, and a scale of {self.scale:g}, that "
                f"{np.dtype(dtype)} can hold (got: {error}); use float64, or rescale the features"
            ) from error
