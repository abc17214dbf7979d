"""What the pages show, as text that is ready to print: sentences, rows, matrices.

Markdown and HTML are two templates over one :class:`View`, so they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probml.reports import formats
from probml.reports.frames import pairs_frame, sign, twins
from probml.reports.provenance import Provenance
from probml.reports.records import Record
from probml.reports.summary import Sentence, summaries

__all__ = [
    "GLOSSARY",
    "INCOMPLETE",
    "Confusion",
    "ModelView",
    "Row",
    "View",
    "build_view",
    "display",
    "incomplete",
    "sizes",
    "why_none",
]

_DISPLAY = {"sklearn": "scikit-learn"}

INCOMPLETE = "INCOMPLETE"
"""What every output says of a run of which cells are missing."""

GLOSSARY = (
    ("Accuracy", "share of test rows labelled correctly, with Wilson's 95 % interval."),
    (
        "Log loss",
        "mean of −ln p(true class), from predict_log_proba, never clipped: infinite if a true "
        "class was ruled out. Lower is better.",
    ),
    (
        "Log loss, clipped",
        "the same with every probability raised to at least 1e-15, one bound for every dtype.",
    ),
    (
        "Brier",
        "squared distance of the predicted probabilities from the outcome, summed over classes, "
        "averaged over rows: 0 is best, 2 is worst.",
    ),
    (
        "ECE",
        "expected calibration error: mean distance between confidence and accuracy over 15 bins "
        "of equal width, by the top label's probability.",
    ),
    (
        "Fit, predict, predict_proba",
        "wall-clock time of fit on the training rows, and of the others on the test rows, each fit "
        "in a fresh process after imports and a warm-up: the median over the repeats. IQR is the "
        "range from their lower to their upper quartile; one run has none. µs are microseconds "
        "per row.",
    ),
    (
        "Peak",
        "most memory that fit and predictions held beyond the libraries and the data, in MiB "
        "(2^20 bytes).",
    ),
    (
        "Laws",
        "whether the laws of prediction hold for the fitted model on rows of the test split; "
        "'probml laws show ANY-02' explains one.",
    ),
)

NOT_KNOWN = "n/a"

# Beyond this many classes a matrix is unreadable, and the largest confusions are listed.
_MATRIX = 20
_LISTED = 12


@dataclass(frozen=True)
class Row:
    """One line of the comparison: an implementation, and its figures or why it has none."""

    implementation: str
    display: str
    seed: int
    fold: int
    cells: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix of one record; shades run from 0 to 1, errors on a scale of their own."""

    implementation: str
    display: str
    rows: tuple[tuple[str, tuple[tuple[int, str, float], ...]], ...]
    largest: tuple[str, ...]


@dataclass(frozen=True)
class ModelView:
    """Everything about one model on one dataset."""

    name: str
    title: str
    seed: int
    n_seeds: int
    parameters: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    confusions: tuple[Confusion, ...]
    class_names: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True)
class View:
    """A whole report."""

    title: str
    lead: str
    banner: str
    sign: str
    sentences: tuple[Sentence, ...]
    models: tuple[ModelView, ...]
    pairs: tuple[tuple[str, ...], ...]
    glossary: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    attributions: tuple[str, ...]
    preprocessing: str
    records: tuple[Record, ...]


def build_view(records: Sequence[Record], provenance: Provenance, banner: str = "") -> View:
    """Derive the pages' content from records.

    Parameters
    ----------
    records : sequence of Record
        Of one or several datasets; at least one.
    provenance : Provenance
        Of the run that made them.
    banner : str
        A warning for the top of every page; none if empty.

    Raises
    ------
    ValueError
        If there is no record.
    """
    if not records:
        raise ValueError("expected at least one record (got none); run at least one pair")
    datasets = list(dict.fromkeys(record.dataset for record in records))
    twin = any(record.implementation == "sklearn" for record in records)
    what = "probml beside scikit-learn" if twin else "Classifiers"
    return View(
        title=f"{what} on {' and '.join(map(_dataset_title, datasets))}",
        lead="; ".join(sizes(records, name) for name in datasets),
        banner=" ".join(filter(None, (incomplete(records), banner))),
        sign=sign(records),
        sentences=summaries(records),
        models=tuple(_models(records)),
        pairs=_pairs(records),
        glossary=GLOSSARY,
        facts=tuple(_facts(provenance, records)),
        attributions=tuple(_attributions(provenance)),
        preprocessing=next((data.preprocessing for data in provenance.data), ""),
        records=tuple(records),
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


def display(implementation: str) -> str:
    """An implementation as people call it."""
    return _DISPLAY.get(implementation, implementation)


def _dataset_title(name: str) -> str:
    return {"mnist": "MNIST", "digits": "the 8×8 digits"}.get(name, name)


def _models(records: Sequence[Record]) -> list[ModelView]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.dataset, record.model), []).append(record)
    return [_model(tuple(group)) for group in groups.values()]


