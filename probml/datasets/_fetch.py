"""Files with pinned checksums: find them, verify them, download them when they are absent.

A file is used only if the SHA-256 of the very bytes that are parsed is the pinned one.  A download
goes to a private temporary folder beside its destination and is moved into place in one step, so
that a reader, or a second process that downloads too, sees the old file or the new one, never half.
"""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from logging import LogRecord
from pathlib import Path
from typing import Any, Literal, NamedTuple

from probml.datasets._dataset import DatasetError

__all__ = [
    "FileStatus",
    "Found",
    "Mirrors",
    "PinnedFile",
    "Progress",
    "homes",
    "inspect",
    "obtain",
]

Progress = Callable[[str, int, int | None], None]

_BACKOFF = 0.5  # seconds before the second round over the mirrors; doubled before each further one
_CONNECT_TIMEOUT = 10.0  # seconds until a mirror counts as unreachable
_CHUNK = 1 << 16  # bytes between two reports of progress


class PinnedFile(NamedTuple):
    """A gzipped file as the mirrors serve it, and the checksums it must have."""

    name: str
    sha256: str
    sha256_raw: str

    def candidates(self, folder: Path) -> tuple[Path, Path]:
        """Where the file may lie: as served, or unpacked under its name without ``.gz``."""
        return folder / self.name, folder / self.name.removesuffix(".gz")


class FileStatus(NamedTuple):
    """What became of the search for one file.

    Parameters
    ----------
    name : str
        Official name of the file.
    path : Path
        Where it lies, or where it was expected.
    status : {"ok", "missing", "corrupt"}
        Whether it is there with the pinned checksum, absent, or anything else.
    detail : str
        The checksum that was found, or what is wrong.
    """

    name: str
    path: Path
    status: Literal["ok", "missing", "corrupt"]
    detail: str


class Found(NamedTuple):
    """One file as it was read, once: the verdict on it, its bytes and their checksum."""

    status: FileStatus
    data: bytes = b""
    sha256: str = ""


class Mirrors(NamedTuple):
    """Where to download from, and how patiently."""

    urls: Sequence[str]
    timeout: float
    retries: int
    progress: Progress | None


def homes(data_home: str | os.PathLike[str] | None) -> Iterator[Path]:
    """Data homes in the order in which they are searched; one that is given stands alone.

    Raises
    ------
    DatasetError
        If only the user's cache is left and pooch, which knows where that is, is not installed,
        or if a name cannot be that of a folder.
    """
    if data_home is not None:
        yield _home(data_home)
        return
    shared = os.environ.get("PROBML_DATA")
    if shared:
        yield _home(shared)
        if find_spec("pooch") is None:
            return
    yield Path(_import_pooch().os_cache("probml"))


def _home(name: str | os.PathLike[str]) -> Path:
    try:
        home = Path(name).expanduser()
        # It may be absent or closed to us, which is for others to say; the name must be possible.
        with suppress(OSError):
            home.stat()
    except (RuntimeError, ValueError) as error:  # no such user, a null character
        raise DatasetError(
            f"expected the name of a folder (got {os.fspath(name)!r}: {error}); "
            "pass another data_home or set PROBML_DATA to another one"
        ) from error
    return home


def inspect(folder: Path, pinned: PinnedFile) -> Found:
    """Read and verify one file; the best of its candidates, and no exception for a bad one."""
    found = []
    for path in pinned.candidates(folder):
        found.append(_examine(path, pinned))
        if found[-1].status.status == "ok":
            return found[-1]
    # A corrupt file says more than a missing one; a tie goes to the name as served.
    return min(found, key=lambda item: item.status.status == "missing")


def obtain(folder: Path, pinned: PinnedFile, mirrors: Mirrors | None) -> Found:
    """Read and verify one file, after downloading it if needed; ``None``: use no network.

    Raises
    ------
    DatasetError
        If the file is missing or corrupt and no replacement could be had.
    """
    found = inspect(folder, pinned)
    offline = mirrors is None or os.environ.get("PROBML_OFFLINE", "") not in ("", "0")
    if found.status.status != "ok" and mirrors is not None and not offline:
        _download(folder, found.status, pinned, mirrors)
        found = inspect(folder, pinned)
    if found.status.status == "ok":
        return found
    why = "; nothing was downloaded (download=False or PROBML_OFFLINE)" if offline else ""
    raise DatasetError(
        f"{_complaint(found.status)}{why}; allow the download, put the original file there, or "
        "set PROBML_DATA to a folder that has it"
    )


def _examine(path: Path, pinned: PinnedFile) -> Found:
    try:
        # A pipe would let us wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            return Found(FileStatus(pinned.name, path, "corrupt", "not a regular file"))
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Found(FileStatus(pinned.name, path, "missing", "no such file"))
    except OSError as error:
        detail = f"cannot be read: {error.strerror or error}"
        return Found(FileStatus(pinned.name, path, "corrupt", detail))
    digest = hashlib.sha256(data).hexdigest()
    if digest in pinned[1:]:
        return Found(FileStatus(pinned.name, path, "ok", f"sha256 {digest}"), data, digest)
    detail = f"expected sha256 {pinned.sha256}, got {digest} ({len(data)} bytes)"
    return Found(FileStatus(pinned.name, path, "corrupt", detail), data, digest)


