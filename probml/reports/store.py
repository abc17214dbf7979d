"""Records on disk while a run goes on: one file each, named by all that its content depends on.

A file appears whole or not at all, so a run that is killed at any moment goes on where it stopped:
``name = sha256(code, versions, machine, estimator, parameters, seed, fold, data)``.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from probml.reports._files import strict_json, write_files
from probml.reports.records import Record, decode_one, encode_one

__all__ = ["OtherRunError", "Store"]

_FOLDER, _RUN = "cells", "run.json"


class OtherRunError(ValueError):
    """A folder that holds records of other data."""


class Store:
    """The records of one folder.

    Parameters
    ----------
    directory : Path
        Of the report; the records lie in ``cells`` below it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Store(Path(folder)).read("0" * 64) is None
    True
    """

    def __init__(self, directory: Path) -> None:
        self.folder = Path(directory) / _FOLDER

    def claim(self, dataset: str, data: Mapping[str, str]) -> None:
        """Make the folder that of some data, or find that it is.

        Parameters
        ----------
        dataset : str
            Name, for messages.
        data : mapping of str to str
            Checksum of each part of the data.

        Raises
        ------
        OtherRunError
            If it holds records of other data; says what differs.
        """
        owner = self._owner()
        if owner is None:
            mine = {"dataset": dataset, "data": data}
            write_files(self.folder, {_RUN: strict_json(mine, indent=2) + "\n"})
        elif owner["data"] != data:
            theirs = owner["data"]
            differ = [n for n in sorted({*data, *theirs}) if data.get(n) != theirs.get(n)]
            raise OtherRunError(
                f"{self.folder} holds {sum(1 for _ in self._files())} records of other data: of "
                f"{owner['dataset']}, where {', '.join(differ)} differ from those of {dataset}"
            )

    def read(self, key: str) -> Record | None:
        """The record of this key; None if there is none, or it is damaged."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            record = decode_one((self.folder / f"{key}.npz").read_bytes())
            if record.key == key:
                return record
        return None

    def write(self, record: Record) -> None:
        """Write a record, whole or not at all.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        write_files(self.folder, {f"{record.key}.npz": encode_one(record)})

    def clear(self) -> None:
        """Forget every record, and whose folder it is."""
        for path in self._files():
            path.unlink(missing_ok=True)
        (self.folder / _RUN).unlink(missing_ok=True)

    def keep(self, code: str) -> None:
        """Forget the records that other code made: no run can ask for them again."""
        for path in self._files():
            if not path.name.startswith(code):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def working(self) -> Iterator[Path]:
        """A folder for what a run exchanges with its processes, empty, and gone afterwards.

        Raises
        ------
        OSError
            If another run works here, or the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        place = (self.folder / "work").resolve()
        with (self.folder / ".lock").open("w") as lock:
            _lock(lock, self.folder)
            shutil.rmtree(place, ignore_errors=True)  # a run that was killed has left it
            place.mkdir()
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)

    def _owner(self) -> dict[str, Any] | None:
        try:
            owner: dict[str, Any] = json.loads((self.folder / _RUN).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return owner

    def _files(self) -> Iterator[Path]:
        return self.folder.glob("*.npz")


def _lock(file: IO[str], folder: Path) -> None:
    """Held until the file is closed, or the process ends in whatever way."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        reason = "another run is writing records here; wait for it"
        raise OSError(error.errno, reason, str(folder)) from error
