"""Where figures come from: versions, machine, threads, data, date and command.

Nothing here tells who or where: no user or host name, no path of the machine.
"""

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from probml._version import __version__

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["DataSource", "Provenance", "collect_provenance"]

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas")


@dataclass(frozen=True)
class DataSource:
    """A dataset's name, its terms, its authors, and the checksum of each of its files."""

    name: str
    licence: str
    source: str
    sha256: Mapping[str, str]


@dataclass(frozen=True)
class Provenance:
    """What a reader needs in order to repeat a run, and to doubt it.

    `versions` maps package to version; `threads` has one line per thread pool, such as the
    BLAS; `date` is UTC in ISO 8601; `command` has the folders of absolute paths left out.
    """

    versions: Mapping[str, str]
    system: str
    cpu: str
    cores: int
    threads: tuple[str, ...]
    data: tuple[DataSource, ...]
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
        versions=_versions(),
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=_cores(),
        threads=_threads(),
        data=tuple(_source(dataset) for dataset in datasets),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(_without_folder(word) for word in command),
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "probml": __version__}
    return versions | {name: importlib.metadata.version(name) for name in _PACKAGES}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine() or "unknown"


def _cores() -> int:
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
    return DataSource(dataset.name, dataset.licence, dataset.source, sums)


def _without_folder(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if PurePath(value).is_absolute() or value.startswith("~"):
        value = f"…/{PurePath(value).name}"
    return f"{option}{equals}{value}"
