"""What a run consists of: one cell for each member, seed and fold, with its content address.

    key = code | sha256(versions, machine, threads, estimator, parameters, seed, fold, data)

Everything that may change a record is in the key, so a record that is found can be believed.
"""

import copy
import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from probml.reports._files import strict, strict_json
from probml.reports.evaluate import one_line, shown
from probml.reports.pairs import IMPLEMENTATIONS, Pair
from probml.reports.provenance import code_hash, cpu, versions
from probml.reports.records import Record

if TYPE_CHECKING:
    from probml.datasets import Dataset

__all__ = ["NOT_RUN", "PRIOR", "Cell", "Member", "members_of", "plan"]

PRIOR = "prior"
"""Name of the baseline that knows class frequencies and nothing else."""

NOT_RUN = "INCOMPLETE: not run yet"
"""The reason of a record that is missing."""

_FORMAT = 1
_KNOWN = ("numpy", "scipy", "sklearn", "probml", "builtins")


@dataclass(frozen=True)
class Member:
    """An estimator with one seed, not yet fitted, or the reason why there is none.

    `group` is common to those that are timed in turns.
    """

    record: Record
    group: str
    estimator: Any = None


@dataclass(frozen=True)
class Cell:
    """One fit to do: a record without results, and the pickled estimator.

    `fold` is the position of the dataset in the run, `estimator` empty if it could not be had.
    """

    record: Record
    group: tuple[str, int, int]
    fold: int
    estimator: bytes


def members_of(
    models: Iterable[Pair] | Mapping[str, Any], seeds: Sequence[int], baseline: str | None
) -> list[Member]:
    """Every estimator of a run, the prior-only baseline last.

    Parameters
    ----------
    models : iterable of Pair, or mapping of name to estimator
        What to compare.
    seeds : sequence of int
        For those whose result depends on one.
    baseline : str or None
        The name that the others in a mapping are compared with; the prior-only one if None.

    Raises
    ------
    ValueError
        If a name occurs twice or is taken, `baseline` is none of the names, or there is no seed.
    TypeError
        If an estimator is a class.
    """
    if len(seeds) == 0:
        raise ValueError("expected at least one seed (got none); pass seeds=(0,)")
    if isinstance(models, Mapping):
        names, found = list(models), list(_given(models, seeds, baseline))
    else:
        pairs = tuple(models)
        names, found = [pair.name for pair in pairs], list(_paired(pairs, seeds))
    if len({*names, PRIOR}) != len(names) + 1:
        raise ValueError(
            f"models must have distinct names, none of them {PRIOR!r} (got {', '.join(names)}); "
            "rename one"
        )
    return [*found, _prior(seeds[0])]


def _blank(**fields: Any) -> Record:
    return Record(
        dataset="", n_train=0, n_test=0, class_names=(), status="missing", reason=NOT_RUN, **fields
    )


def _paired(pairs: Sequence[Pair], seeds: Sequence[int]) -> Iterator[Member]:
    for pair in pairs:
        for seed in seeds if pair.stochastic else seeds[:1]:
            for implementation in IMPLEMENTATIONS:
                ours = implementation == IMPLEMENTATIONS[0]
                record = _blank(
                    model=pair.name,
                    title=pair.title,
                    implementation=implementation,
                    seed=seed,
                    parameters=_plain(pair.arguments(seed)),
                    reference=f"{pair.name}/{IMPLEMENTATIONS[1]}" if ours else "",
                )
                # A factory that raises is a result, as a fit that does.
                try:
                    yield Member(record, pair.name, pair.build(implementation, seed))
                except (Exception, SystemExit) as error:
                    yield Member(replace(record, reason=one_line(error)), pair.name)


def _given(
    models: Mapping[str, Any], seeds: Sequence[int], baseline: str | None
) -> Iterator[Member]:
    if baseline is not None and baseline not in models:
        raise ValueError(
            f"baseline must be one of {', '.join(models)} (got {baseline!r}); name a model"
        )
    reference = f"{PRIOR}/baseline" if baseline is None else f"{baseline}/given"
    for name, estimator in models.items():
        if isinstance(estimator, type):
            raise TypeError(
                f"{name} must be an instance (got the class {estimator.__name__}); "
                f"pass {estimator.__name__}()"
            )
        open_seed = _parameters(estimator).get("random_state", 0) is None
        for seed in seeds if open_seed else seeds[:1]:
            fresh = _unfitted(estimator)
            if open_seed:
                fresh.set_params(random_state=seed)
            record = _blank(
                model=name,
                title=type(estimator).__name__,
                implementation="given",
                seed=seed,
                parameters=_plain(_changed(fresh)),
                reference="" if name == baseline else reference,
            )
            yield Member(record, "given", fresh)


