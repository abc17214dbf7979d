"""Dask collections become lists of parts: each a lazy list of chunks (X, y, sample_weight)."""

from typing import Any

import numpy as np

__all__ = ["import_dask", "kind_of", "parts_of"]


def import_dask() -> Any:
    try:
        import dask.array
        import dask.bag
    except ImportError as error:
        raise ImportError(
            f'this needs Dask, and {error.name} is missing; run: pip install "probml[dask]"'
        ) from error
    return dask


def kind_of(X: Any) -> str:
    dask = import_dask()
    if isinstance(X, dask.array.Array):
        return "array"
    if isinstance(X, dask.bag.Bag):
        return "bag"
    if dask.is_dask_collection(X) and hasattr(X, "columns"):
        return "frame"
    raise ValueError(
        f"X must be a Dask array, DataFrame or bag (got {type(X).__name__}); "
        "data in memory go to the methods of the model"
    )


def parts_of(X: Any, y: Any, weight: Any) -> list[Any]:
    kind = kind_of(X)
    if kind == "bag":
        if y is not None or weight is not None:
            raise ValueError("y must be None for a bag, whose items are (X, y) or (X, y, weight)")
        return [import_dask().delayed(list)(part) for part in X.to_delayed()]
    if y is None:
        raise ValueError(f"y must be the labels of X, a Dask {kind} (got None)")
    return _array_parts(X, y, weight) if kind == "array" else _frame_parts(X, y, weight)


def _array_parts(X: Any, y: Any, weight: Any) -> list[Any]:
    if X.ndim != 2:
        raise ValueError(f"X must have two axes, samples and features (got shape {X.shape})")
    columns = [_blocks("X", X.rechunk({1: -1}), X)]
    columns += [_blocks("y", y, X)]
    columns += [len(columns[0]) * [None] if weight is None else _blocks("sample_weight", weight, X)]
    chunk = import_dask().delayed(_as_chunks)
    return [chunk(*part) for part in zip(*columns, strict=True)]


def _blocks(name: str, values: Any, X: Any) -> list[Any]:
    """Lazy blocks of rows, cut where those of `X` are."""
    dask = import_dask()
    if not isinstance(values, dask.array.Array):
        values = dask.array.from_array(np.asarray(values))
    if np.isnan([size for axis in values.chunks for size in axis]).any():
        raise ValueError(
            f"{name} must have chunks of known sizes (got {values.chunks}); "
            f"call {name}.compute_chunk_sizes() first"
        )
    if values.shape[0] != X.shape[0]:
        raise ValueError(
            f"{name} must have one entry per row: expected {X.shape[0]} (got {values.shape[0]})"
        )
    blocks: list[Any] = values.rechunk({0: X.chunks[0]}).to_delayed().ravel().tolist()
    return blocks


def _as_chunks(X: Any, y: Any, weight: Any) -> list[Any]:
    return [(X, y, weight)]


def _frame_parts(X: Any, y: Any, weight: Any) -> list[Any]:
    named = [c for c in (y, weight) if _is_name(c)]
    absent = [c for c in named if c not in X.columns]
    if absent:
        raise ValueError(f"X must have a column {absent[0]!r} (got {list(X.columns)})")
    frames = X.to_delayed()
    beside = []
    for name, values in (("y", y), ("sample_weight", weight)):
        if values is None or _is_name(values):
            beside.append(len(frames) * [values])
            continue
        if not hasattr(values, "to_delayed") or values.npartitions != len(frames):
            raise ValueError(
                f"{name} must be a Dask Series with the {len(frames)} partitions of X, or the name "
                f"of a column (got {type(values).__name__}, "
                f"{getattr(values, 'npartitions', 'no')} partitions); take it from one DataFrame"
            )
        beside.append(list(values.to_delayed()))
    chunk = import_dask().delayed(_frame_chunks)
    return [chunk(*part, list(X.columns)) for part in zip(frames, *beside, strict=True)]


def _is_name(values: Any) -> bool:
    return isinstance(values, str) or not (values is None or hasattr(values, "__len__"))


def _frame_chunks(frame: Any, y: Any, weight: Any, columns: list[Any]) -> list[Any]:
    """The rows of one partition, which has to be what its collection said."""
    if list(frame.columns) != columns:
        raise ValueError(
            f"X must have the columns {columns} in every partition (got {list(frame.columns)})"
        )
    beside = [frame[values] if _is_name(values) else values for values in (y, weight)]
    for name, values in zip(("y", "sample_weight"), beside, strict=True):
        if values is not None and not values.index.equals(frame.index):
            raise ValueError(
                f"{name} must have the index of X in every partition "
                f"(got {len(values)} entries beside {len(frame)} rows)"
            )
    features = frame.drop(columns=[values for values in (y, weight) if _is_name(values)])
    return [(features, *beside)]
