"""What the pages show, as text that is ready to print: sentences, rows, matrices.

Markdown and HTML are two templates over one :class:`View`, so they cannot disagree.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from probml.metrics import ClassEstimates
from probml.reports import formats
from probml.reports.cells import (
    Cell,
    Row,
    comparison_row,
    display,
    estimate_cell,
    ranking_row,
    result_row,
)
from probml.reports.evidence import Comparison, Evidence, Fit
from probml.reports.examples import Images, png, telling_rows
from probml.reports.frames import sign
from probml.reports.glossary import GLOSSARY
from probml.reports.provenance import Provenance
from probml.reports.records import Predictions, Record
from probml.reports.summary import Sentence, summaries

__all__ = [
    "INCOMPLETE",
    "ClassTable",
    "Confusion",
    "Example",
    "ModelView",
    "View",
    "build_view",
    "incomplete",
    "sizes",
]

INCOMPLETE = "INCOMPLETE"
"""What every output says of a run of which cells are missing."""

# Beyond this many classes a matrix is unreadable, and the largest confusions are listed.
_MATRIX = 20
_LISTED = 12


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix of one record; shades run from 1 to 10, errors on a scale of their own."""

    implementation: str
    display: str
    rows: tuple[tuple[str, tuple[tuple[int, str, int], ...]], ...]
    largest: tuple[str, ...]


@dataclass(frozen=True)
class ClassTable:
    """Scores of the classes of one record, of many classes those that are found worst."""

    implementation: str
    display: str
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]
    left_out: int


@dataclass(frozen=True)
class Example:
    """One image, its class, and what each implementation says: label, and two probabilities."""

    image: str
    truth: str
    said: tuple[tuple[str, str, str, str, str], ...]


@dataclass(frozen=True)
class ModelView:
    """Everything about one model on one dataset; `seed` and `fold` are those of the drawings."""

    name: str
    title: str
    shown: str
    parameters: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    confusions: tuple[Confusion, ...]
    classes: tuple[ClassTable, ...]
    examples: tuple[Example, ...]
    class_names: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True)
class View:
    """A whole report."""

    title: str
    lead: str
    banner: str
    twins: bool
    sign: str
    margins: str
    spread: str
    sentences: tuple[Sentence, ...]
    rankings: tuple[tuple[str, tuple[Row, ...]], ...]
    results: tuple[Row, ...]
    comparisons: tuple[Row, ...]
    models: tuple[ModelView, ...]
    laws: tuple[tuple[str, str], ...]
    glossary: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    attributions: tuple[str, ...]
    preprocessing: str


def build_view(
    evidence: Evidence, provenance: Provenance, banner: str = "", images: Images | None = None
) -> View:
    """Derive the pages' content from evidence.

    Parameters
    ----------
    evidence : Evidence
        As from :func:`~probml.reports.weigh`, of one or several datasets; of at least one record.
    provenance : Provenance
        Of the run that made the records.
    banner : str
        A warning for the top of every page; none if empty.
    images : mapping of int to ndarray, optional
        As from :func:`~probml.reports.examples.images_of`.

    Raises
    ------
    ValueError
        If there is no record.
    """
    records = evidence.records
    if not records:
        raise ValueError("expected at least one record (got none); run at least one pair")
    datasets = list(dict.fromkeys(record.dataset for record in records))
    twins = any(record.implementation == "sklearn" for record in records)
    what = "probml beside scikit-learn" if twins else "Classifiers"
    margins = evidence.margins
    return View(
        title=f"{what} on {' and '.join(map(_dataset_title, datasets))}",
        lead="; ".join(sizes(records, name) for name in datasets),
        banner=" ".join(filter(None, (incomplete(records), banner))),
        twins=twins,
        sign=sign(records),
        margins=f"{100 * margins.accuracy:g} points of accuracy and {margins.log_loss:g} nats",
        spread=_spread(evidence),
        sentences=summaries(evidence),
        rankings=tuple((name, tuple(_ranking(evidence, name))) for name in datasets),
        results=tuple(map(result_row, evidence.results)),
        comparisons=tuple(map(comparison_row, evidence.comparisons)),
        models=tuple(_models(evidence, images or {})),
        laws=tuple(_laws(records)),
        glossary=GLOSSARY,
        facts=tuple(_facts(provenance, records)),
        attributions=tuple(_attributions(provenance)),
        preprocessing=next((data.preprocessing for data in provenance.data), ""),
    )


