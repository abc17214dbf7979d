"""Writing several files so that a failure leaves the old ones whole; strict JSON."""

import errno
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["check_writable", "from_strict", "strict", "strict_json", "write_files"]

_WORDS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def check_writable(directory: str | Path, names: Iterable[str]) -> None:
    """Make sure that files of these names can be made or replaced, and leave nothing behind.

    Raises
    ------
    OSError
        If the directory cannot be written, or one of the names is that of a directory.
    """
    directory = Path(directory)
    there = next(place for place in (directory, *directory.parents) if place.exists())
    with tempfile.TemporaryFile(dir=there):
        pass
    for name in names:
        if (directory / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, f"{name} is a directory", str(directory / name))


def write_files(directory: str | Path, files: Mapping[str, str | bytes]) -> Path:
    """Write every file, or none: all are put on disk under temporary names, then renamed.

    Text becomes UTF-8; a lone surrogate, which UTF-8 lacks, becomes its escape ``\\udc80``, which
    in JSON means the same.

    Raises
    ------
    OSError
        If the directory or a file cannot be written; files that were there are untouched.
    """
    directory = Path(directory)
    check_writable(directory, files)
    directory.mkdir(parents=True, exist_ok=True)
    waiting: list[tuple[str, Path]] = []
    try:
        for name, content in files.items():
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
            waiting.append((temporary, directory / name))
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, str):
                    content = content.encode(errors="backslashreplace")
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        # mkstemp makes files that only their owner reads; a report is meant to be shared.
        for temporary, target in waiting:
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
    finally:
        for temporary, _ in waiting:
            Path(temporary).unlink(missing_ok=True)
    return directory


def strict(value: Any) -> Any:
    """Replace what strict JSON lacks: non-finite floats become "inf", "-inf" or "nan"."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value


def from_strict(value: Any) -> Any:
    """Read one number, or None, that :func:`strict` wrote."""
    return _WORDS[value] if isinstance(value, str) else value


def strict_json(value: Any, indent: int | None = None) -> str:
    """JSON text that any parser accepts: no ``NaN``, no ``Infinity``.

    Examples
    --------
    >>> strict_json({"log_loss": float("inf")})
    '{"log_loss": "inf"}'
    """
    return json.dumps(strict(value), indent=indent, ensure_ascii=False, allow_nan=False)