def _model(records: tuple[Record, ...]) -> ModelView:
    first = records[0]
    shown = tuple(r for r in records if (r.seed, r.fold) == (first.seed, first.fold))
    return ModelView(
        name=first.model,
        title=first.title,
        seed=first.seed,
        n_seeds=len({record.seed for record in records}),
        parameters=tuple((k, _value(v)) for k, v in first.parameters.items()),
        notes=_notes(records),
        rows=tuple(map(_row, records)),
        confusions=tuple(_confusion(r) for r in shown if r.scores and not r.is_baseline),
        class_names=first.class_names,
        records=shown,
    )


def _value(value: Any) -> str:
    """A parameter as it is typed in Python; JSON has turned its tuples into lists."""
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


def _notes(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    notes = [(display(r.implementation), note) for r in records for note in r.notes]
    return tuple(dict.fromkeys(notes))


def _row(record: Record) -> Row:
    cells: tuple[str, ...] = ()
    if record.scores is not None:
        s = record.scores
        cells = (
            formats.decimal(s.accuracy),
            f"{s.accuracy_low:.4f}–{s.accuracy_high:.4f}",
            formats.decimal(s.log_loss),
            formats.decimal(s.log_loss_clipped),
            formats.decimal(s.brier),
            formats.decimal(s.ece),
            *_cost_cells(record),
            record.laws or NOT_KNOWN,
        )
    return Row(
        record.implementation,
        display(record.implementation),
        record.seed,
        record.fold,
        cells,
        why_none(record),
    )


def why_none(record: Record) -> str:
    """Why a record has no figures."""
    return f"failed: {record.reason}" if record.status == "failed" else record.reason


def _cost_cells(record: Record) -> tuple[str, ...]:
    """Seconds of a fit and their quartiles, microseconds per row of predictions, MiB."""
    fit, peak = record.cost("fit_seconds"), record.cost("peak_bytes")
    predictions = (record.cost(f"{what}_seconds") for what in ("predict", "predict_proba"))
    return (
        NOT_KNOWN if fit is None else formats.seconds(fit[1]),
        formats.spread(fit if len(record.runs) > 1 else None),
        *(
            NOT_KNOWN if cost is None else formats.seconds(1e6 * cost[1] / record.n_test)
            for cost in predictions
        ),
        NOT_KNOWN if peak is None else f"{peak[1] / 2**20:,.0f}",
    )


def _pairs(records: Sequence[Record]) -> tuple[tuple[str, ...], ...]:
    rows = pairs_frame(records).to_dict("records")
    return tuple(
        _pair_cells(row, ours) for row, (ours, _) in zip(rows, twins(records), strict=True)
    )


def _pair_cells(row: dict[str, Any], record: Record) -> tuple[str, ...]:
    same = formats.DASH
    if row["label_agreement"] == row["label_agreement"]:
        same = f"{record.n_test - int(row['labels_different']):,} of {record.n_test:,}"
    return (
        record.model,
        row["reference"],
        str(record.seed),
        str(record.fold),
        formats.signed(row["delta_accuracy"]),
        formats.signed(row["delta_log_loss"]),
        formats.signed(row["delta_brier"]),
        same,
        formats.scientific(row["max_abs_dproba"]),
        formats.ratio(row["fit_speedup"]),
        formats.ratio_spread(row["fit_speedup_q1"], row["fit_speedup_q3"]),
        formats.ratio(row["predict_speedup"]),
        formats.ratio(row["predict_proba_speedup"]),
    )


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


def _shaded(i: int, j: int, n: int, total: int, worst: int) -> tuple[int, str, float]:
    """Count, kind of cell, and shade: share of the row if right, of the worst error if wrong."""
    if n == 0:
        return n, "zero", 0.0
    return (n, "right", round(n / total, 2)) if i == j else (n, "wrong", round(n / worst, 2))


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