def sizes(records: Sequence[Record], dataset: str) -> str:
    """How many rows there are, in words."""
    mine = [record for record in records if record.dataset == dataset]
    folds = len({record.fold for record in mine})
    rows = f"{mine[0].n_train:,} training and {mine[0].n_test:,} test rows"
    return rows if folds == 1 else f"{folds} folds, the first with {rows}"


def incomplete(records: Sequence[Record]) -> str:
    """What to warn of if fits are missing; empty if none is."""
    missing = sum(record.status == "missing" for record in records)
    if not missing:
        return ""
    return (
        f"{INCOMPLETE}: {missing} of {len(records)} fits have not been run yet. The command that "
        "began this report goes on where it stopped."
    )


def _dataset_title(name: str) -> str:
    return {"mnist": "MNIST", "digits": "the 8×8 digits"}.get(name, name)


def _spread(evidence: Evidence) -> str:
    """What the quartiles of times are of."""
    most = max((len(result.costed.runs) for result in evidence.results if result.fits), default=0)
    if not most:
        return "costs were not measured"
    if most == 1:
        return "quartiles of times (IQR) are n/a, since each fit was timed once"
    return f"quartiles of times (IQR) are of all fits of a model, {most} at most"


def _ranking(evidence: Evidence, dataset: str) -> Iterator[Row]:
    results = {r.records[0].member: r for r in evidence.results if r.records[0].dataset == dataset}
    for ranked in evidence.rankings[dataset]:
        yield ranking_row(ranked, results[ranked.name])


def _models(evidence: Evidence, images: Images) -> Iterator[ModelView]:
    fits = {id(fit.record): fit for result in evidence.results for fit in result.fits}
    compared = {(c.pairs[0][0].dataset, c.pairs[0][0].model): c for c in evidence.comparisons}
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in evidence.records:
        groups.setdefault((record.dataset, record.model), []).append(record)
    for key, group in groups.items():
        yield _model(group, fits, compared.get(key), images)


def _model(
    records: Sequence[Record],
    fits: Mapping[int, Fit],
    comparison: Comparison | None,
    images: Images,
) -> ModelView:
    first = records[0]
    shown = tuple(r for r in records if (r.seed, r.fold) == (first.seed, first.fold))
    drawn = [r for r in shown if r.scores and not r.is_baseline]
    kinds = (("seed", {r.seed for r in records}), ("fold", {r.fold for r in records}))
    return ModelView(
        name=first.model,
        title=first.title,
        shown=", ".join(f"{kind} {min(n)}" for kind, n in kinds if len(n) > 1),
        parameters=tuple((k, _value(v)) for k, v in first.parameters.items()),
        notes=_notes(records),
        confusions=tuple(map(_confusion, drawn)),
        classes=tuple(_class_table(fits[id(r)]) for r in drawn if id(r) in fits),
        examples=tuple(_examples(comparison, images)) if comparison else (),
        class_names=first.class_names,
        records=shown,
    )


def _value(value: Any) -> str:
    """A parameter as it is typed in Python; JSON has turned its tuples into lists."""
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


