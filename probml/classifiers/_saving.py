"""Models on disk: one NPZ file of arrays, and in it a JSON text that says where they belong.

Reading a file runs none of its content: arrays are read without pickle, and what is more than
numbers, text and containers is of a class from a fixed table.  A value that is not its own JSON is
written as a pair ``[tag, content]``.
"""

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml._version import __version__
from probml.distributions import (
    CountStatistics,
    GaussianStatistics,
    MultivariateNormal,
    ObservedStatistics,
)
from probml.distributions._byte_sums import ByteSums
from probml.distributions._centred_sums import CentredSums

__all__ = ["FORMAT", "read_state", "write_state"]

FORMAT = 3
"""Changes whenever a model keeps other attributes, so that no file is misread."""

_CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        GaussianStatistics,
        CountStatistics,
        ObservedStatistics,
        MultivariateNormal,
        ByteSums,
        CentredSums,
    )
}

_CONTENT = "model"
"""Name of the JSON text among the arrays; those are called 0, 1, 2, ..."""

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,  # JSON, UTF-8 and NumPy's headers
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    RuntimeError,  # a member that claims to be encrypted
    SyntaxError,
)


def write_state(path: str | os.PathLike[str], name: str, state: dict[str, Any]) -> None:
    """Write the attributes of a model of class `name`, or leave what was at `path`.

    Raises
    ------
    ValueError
        If an attribute is of a kind that a file cannot hold; the message names it.
    OSError
        If the file cannot be written.
    """
    arrays: list[NDArray[Any]] = []
    content = {
        "library": f"probml {__version__}",
        "format": FORMAT,
        "class": name,
        "state": [[key, _encoded(value, arrays, key)] for key, value in state.items()],
    }
    text = np.frombuffer(json.dumps(content).encode(), np.uint8)
    members = {_CONTENT: text} | {str(i): array for i, array in enumerate(arrays)}
    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _write_members(file, members)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner reads
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _write_members(file: Any, members: dict[str, NDArray[Any]]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_state(path: str | os.PathLike[str], cls: type) -> dict[str, Any]:
    """Attributes of the model of class `cls` in a file.

    Raises
    ------
    ValueError
        If the file is damaged, is no model, or is of another format or class.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as members:
                content = json.loads(bytes(members[_CONTENT]))
                arrays = [members[str(i)] for i in range(len(members.files) - 1)]
            version, kind, pairs = content["format"], content["class"], content["state"]
        except _DAMAGES as error:
            raise _damaged(path) from error
    if version != FORMAT:
        raise ValueError(
            f"{path} must be of format {FORMAT} (got {version!r}, written by "
            f"{content.get('library')}); load it with the version that wrote it, or fit anew"
        )
    if kind != cls.__name__:
        raise ValueError(
            f"{path} must hold a {cls.__name__} (got {kind!r}); use the load of that class"
        )
    try:
        state = {str(key): _decoded(value, arrays) for key, value in pairs}
    except _DAMAGES as error:
        raise _damaged(path) from error
    if any(hasattr(cls, name) for name in state):  # an attribute of a model hides no method
        raise _damaged(path)
    return state


def _damaged(path: str | os.PathLike[str]) -> ValueError:
    return ValueError(
        f"{path} must be a whole file that save has written (it is damaged, cut short, or "
        "something else); save the model again"
    )


def _encoded(value: Any, arrays: list[NDArray[Any]], name: str) -> Any:
    """`value` for JSON; its arrays are appended to `arrays`."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return [type(value).__name__, [_encoded(item, arrays, name) for item in value]]
    if type(value) is dict:
        pairs = [[_encoded(part, arrays, name) for part in pair] for pair in value.items()]
        return ["dict", pairs]
    if type(value).__name__ in _CLASSES and type(value) is _CLASSES[type(value).__name__]:
        return [type(value).__name__, _encoded(vars(value), arrays, name)]
    if isinstance(value, np.ndarray | np.generic):
        return _encoded_array(np.asarray(value), isinstance(value, np.ndarray), arrays, name)
    raise ValueError(
        f"{name} must be made of numbers, text, arrays and containers to be saved "
        f"(got {type(value).__name__}); pickle the model, or set {name} to something plain"
    )


def _encoded_array(
    array: NDArray[Any], is_array: bool, arrays: list[NDArray[Any]], name: str
) -> Any:
    if array.dtype.kind == "O":
        return ["objects", [_encoded(array.tolist(), arrays, name), list(array.shape)]]
    arrays.append(array)
    return ["array" if is_array else "scalar", len(arrays) - 1]


def _decoded(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if not isinstance(value, list):
        return value
    tag, content = value
    if tag in _CLASSES:
        whole = object.__new__(_CLASSES[tag])
        vars(whole).update(_decoded(content, arrays))
        return whole
    return _READERS[tag](content, arrays)


def _objects(content: Any, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    values, shape = content
    out = np.empty(shape, object)
    out[...] = _decoded(values, arrays)
    return out


_READERS: dict[str, Callable[[Any, list[NDArray[Any]]], Any]] = {
    "list": lambda content, arrays: [_decoded(item, arrays) for item in content],
    "tuple": lambda content, arrays: tuple(_decoded(item, arrays) for item in content),
    "dict": lambda content, arrays: {
        _decoded(key, arrays): _decoded(item, arrays) for key, item in content
    },
    "array": lambda content, arrays: arrays[content],
    "scalar": lambda content, arrays: arrays[content][()],
    "objects": _objects,
}
