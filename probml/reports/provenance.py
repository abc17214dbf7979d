"""Where figures come from: versions, machine, threads, data, date and command.

Nothing here tells who or where: no user or host name, no path of the machine.
"""

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import probml
from probml._version import __version__
from probml.reports.checksums import data_checksums

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = [
    "DataSource",
    "Provenance",
    "code_hash",
    "collect_provenance",
    "cores",
    "cpu",
    "versions",
]

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas")


@dataclass(frozen=True)
class DataSource:
    """A dataset's name, its terms, its authors, and what exactly it was.

    `sha256` has the checksum of each file, `arrays` that of features and labels of both splits, as
    they were given to models; `preprocessing` says what was done before.
    """

    name: str
    licence: str
    source: str
    sha256: Mapping[str, str]
    arrays: Mapping[str, str]
    preprocessing: str


@dataclass(frozen=True)
class Provenance:
    """What a reader needs in order to repeat a run, and to doubt it.

    `versions` maps package to version; `threads` has one line per thread pool, such as the
    BLAS; `code` is the state of the checkout, empty outside of one, and the checksum of the
    sources; `date` is UTC in ISO 8601; `command` has the folders of absolute paths left out.
    """

    versions: Mapping[str, str]
    system: str
    cpu: str
    cores: int
    threads: tuple[str, ...]
    data: tuple[DataSource, ...]
    code: str
    date: str
    command: str

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Provenance":
        """Undo :meth:`as_dict`."""
        data = tuple(DataSource(**source) for source in fields["data"])
        return cls(**{**fields, "data": data, "threads": tuple(fields["threads"])})


def collect_provenance(
    datasets: "Sequence[Dataset]" = (), command: Sequence[str] = ()
) -> Provenance:
    """Look at the running process and its machine.

    Parameters
    ----------
    datasets : sequence of Dataset
        The data that was used.
    command : sequence of str
        Words of the command line; absolute paths are shortened to their last component.

    Returns
    -------
    Provenance

    Examples
    --------
    >>> collect_provenance(command=["probml", "report", "--out", "/data/mine"]).command
    'probml report --out …/mine'
    """
    return Provenance(
        versions=versions(),
        system=f"{platform.system()} {platform.machine()}",
        cpu=cpu(),
        cores=cores(),
        threads=_threads(),
        data=tuple(_source(dataset) for dataset in datasets),
        code=_code(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(_without_folder(word) for word in command),
    )


def versions() -> dict[str, str]:
    """Version of Python, of this package, and of those that it computes with."""
    found = {"python": platform.python_version(), "probml": __version__}
    return found | {name: importlib.metadata.version(name) for name in _PACKAGES}


def cpu() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine() or "unknown"


def cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads() -> tuple[str, ...]:
    # The pools of libraries that are not loaded yet would be missing.
    import scipy.linalg  # noqa: F401
    import sklearn.utils  # noqa: F401
    from threadpoolctl import threadpool_info

    lines = []
    for pool in threadpool_info():
        details = (pool["internal_api"], pool.get("version"), pool.get("architecture"))
        words = " ".join(str(detail) for detail in details if detail)
        lines.append(f"{pool['user_api']}: {words}, {pool['num_threads']} threads")
    return tuple(dict.fromkeys(lines))


def _source(dataset: "Dataset") -> DataSource:
    sums = {PurePath(name).name: digest for name, digest in dataset.sha256.items()}
    return DataSource(
        dataset.name,
        dataset.licence,
        dataset.source,
        sums,
        data_checksums(dataset),
        dataset.preprocessing,
    )


@cache
def code_hash() -> str:
    """Sixteen digits of the checksum of this package's sources."""
    total = hashlib.sha256()
    root = Path(probml.__file__).parent
    for path in sorted(root.rglob("*.py")):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def _code() -> str:
    """Commit, whether the package differs from it, and the checksum of the sources."""
    sources = f"sources {code_hash()}"
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return sources
    changed = _git("status", "--porcelain", "--", str(Path(probml.__file__).parent))
    return f"commit {commit}{', changed since' if changed else ''}, {sources}"


def _git(*words: str) -> str | None:
    """What git says about the checkout that this package lies in; None if it lies in none."""
    root = Path(probml.__file__).parents[1]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _without_folder(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if PurePath(value).is_absolute() or value.startswith("~"):
        value = f"…/{PurePath(value).name}"
    return f"{option}{equals}{value}"