def _notes(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    notes = [(display(r.implementation), note) for r in records for note in r.notes]
    return tuple(dict.fromkeys(notes))


def _confusion(record: Record) -> Confusion:
    assert record.scores is not None
    matrix, names = record.scores.confusion, record.class_names
    errors = sorted(
        ((n, i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j and n),
        key=lambda error: (-error[0], error[1], error[2]),
    )
    worst = errors[0][0] if errors else 1
    rows = tuple(
        (names[i], tuple(_shaded(i, j, n, sum(row), worst) for j, n in enumerate(row)))
        for i, row in enumerate(matrix)
    )
    return Confusion(
        record.implementation,
        display(record.implementation),
        rows if len(names) <= _MATRIX else (),
        tuple(f"{names[i]} taken for {names[j]}: {n:,}" for n, i, j in errors[:_LISTED]),
    )


def _shaded(i: int, j: int, n: int, total: int, worst: int) -> tuple[int, str, int]:
    """Count, kind of cell, and shade: share of the row if right, of the worst error if wrong."""
    if n == 0:
        return n, "zero", 0
    return (n, "right", _shade(n / total)) if i == j else (n, "wrong", _shade(n / worst))


def _shade(share: float) -> int:
    return max(1, round(10 * share))


def _class_table(fit: Fit) -> ClassTable:
    classes = fit.classes
    if len(classes) > _MATRIX:
        classes = tuple(sorted(classes, key=_worst)[:_MATRIX])
    return ClassTable(
        fit.record.implementation,
        display(fit.record.implementation),
        tuple((c.label, f"{c.n:,}", _class_cells(c)) for c in classes),
        len(fit.classes) - len(classes),
    )


def _worst(estimates: ClassEstimates) -> float:
    return 2.0 if estimates.f1 is None else estimates.f1.value


def _class_cells(c: ClassEstimates) -> tuple[Cell, ...]:
    figures = (c.precision, c.recall, c.f1, c.roc_auc, c.average_precision)
    return tuple(map(estimate_cell, figures))


def _examples(comparison: Comparison, images: Images) -> Iterator[Example]:
    pair, both = comparison.pairs[0], comparison.first_predictions
    names = pair[0].class_names
    for row in telling_rows(*both):
        if row not in images:
            continue
        predictions = [(r, p) for r, p in zip(pair, both, strict=True) if p is not None]
        truth = int(predictions[0][1].y_true[row])
        said = tuple(_said(record, p, row, truth) for record, p in predictions)
        image = base64.b64encode(png(images[row])).decode()
        yield Example(f"data:image/png;base64,{image}", names[truth], said)


def _said(record: Record, p: Predictions, row: int, truth: int) -> tuple[str, str, str, str, str]:
    """Implementation and its name; the label; the probabilities of it and of the true class."""
    label = int(p.y_pred[row])
    shares = np.exp(p.log_proba[row, [label, truth]].astype(np.float64))
    chance, of_truth = (formats.percent(float(share)) for share in shares)
    who = record.implementation
    return who, display(who), record.class_names[label], chance, of_truth


def _laws(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """What the laws of prediction say, in one line for each verdict there is."""
    verdicts: dict[str, dict[str, None]] = {}
    for record in records:
        if record.laws:
            who = f"{record.model} ({display(record.implementation)})"
            verdicts.setdefault(record.laws, {})[who] = None
    titles = _titles()
    for verdict, models in sorted(verdicts.items(), key=lambda item: item[0] != "holds"):
        broken = verdict.removeprefix("breaks ").split(", ")
        told = [f"{law}: {titles[law]}" for law in broken if law in titles]
        yield verdict, "; ".join([", ".join(models), *told])


def _titles() -> dict[str, str]:
    try:
        from probml.laws import CATALOGUE
    except ImportError:
        return {}
    return {law.id: law.title for law in CATALOGUE}


def _facts(provenance: Provenance, records: Sequence[Record]) -> list[tuple[str, str]]:
    """Provenance as label and value."""
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    facts = [
        ("Date", provenance.date),
        ("Command", provenance.command or formats.DASH),
        ("Code", provenance.code),
        ("Versions", versions),
        ("Machine", f"{provenance.cpu}, {provenance.cores} cores, {provenance.system}"),
        *(("Threads", line) for line in provenance.threads),
        *(("Threads of each fit", str(n)) for n in sorted({r.threads for r in records})),
    ]
    for data in provenance.data:
        sums = {**data.sha256, **data.arrays}
        facts += [(f"{data.name} sha256", f"{what} {sha}") for what, sha in sums.items()]
    return facts


def _attributions(provenance: Provenance) -> list[str]:
    lines = []
    for data in provenance.data:
        if data.name == "mnist":
            lines.append("MNIST by Y. LeCun, C. Cortes and C. Burges, used under CC BY-SA 3.0.")
        elif data.source or data.licence:
            lines.append(f"{data.name}: {'; '.join(filter(None, (data.source, data.licence)))}")
    return lines