def _prior(seed: int) -> Member:
    from sklearn.dummy import DummyClassifier

    record = _blank(
        model=PRIOR,
        title="Class frequencies alone",
        implementation="baseline",
        seed=seed,
        parameters={"strategy": "prior"},
    )
    return Member(record, PRIOR, DummyClassifier(strategy="prior"))


def _unfitted(estimator: Any) -> Any:
    from sklearn.base import clone

    return clone(estimator) if hasattr(estimator, "get_params") else copy.deepcopy(estimator)


def _parameters(estimator: Any, deep: bool = False) -> dict[str, Any]:
    return dict(estimator.get_params(deep=deep)) if hasattr(estimator, "get_params") else {}


def _changed(estimator: Any) -> dict[str, Any]:
    """Parameters that differ from the defaults, by how they are shown."""
    signature = inspect.signature(type(estimator).__init__).parameters
    defaults = {name: parameter.default for name, parameter in signature.items()}
    return {
        name: value
        for name, value in _parameters(estimator).items()
        if shown(repr, value) != shown(repr, defaults.get(name, inspect.Parameter.empty))
    }


def plan(
    datasets: "Sequence[Dataset]",
    members: Sequence[Member],
    *,
    digests: Sequence[str],
    threads: int,
    limits: str,
    calibrate: str | None,
) -> list[Cell]:
    """Every cell of a run, in the order of members, the folds of each beside each other.

    Parameters
    ----------
    datasets : sequence of Dataset
        The folds.
    members : sequence of Member
        As from :func:`members_of`.
    digests : sequence of str
        Checksum of each fold's data.
    threads : int
        That the numerical libraries are allowed.
    limits : str
        Of time and memory, in words.
    calibrate : str or None
        Method of calibration.
    """
    common = {
        "format": _FORMAT,
        "versions": {k: v for k, v in versions().items() if k != "probml"},
        "machine": cpu(),
        "threads": threads,
    }
    cells = []
    for group in _adjacent(members):
        for fold, dataset in enumerate(datasets):
            for member in group:
                estimator, record = _pickled(member)
                own = {"calibration": calibrate} if calibrate and record.model != PRIOR else {}
                record = replace(
                    record,
                    dataset=dataset.name,
                    fold=fold,
                    n_train=len(dataset.y_train),
                    n_test=len(dataset.y_test),
                    class_names=tuple(dataset.class_names),
                    parameters={**record.parameters, **own},
                    threads=threads,
                    limits=limits,
                    data=digests[fold],
                )
                record = replace(record, key=_key(record, member.estimator, common))
                cells.append(Cell(record, (member.group, record.seed, fold), fold, estimator))
    return cells


def _adjacent(members: Sequence[Member]) -> list[list[Member]]:
    """Members of one group and seed, in order of appearance."""
    groups: dict[tuple[str, int], list[Member]] = {}
    for member in members:
        groups.setdefault((member.group, member.record.seed), []).append(member)
    return list(groups.values())


def _pickled(member: Member) -> tuple[bytes, Record]:
    import cloudpickle

    if member.estimator is None:
        return b"", member.record
    try:
        return cloudpickle.dumps(member.estimator), member.record
    except Exception as error:
        reason = f"cannot be sent to a process of its own: {one_line(error)}"
        return b"", replace(member.record, reason=reason)


def _key(record: Record, estimator: Any, common: Mapping[str, Any]) -> str:
    content = {
        **common,
        "estimator": _identity(estimator),
        "parameters": record.parameters,
        **{name: getattr(record, name) for name in ("model", "implementation", "seed", "fold")},
        "data": record.data,
    }
    digest = hashlib.sha256(strict_json(_plain(content)).encode(errors="backslashreplace"))
    return code_hash() + digest.hexdigest()[: 64 - len(code_hash())]


def _identity(estimator: Any) -> list[Any]:
    """What an estimator is: its type and parameters, and the code of both where it is ours."""
    parameters = _parameters(estimator, deep=True)
    kinds = {type(value) for value in (estimator, *parameters.values())}
    modules = sorted({kind.__module__ for kind in kinds})
    content: Any = _plain(parameters) if parameters else _pickle_hash(estimator)
    return [
        f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        content,
        {name: _file_hash(name) for name in modules if name.split(".")[0] not in _KNOWN},
    ]


def _pickle_hash(estimator: Any) -> str:
    import cloudpickle

    try:
        return hashlib.sha256(cloudpickle.dumps(estimator)).hexdigest()
    except Exception:
        return ""


def _file_hash(module: str) -> str:
    file = getattr(sys.modules.get(module), "__file__", None)
    try:
        return hashlib.sha256(Path(file or "").read_bytes()).hexdigest()
    except OSError:
        return ""


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON knows them, so that a record reads back equal to itself."""
    plain: dict[str, Any] = json.loads(json.dumps(strict(parameters), default=_plain_value))
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return strict(value.tolist())
    return shown(repr, value)
