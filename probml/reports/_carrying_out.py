"""The cells of a run that are still missing, fitted one after the other or several at a time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

from probml.reports._isolation import Nursery, nurseries
from probml.reports._nursery import Task, write_split
from probml.reports.evaluate import Split
from probml.reports.plan import PRIOR, Cell
from probml.reports.records import Record
from probml.reports.store import Store

__all__ = ["Effort", "RunEvent", "Unfinished"]


@dataclass(frozen=True)
class RunEvent:
    """One fit begins or has ended: `done` of `total` fits are behind us.

    `record` is None when the fit begins.
    """

    done: int
    total: int
    model: str
    implementation: str
    seed: int
    record: Record | None = None


@dataclass(frozen=True)
class Effort:
    """How cells are carried out: `timeout` in seconds, `memory` in bytes, None for no limit."""

    repeats: int
    timeout: float | None
    memory: int | None
    jobs: int
    calibrate: str | None


class Unfinished:
    """A run of which some cells may have been carried out before.

    Parameters
    ----------
    store : Store
        Where records are, and go.
    cells : sequence of Cell
        All of the run.
    splits : sequence of Split
        The folds.
    notify : callable
        Called with a :class:`RunEvent` before and after each fit.
    """

    def __init__(
        self,
        store: Store,
        cells: Sequence[Cell],
        splits: Sequence[Split],
        notify: Callable[[RunEvent], None],
    ) -> None:
        self._store, self._cells, self._splits, self._notify = store, cells, splits, notify
        self._found = {cell.record.key: store.read(cell.record.key) for cell in cells}
        self._done = self._total = 0
        self._lock = threading.Lock()

    def records(self) -> list[Record]:
        """What there is, and blanks for what is missing."""
        return [_as_planned(self._found[c.record.key], c) or c.record for c in self._cells]

    def carry_out(self, effort: Effort) -> None:
        """Fit what is missing; members that are compared take turns.

        Raises
        ------
        OSError
            If a record cannot be written; those that were stay.
        """
        turns = list(self._turns(effort.repeats))
        due = [turn for turn in turns if self._due(*turn, effort)]
        self._done, self._total = len(turns) - len(due), len(turns)
        if not due:
            return
        idle: SimpleQueue[Nursery] = SimpleQueue()
        with (
            self._store.working() as place,
            ThreadPoolExecutor(effort.jobs) as pool,
            _cancelling(pool),
            nurseries(min(effort.jobs, len(due))) as taken,
        ):
            for nursery in taken:
                idle.put(nursery)
            _lay_out(place, self._splits)
            work = [pool.submit(self._turn, idle, place, *turn, effort) for turn in due]
            for future in as_completed(work):
                future.result()

    def _turns(self, repeats: int) -> Iterator[tuple[Cell, int]]:
        """The first fits of members that are compared, then their second ones, and so on."""
        for _, cells in groupby(self._cells, key=lambda cell: cell.group):
            group = list(cells)
            yield from ((cell, turn) for turn in range(repeats) for cell in group)

    def _due(self, cell: Cell, turn: int, effort: Effort) -> bool:
        found = self._found[cell.record.key]
        if found is None:
            return True
        if found.status == "failed":  # other limits are another chance
            return turn == 0 and found.limits != cell.record.limits
        return effort.jobs == 1 and len(found.runs) <= turn

    def _turn(
        self, idle: "SimpleQueue[Nursery]", place: Path, cell: Cell, turn: int, effort: Effort
    ) -> None:
        """One fit in a process of its own, and its record on disk."""
        if turn > 0 and not self._due(cell, turn, effort):
            return self._tell(cell, self._found[cell.record.key])
        nursery = idle.get()
        try:
            self._tell(cell, None)
            record = self._fit(nursery, place, cell, effort)
        finally:
            idle.put(nursery)
        before = self._found[cell.record.key]
        if turn > 0 and before is not None:
            record = _together(before, record, turn)
        self._store.write(record)
        self._found[cell.record.key] = record
        return self._tell(cell, record)

    def _fit(self, nursery: Nursery, place: Path, cell: Cell, effort: Effort) -> Record:
        if not cell.estimator:
            return replace(cell.record, status="failed")
        data = str(_place_of(place, cell.fold))
        timed = effort.jobs == 1
        calibrate = None if cell.record.model == PRIOR else effort.calibrate
        task = Task(cell.record, cell.estimator, data, timed, effort.memory, calibrate)
        return nursery.carry_out(task, place, effort.timeout)

    def _tell(self, cell: Cell, record: Record | None) -> None:
        planned = cell.record
        with self._lock:
            self._done += record is not None
            self._notify(
                RunEvent(
                    self._done,
                    self._total,
                    planned.model,
                    planned.implementation,
                    planned.seed,
                    record,
                )
            )


@contextmanager
def _cancelling(pool: ThreadPoolExecutor) -> Iterator[None]:
    """After an error nothing that waits is begun."""
    try:
        yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _as_planned(found: Record | None, cell: Cell) -> Record | None:
    """A record as this run calls it: names and comparisons are not in the key."""
    if found is None:
        return None
    return replace(found, title=cell.record.title, reference=cell.record.reference)


def _together(before: Record, record: Record, turn: int) -> Record:
    """A record with the costs of another fit of the same."""
    if record.status == "ok":
        return replace(before, runs=before.runs + record.runs)
    return replace(record, reason=f"repeat {turn + 1}: {record.reason}")


def _lay_out(place: Path, splits: Sequence[Split]) -> None:
    for fold, split in enumerate(splits):
        _place_of(place, fold).mkdir()
        write_split(_place_of(place, fold), split)


def _place_of(place: Path, fold: int) -> Path:
    return place / f"fold-{fold}"
