"""Numbers from the columns of a table, by what its training rows say and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probml.datasets._dataset import DatasetError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["prepared"]

_LEVELS = 50
"""Most values of a text column that get a feature each; the rarer ones share one."""

_BLOCK = 100_000
"""Rows that are transformed at a time, so that copies stay small."""


def prepared(
    features: "DataFrame",
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    preprocess: str,
    name: str,
) -> tuple[NDArray[Any], NDArray[Any], str]:
    """Features of training and test rows as numbers, and in words what was done.

    Raises
    ------
    DatasetError
        If a column is neither numbers nor text, holds infinity, or is text that stays as it is.
    """
    numbers, text = _kinds(features, name)
    if preprocess == "none":
        if text:
            raise DatasetError(
                f"{name}: expected numbers in every column (got text in {text[0]!r}); use "
                "preprocess auto, or drop the column"
            )
        table = features.to_numpy(dtype=np.result_type(*features.dtypes.map(_plain), np.float32))
        return table[train], table[test], ""
    pipeline = _pipeline(numbers, text)
    pipeline.fit(_as_objects(features.iloc[train], text))
    X_train, X_test = (_transformed(pipeline, features, rows, text) for rows in (train, test))
    return X_train, X_test, _in_words(numbers, text)


def _kinds(features: "DataFrame", name: str) -> tuple[list[str], list[str]]:
    """Columns of numbers, and of text."""
    from pandas.api import types

    numbers, text = [], []
    for column in features.columns:
        values = features[column]
        if types.is_bool_dtype(values) or types.is_numeric_dtype(values):
            _finite(values, name)
            numbers.append(column)
        elif _is_text(values):
            text.append(column)
        else:
            raise DatasetError(
                f"{name}: expected numbers, booleans or text in {column!r} (got {values.dtype}); "
                "drop the column, or convert it"
            )
    return numbers, text


def _is_text(values: "Series") -> bool:
    from pandas.api import types

    if isinstance(values.dtype, type(values.astype("category").dtype)):
        return True
    if types.is_string_dtype(values) or types.is_object_dtype(values):
        return bool(values.dropna().map(lambda value: isinstance(value, str | bool)).all())
    return False


def _finite(values: "Series", name: str) -> None:
    if values.dtype.kind in "f" and np.isinf(values.to_numpy()).any():
        raise DatasetError(
            f"{name}: expected finite numbers in {values.name!r} (got infinity); clip them"
        )
    if values.dtype.kind == "c":
        raise DatasetError(f"{name}: expected real numbers in {values.name!r} (got complex ones)")


def _plain(dtype: Any) -> Any:
    """The numpy type of a column; nullable types of pandas have one below."""
    return dtype if isinstance(dtype, np.dtype) else np.dtype(np.float64)


def _pipeline(numbers: Sequence[str], text: Sequence[str]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

    of_numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), MinMaxScaler(clip=True)
    )
    of_text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=_LEVELS,
            sparse_output=False,
            dtype=np.float32,
        ),
    )
    steps = [("numbers", of_numbers, list(numbers)), ("text", of_text, list(text))]
    return ColumnTransformer([step for step in steps if step[2]])


def _as_objects(frame: "DataFrame", text: Sequence[str]) -> "DataFrame":
    """Text as plain objects with NaN where it is missing, and numbers as floats, for any pandas."""
    frame = frame.copy(deep=False)
    for column in frame.columns:
        values = frame[column]
        if column in text:
            plain = values.astype(object)
            frame[column] = plain.where(plain.notna(), np.nan).map(str, na_action="ignore")
        elif not isinstance(values.dtype, np.dtype) or values.dtype.kind == "b":
            frame[column] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return frame


def _transformed(
    pipeline: Any, features: "DataFrame", rows: NDArray[np.intp], text: Sequence[str]
) -> NDArray[np.float32]:
    blocks = (rows[i : i + _BLOCK] for i in range(0, len(rows), _BLOCK))
    tables = (pipeline.transform(_as_objects(features.iloc[block], text)) for block in blocks)
    return np.concatenate([np.asarray(table, dtype=np.float32) for table in tables])


def _in_words(numbers: Sequence[str], text: Sequence[str]) -> str:
    parts = []
    if numbers:
        parts.append(
            f"{len(numbers)} columns of numbers, the median for missing values, scaled to [0, 1]"
        )
    if text:
        parts.append(f"{len(text)} columns of text, one-hot, missing being a value of its own")
    return f"{'; '.join(parts)}; learnt from the training rows"
