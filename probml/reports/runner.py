"""Fits every member on identical data, each fit in a process of its own, and keeps what came out.

Members of a pair get the same arrays, mapped into their processes: features divided by the
dataset's scale, in single precision where that holds them exactly.  A model that raises, crashes
or is out of time becomes a failed record and the others go on.  Records are kept as they come.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from probml._labels import class_indices
from probml._validation import check_number
from probml.reports._calibrated import check_method
from probml.reports._carrying_out import Effort, RunEvent, Unfinished
from probml.reports.checksums import combined, data_checksums
from probml.reports.evaluate import Split
from probml.reports.pairs import Pair, default_pairs
from probml.reports.plan import members_of, plan
from probml.reports.provenance import code_hash, collect_provenance, cores
from probml.reports.records import Record
from probml.reports.report import Report
from probml.reports.store import Store

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["RunEvent", "compare", "prepare", "run_pairs"]

_MIB = 2**20


def run_pairs(
    dataset: "Dataset | Sequence[Dataset]",
    pairs: Iterable[Pair] | Mapping[str, Any],
    seeds: Sequence[int] = (0,),
    progress: Callable[[RunEvent], None] | None = None,
    *,
    baseline: str | None = None,
    folder: str | Path | None = None,
    repeats: int = 1,
    timeout: float | None = None,
    memory: int | None = None,
    jobs: int = 1,
    calibrate: str | None = None,
    fit: bool = True,
) -> list[Record]:
    """Fit and score every member of each pair, once per seed where a seed matters.

    Parameters
    ----------
    dataset : Dataset, or sequence of Dataset
        Training and test split; labels of any one kind.  Several are the folds of one table.
    pairs : iterable of Pair, or mapping of name to estimator
        What to compare.  Deterministic members run with the first seed only.  A baseline that
        knows only the frequencies of the classes is always added.
    seeds : sequence of int
        Values of ``random_state`` for the stochastic members.
    progress : callable, optional
        Called with a :class:`RunEvent` before and after each fit.
    baseline : str, optional
        Of a mapping, the model that the others are compared with; by default the one that knows
        only frequencies.
    folder : str or Path, optional
        Where records are kept as they come, below ``cells``: what is found there is not fitted
        again.  A temporary one by default.
    repeats : int
        Fits of each member, each in a fresh process; members that are compared take turns.
    timeout : float, optional
        Seconds after which the process of a fit is killed.
    memory : int, optional
        MiB that the process of a fit may allocate beyond libraries and data; Linux only.
    jobs : int
        Fits at the same time.  More than one, and costs are not measured.
    calibrate : {"sigmoid", "isotonic", "temperature"}, optional
        Calibrate every model on training rows.
    fit : bool
        Whether to fit what is missing; without, it stays a record of status ``"missing"``.

    Returns
    -------
    list of Record
        In the order of pairs, then seeds, then folds, then probml before sklearn; the prior-only
        baseline last.

    Raises
    ------
    ValueError
        If there is no seed, a name occurs twice, the test split holds a label that the training
        split lacks, or costs are asked for of fits that run at the same time.
    OtherRunError
        If `folder` holds records of other data.
    OSError
        If `folder` cannot be written.

    Examples
    --------
    >>> from sklearn.naive_bayes import BernoulliNB
    >>> from probml.datasets import load_digits_dataset
    >>> pair = Pair("bnb", "Bernoulli naive Bayes", BernoulliNB, BernoulliNB)
    >>> [record.status for record in run_pairs(load_digits_dataset(), [pair])]
    ['ok', 'ok', 'ok']
    """
    folds = tuple(dataset) if isinstance(dataset, Sequence) else (dataset,)
    _check(folds, repeats, timeout, memory, jobs)
    if calibrate is not None:
        check_method(calibrate)
    members = members_of(pairs, seeds, baseline)
    splits = [prepare(fold) for fold in folds]
    checksums = [data_checksums(fold) for fold in folds]
    with _place(folder) as store:
        store.claim(folds[0].name, _named(checksums))
        cells = plan(
            folds,
            members,
            digests=[combined(parts) for parts in checksums],
            threads=_threads(jobs),
            limits=_limits(timeout, memory),
            calibrate=calibrate,
        )
        run = Unfinished(store, cells, splits, progress or (lambda event: None))
        if fit:
            n_bytes = None if memory is None else memory * _MIB
            run.carry_out(Effort(repeats, timeout, n_bytes, jobs, calibrate))
            store.keep(code_hash())
        return run.records()


def compare(
    dataset: "Dataset | Sequence[Dataset]",
    models: Iterable[Pair] | Mapping[str, Any] | None = None,
    seeds: int = 1,
    **options: Any,
) -> Report:
    """Compare classifiers on a dataset.

    Parameters
    ----------
    dataset : Dataset, or sequence of Dataset
        Training and test split, or several folds.
    models : iterable of Pair, or mapping of name to estimator, optional
        The seven of :func:`~probml.reports.default_pairs` if not given.
    seeds : int
        How many seeds, 0, 1, ..., the stochastic members run with.
    **options
        `baseline`, `repeats`, `timeout` and the others of :func:`run_pairs`.

    Returns
    -------
    Report
        In a notebook, its summary and main table; see there for frames and pages.

    Raises
    ------
    ValueError
        As :func:`run_pairs`.

    Examples
    --------
    >>> from sklearn.naive_bayes import BernoulliNB
    >>> from probml.datasets import load_digits_dataset
    >>> report = compare(load_digits_dataset(), {"mine": BernoulliNB(binarize=0.5)})
    >>> report.results[["model", "accuracy"]].round(2).values.tolist()
    [['mine', 0.89], ['prior', 0.1]]
    """
    folds = tuple(dataset) if isinstance(dataset, Sequence) else (dataset,)
    chosen = default_pairs(folds[0]) if models is None else models
    records = run_pairs(folds, chosen, range(seeds), **options)
    return Report.of(records, collect_provenance(folds), folds[0])


def prepare(dataset: "Dataset") -> Split:
    """The arrays that models are given.

    Raises
    ------
    ValueError
        If the test split holds a label that the training split lacks.
    """
    dtype = np.result_type(dataset.X_train.dtype, np.float32)
    X_train, X_test = dataset.scaled(dtype)
    classes = np.unique(dataset.y_train)
    y_test = class_indices(dataset.y_test, classes, "y_test")
    for X in (X_train, X_test):
        X.flags.writeable = False
    return Split(
        X_train, dataset.y_train, X_test, y_test, classes, dataset.weight_train, dataset.rows_test
    )


def _check(
    folds: "Sequence[Dataset]", repeats: int, timeout: float | None, memory: int | None, jobs: int
) -> None:
    if not folds:
        raise ValueError("expected at least one dataset (got none)")
    for name, value in (("repeats", repeats), ("jobs", jobs), ("memory", memory)):
        if value is not None:
            check_number(name, value, 1, integer=True)
    if timeout is not None:
        check_number("timeout", timeout, 0, open_low=True)
    if jobs > 1 and repeats > 1:
        raise ValueError(
            f"repeats measure time, which fits at the same time disturb (got repeats={repeats}, "
            f"jobs={jobs}); choose one of the two"
        )


def _threads(jobs: int) -> int:
    """Threads for each fit: a share of the cores, or fewer if the environment says so."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    share = max(1, cores() // jobs)
    return min(share, int(wanted)) if wanted.isdigit() and int(wanted) > 0 else share


def _limits(timeout: float | None, memory: int | None) -> str:
    parts = [] if timeout is None else [f"{timeout:g} s"]
    parts += [] if memory is None else [f"{memory} MiB"]
    return ", ".join(parts)


def _named(checksums: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if len(checksums) == 1:
        return dict(checksums[0])
    return {f"fold {i} {name}": x for i, parts in enumerate(checksums) for name, x in parts.items()}


@contextmanager
def _place(folder: str | Path | None) -> Iterator[Store]:
    with ExitStack() as stack:
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="probml-"))
        yield Store(Path(folder))