def _complaint(status: FileStatus) -> str:
    return f"{status.path} is {status.status}: {status.detail}"


def _download(folder: Path, status: FileStatus, pinned: PinnedFile, mirrors: Mirrors) -> None:
    _import_pooch()  # a missing extra is named before anything is touched
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
            fresh = _from_any_mirror(Path(temporary), folder, status, pinned, mirrors)
            _install(fresh, folder, pinned)
    except OSError as error:
        raise DatasetError(
            f"{_complaint(status)}; a copy cannot be stored in {folder} ({error}); make the folder "
            "writable, or name another by PROBML_DATA or data_home"
        ) from error


def _from_any_mirror(
    temporary: Path, folder: Path, status: FileStatus, pinned: PinnedFile, mirrors: Mirrors
) -> Path:
    import requests  # pooch's own transport, for the errors that it raises

    failures: dict[str, str] = {}
    for attempt in range(1 + mirrors.retries):
        if attempt:
            time.sleep(_BACKOFF * 2 ** (attempt - 1))
        connected = False
        for url in mirrors.urls:
            try:
                return _retrieve(url, temporary, pinned, mirrors)
            # ValueError is how pooch reports a wrong checksum and an unknown kind of address.
            except (requests.RequestException, ValueError) as error:
                failures[url] = f"{type(error).__name__}: {error}"
                connected |= not _is_unreachable(error)
        if not connected:
            break  # there is no network: a second round would only make its user wait
    reasons = "".join(f"\n  {url}: {reason}" for url, reason in failures.items())
    raise DatasetError(
        f"{_complaint(status)}, and no mirror delivered it:{reasons}\n"
        f"try again later, place the original files in {folder}, or set PROBML_DATA to a folder "
        "that has them"
    )


def _is_unreachable(error: Exception) -> bool:
    """Whether no connection came about at all: no such name, no route, nobody listening."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _retrieve(url: str, temporary: Path, pinned: PinnedFile, mirrors: Mirrors) -> Path:
    pooch = _import_pooch()
    downloader = pooch.HTTPDownloader(
        progressbar=mirrors.progress is not None and _ProgressBar(pinned.name, mirrors.progress),
        chunk_size=_CHUNK,
        timeout=(min(mirrors.timeout, _CONNECT_TIMEOUT), mirrors.timeout),
        # Otherwise a server may wrap the .gz in another gzip, or have it unpacked on the way.
        headers={"Accept-Encoding": "identity"},
    )
    with _silenced(pooch.get_logger()):
        path = pooch.retrieve(
            f"{url.rstrip('/')}/{pinned.name}",
            known_hash=f"sha256:{pinned.sha256}",
            fname=pinned.name,
            path=temporary,
            downloader=downloader,
        )
    return Path(path)


def _install(fresh: Path, folder: Path, pinned: PinnedFile) -> None:
    """Move a verified download into place; what it replaces is kept as ``.corrupt-...``.

    The bytes found corrupt are copied aside and then replaced in one step.  Renaming them away
    first would leave a moment without a file, and could carry off the good file that another
    process has just put there.
    """
    target, unpacked = pinned.candidates(folder)
    for path in filter(Path.is_file, (target, unpacked)):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        digest = hashlib.sha256(data).hexdigest()
        if digest not in pinned[1:]:
            path.with_name(f"{path.name}.corrupt-{digest[:12]}").write_bytes(data)
            if path == unpacked:
                path.unlink(missing_ok=True)
    fresh.chmod(0o644)  # temporary files are their owner's alone, a data home may be shared
    os.replace(fresh, target)


class _ProgressBar:
    """What pooch expects of a progress bar, as calls of ``report(name, received, total)``."""

    total = 0  # set by pooch; 0 if the server does not say

    def __init__(self, name: str, report: Progress) -> None:
        self._name = name
        self._report = report
        self._received = 0

    def update(self, n_bytes: int) -> None:
        # pooch counts the last chunk as a full one, and the whole file once more at the end.
        received = self._received + n_bytes
        received = min(received, self.total) if self.total else received
        if received != self._received:
            self._received = received
            self._report(self._name, received, self.total or None)

    def reset(self) -> None:
        """Keep the count: pooch resets the bar only to fill it."""

    def close(self) -> None:
        """Nothing to close: the bar is the caller's."""


def _import_pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise DatasetError(
            "downloads and the user's cache need pooch (got: it is not installed); "
            'pip install "probml[report]", or set PROBML_DATA to a folder that has the files'
        ) from error
    return pooch


@contextmanager
def _silenced(logger: Any) -> Iterator[None]:
    """Drop what ``logger`` is told; a filter of its own, so that threads may nest."""

    def drop(record: LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)
