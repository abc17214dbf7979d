"""Your own table: a file, what its columns are for, and how a test set is set apart.

Columns keep their names and types, values may be missing, and text is allowed.  With
``preprocess="auto"`` one pipeline of scikit-learn, fitted on training rows only, makes numbers of
them: ``x -> (x - min) / (max - min)`` after missing values are filled, text one-hot.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probml._validation import check_choice, check_number, check_sample_weight
from probml.datasets._dataset import Dataset, DatasetError
from probml.datasets._preparing import prepared

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["load_table", "read_table"]

_SUFFIXES = (".csv", ".parquet", ".npz")
_SEED = 0
_TRAIN, _TEST = ("train", "training", "0", "false"), ("test", "testing", "1", "true")


@dataclass(frozen=True)
class _Roles:
    """Columns that are not features, and rows of the test set where a file or column says so."""

    target: str
    weight: str | None
    group: str | None
    split: str | None
    drop: tuple[str, ...]

    def named(self) -> list[str]:
        others = (self.weight, self.group, self.split)
        return [self.target, *(name for name in others if name is not None), *self.drop]


def read_table(path: str | Path) -> "DataFrame":
    """Read a CSV, Parquet or NPZ file.

    Parameters
    ----------
    path : str or Path
        The end of its name says which.  Of NPZ, arrays of one dimension are columns, and those of
        two dimensions several: ``X`` is ``X0``, ``X1`` and so on.

    Raises
    ------
    DatasetError
        If it cannot be read, or has no rows.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "t.npz")
    ...     np.savez(path, X=np.eye(2), y=np.array(["a", "b"]))
    ...     read_table(path).columns.tolist()
    ['X0', 'X1', 'y']
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise DatasetError(
            f"{path.name}: expected a name that ends in {', '.join(_SUFFIXES)} "
            f"(got {suffix or 'none'}); convert the table"
        )
    try:
        frame = {".csv": _csv, ".parquet": _parquet, ".npz": _npz}[suffix](path)
    except (OSError, ValueError, ImportError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path.name}: cannot be read as {suffix[1:].upper()} ({error})"
        ) from error
    if not len(frame):
        raise DatasetError(f"{path.name}: expected rows (got an empty table)")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DatasetError(f"{path.name}: expected distinct columns (got {twice[0]!r} twice)")
    return frame


def _csv(path: Path) -> "DataFrame":
    import pandas as pd

    # A column of which one part looks like numbers and another not is still one column.
    return pd.read_csv(path, low_memory=False)


def _parquet(path: Path) -> "DataFrame":
    import pandas as pd

    frame = pd.read_parquet(path)
    return frame.rename(columns=str)


def _npz(path: Path) -> "DataFrame":
    import pandas as pd

    columns: dict[str, NDArray[Any]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            if array.ndim == 1:
                columns[name] = array
            elif array.ndim == 2:
                columns |= {f"{name}{i}": array[:, i] for i in range(array.shape[1])}
            else:
                raise ValueError(f"{name} has shape {array.shape}, and is neither column nor table")
    return pd.DataFrame(columns, copy=False)


def load_table(
    path: str | Path,
    target: str,
    *,
    test: str | Path | None = None,
    test_size: float | None = None,
    split_column: str | None = None,
    group: str | None = None,
    cv: int | None = None,
    drop: Sequence[str] = (),
    weight: str | None = None,
    preprocess: str = "auto",
) -> tuple[Dataset, ...]:
    """Read a table and set a test set apart, or several in turn.

    Parameters
    ----------
    path : str or Path
        As for :func:`read_table`.
    target : str
        Column of the labels.
    test : str or Path, optional
        File with the rows of the test set, in the same columns.
    test_size : float, optional
        Share of the rows for the test set, drawn with a fixed seed and stratified by label; a
        quarter if nothing else is said.
    split_column : str, optional
        Column that says ``train`` or ``test`` (or 0 and 1, or False and True) for each row.
    group : str, optional
        Column of which no value may be in training and test rows alike.
    cv : int, optional
        Number of folds, stratified: every row is once in a test set.
    drop : sequence of str
        Columns to leave out.
    weight : str, optional
        Column of the weights of training rows.
    preprocess : {"auto", "none"}
        Whether to make numbers of the features, or take them as they are.

    Returns
    -------
    tuple of Dataset
        One, or `cv`.

    Raises
    ------
    DatasetError
        If the table cannot be used: no rows, one class, missing labels, labels that training
        lacks, or features that are no numbers where they must be.
    ValueError
        If a column does not exist, or there are two ways of setting a test set apart.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "t.csv")
    ...     rows = [f"{i},{'red' if i % 2 else ''},{i % 2}" for i in range(40)]
    ...     _ = Path(path).write_text("\\n".join(["size,colour,label", *rows]))
    ...     (table,) = load_table(path, "label")
    >>> table.X_train.shape, table.X_test.shape, table.class_names
    ((30, 3), (10, 3), ('0', '1'))
    """
    check_choice("preprocess", preprocess, ["auto", "none"])
    _check_ways(test, test_size, split_column, cv, group)
    path = Path(path)
    roles = _Roles(target, weight, group, split_column, tuple(drop))
    frame, files = read_table(path), [path]
    _check_columns(frame, roles, path.name)
    n_train = len(frame)
    if test is not None:
        files.append(Path(test))
        frame = _joined(frame, read_table(test), Path(test).name)
    labels = _labels(frame[target], path.name)
    weights = None if weight is None else _weights(frame[weight], n_train)
    folds = _folds(
        frame, labels, roles, test_size, cv, None if test is None else n_train, path.name
    )
    features = frame.drop(columns=roles.named())
    if not features.shape[1]:
        raise DatasetError(f"{path.name}: expected at least one feature (got the target alone)")
    common = {
        "name": path.stem,
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }
    return tuple(
        _dataset(features, labels, weights, train, test_rows, preprocess, common)
        for train, test_rows in folds
    )


def _check_ways(
    test: object,
    test_size: float | None,
    split_column: str | None,
    cv: int | None,
    group: str | None,
) -> None:
    ways = {"test": test, "test_size": test_size, "split_column": split_column, "cv": cv}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"expected one way to set a test set apart (got {' and '.join(given)})")
    if group is not None and (test is not None or split_column is not None):
        raise ValueError(f"group goes with test_size or cv (got {given[0]}); leave one out")
    if test_size is not None:
        check_number("test_size", test_size, 0, 1, open_low=True, open_high=True)
    if cv is not None:
        check_number("cv", cv, 2, integer=True)


def _check_columns(frame: "DataFrame", roles: _Roles, name: str) -> None:
    unknown = [column for column in roles.named() if column not in frame.columns]
    if unknown:
        known = ", ".join(map(str, frame.columns[:20])) + (", ..." if frame.shape[1] > 20 else "")
        raise ValueError(f"{name}: expected columns out of {known} (got {', '.join(unknown)})")
    if len(set(roles.named())) < len(roles.named()):
        raise ValueError(f"expected one use for a column (got {', '.join(roles.named())})")


def _joined(frame: "DataFrame", other: "DataFrame", name: str) -> "DataFrame":
    import pandas as pd

    lacking = [str(column) for column in frame.columns if column not in other.columns]
    if lacking:
        raise DatasetError(f"{name}: expected the columns of the training file (no {lacking[0]})")
    return pd.concat([frame, other[list(frame.columns)]], ignore_index=True)


def _labels(column: "Series", name: str) -> NDArray[Any]:
    missing = int(column.isna().sum())
    if missing:
        raise DatasetError(
            f"{name}: expected a label in every row of {column.name!r} (got {missing} without); "
            "remove those rows"
        )
    if column.dtype.kind == "f":
        if not (column == np.floor(column)).all():
            raise DatasetError(
                f"{name}: expected classes in {column.name!r} (got fractions such as "
                f"{float(column[column != np.floor(column)].iloc[0])}); this is no regression"
            )
        column = column.astype(np.int64)
    labels: NDArray[Any] = column.to_numpy()
    if labels.dtype.kind not in "iub":
        labels = column.astype(str).to_numpy(dtype=str)
    if len(np.unique(labels)) < 2:
        raise DatasetError(
            f"{name}: expected at least two classes in {column.name!r} (got {labels[0]!s} alone)"
        )
    return labels


def _weights(column: "Series", n_train: int) -> NDArray[np.float64]:
    weights = check_sample_weight(column.to_numpy()[:n_train], n_train)
    assert weights is not None
    return np.concatenate([weights, np.ones(len(column) - n_train)])


def _folds(
    frame: "DataFrame",
    labels: NDArray[Any],
    roles: _Roles,
    test_size: float | None,
    cv: int | None,
    n_train: int | None,
    name: str,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows for training and for testing, one pair for each fold."""
    rows = np.arange(len(frame))
    if n_train is not None:
        return iter([(rows[:n_train], rows[n_train:])])
    if roles.split is not None:
        return iter([_by_column(frame[roles.split], name)])
    from sklearn import model_selection as ms

    groups = None if roles.group is None else frame[roles.group].astype(str).to_numpy()
    if cv is not None:
        kind = ms.StratifiedKFold if groups is None else ms.StratifiedGroupKFold
        splitter: Any = kind(n_splits=cv, shuffle=True, random_state=_SEED)
    else:
        size = 0.25 if test_size is None else test_size
        kind = ms.StratifiedShuffleSplit if groups is None else ms.GroupShuffleSplit
        splitter = kind(n_splits=1, test_size=size, random_state=_SEED)
    _check_counts(labels, cv, name)
    try:
        return iter(
            [(np.sort(a), np.sort(b)) for a, b in splitter.split(labels[:, None], labels, groups)]
        )
    except ValueError as error:
        raise DatasetError(f"{name}: cannot be split ({error})") from error


def _check_counts(labels: NDArray[Any], cv: int | None, name: str) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < (cv or 2):
        raise DatasetError(
            f"{name}: expected at least {cv or 2} rows of each class (got {counts.min()} of "
            f"{classes[counts.argmin()]!s}); remove the class, or set the test rows apart yourself"
        )


def _by_column(column: "Series", name: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    words = column.astype(str).str.lower().str.removesuffix(".0").to_numpy()
    train, test = np.isin(words, _TRAIN), np.isin(words, _TEST)
    if not (train | test).all():
        odd = column[~(train | test)].iloc[0]
        raise DatasetError(f"{name}: {column.name!r} must say train or test (got {odd!r})")
    if not (train.any() and test.any()):
        raise DatasetError(
            f"{name}: {column.name!r} must have training and test rows (got one kind)"
        )
    return np.flatnonzero(train), np.flatnonzero(test)


def _dataset(
    features: "DataFrame",
    labels: NDArray[Any],
    weights: NDArray[np.float64] | None,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    preprocess: str,
    common: dict[str, Any],
) -> Dataset:
    name, classes = common["name"], np.unique(labels[train])
    unseen = np.setdiff1d(labels[test], classes)
    if len(unseen):
        raise DatasetError(
            f"{name}: expected test labels that training has (got {unseen[0]!s}); "
            "remove those rows, or set the test rows apart otherwise"
        )
    if len(classes) < 2:
        raise DatasetError(
            f"{common['name']}: expected two classes in training (got {classes[0]!s})"
        )
    X_train, X_test, words = prepared(features, train, test, preprocess, name)
    return Dataset(
        X_train,
        labels[train],
        X_test,
        labels[test],
        feature_shape=X_train.shape[1:],
        class_names=tuple(map(str, classes)),
        feature_names=tuple(map(str, features.columns)),
        weight_train=None if weights is None else weights[train],
        rows_train=train,
        rows_test=test,
        preprocessing=words,
        **common,
    )
