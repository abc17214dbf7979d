"""From records to files: CSV, Markdown, one HTML page, and the records themselves.

Everything is rendered before anything is written, so an error leaves the last report whole.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probml.reports import _files
from probml.reports._files import strict_json, write_files
from probml.reports.frames import pairs_frame, results_frame, sign
from probml.reports.plots import accuracy_svg, reliability_svg
from probml.reports.provenance import Provenance
from probml.reports.records import FILES as RECORD_FILES
from probml.reports.records import Record, encode, read_records
from probml.reports.view import INCOMPLETE, View, build_view, incomplete

if TYPE_CHECKING:
    from jinja2 import Environment
    from pandas import DataFrame

__all__ = [
    "as_document",
    "check_writable",
    "read_report",
    "render_html",
    "render_markdown",
    "write_report",
]

_FILES = (
    "report.html",
    "report.md",
    "results.csv",
    "pairs.csv",
    "provenance.json",
    *RECORD_FILES,
)


def check_writable(directory: str | Path) -> None:
    """Find out, before a long run, whether :func:`write_report` could write into `directory`.

    Raises
    ------
    OSError
        If the directory cannot be made or written, or a file's name is that of a directory.
    """
    _files.check_writable(directory, _FILES)


def write_report(
    directory: str | Path, records: Sequence[Record], provenance: Provenance, banner: str = ""
) -> Path:
    """Write every file of a report into `directory`.

    ``report.html``, ``report.md``, ``results.csv``, ``pairs.csv``, ``records.jsonl``,
    ``predictions.npz`` and ``provenance.json``.  The same arguments give the same bytes.

    Parameters
    ----------
    directory : str or Path
        Made if it does not exist; files of other names in it are left alone.
    records : sequence of Record
        As from :func:`~probml.reports.run_pairs`.
    provenance : Provenance
        As from :func:`~probml.reports.collect_provenance`.
    banner : str
        A warning for the top of the pages; none if empty.

    Returns
    -------
    Path
        Of the directory.

    Raises
    ------
    OSError
        If the directory cannot be written.
    ValueError
        If there is no record.
    """
    view = build_view(records, provenance, banner)
    files = {
        "report.html": render_html(view),
        "report.md": render_markdown(view),
        "results.csv": _csv(results_frame(records)),
        "pairs.csv": _csv(pairs_frame(records)),
        "provenance.json": _provenance_json(provenance, banner, not incomplete(records)),
        **encode(records),
    }
    return write_files(directory, files)


def read_report(directory: str | Path) -> tuple[list[Record], Provenance, str]:
    """Read the arguments of :func:`write_report` back: records, provenance, banner.

    Raises
    ------
    FileNotFoundError
        If `directory` does not hold a report.
    """
    text = (Path(directory) / "provenance.json").read_text(encoding="utf-8")
    fields = json.loads(text)
    banner = fields.pop("banner")
    fields.pop("status", None)
    return read_records(directory), Provenance.from_dict(fields), banner


def as_document(
    records: Sequence[Record], provenance: Provenance, banner: str = ""
) -> dict[str, Any]:
    """The report as plain data: banner, sign convention, results, pairs, provenance.

    Cells that do not exist are None; infinities are for
    :func:`~probml.reports._files.strict_json` to spell out.
    """
    return {
        "banner": " ".join(filter(None, (incomplete(records), banner))),
        "complete": not incomplete(records),
        "sign_convention": sign(records),
        "results": _rows(results_frame(records)),
        "pairs": _rows(pairs_frame(records)),
        "provenance": provenance.as_dict(),
    }


def render_markdown(view: View) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    return _environment().get_template("report.md").render(view=view)


def render_html(view: View) -> str:
    """Return the report as one page that needs neither network nor script."""
    from markupsafe import Markup

    reliability = [
        (model, Markup(reliability_svg(shown, f"r{i}")))
        for i, model in enumerate(view.models)
        if (shown := [r for r in model.records if r.scores and not r.is_baseline])
    ]
    template = _environment().get_template("report.html")
    # The drawings are ours, and escape the names in them; everything else is escaped here.
    return template.render(
        view=view,
        # The baseline would leave no room for differences between the others.
        accuracy=Markup(accuracy_svg([r for r in view.records if not r.is_baseline])),
        reliability=reliability,
        seeds=any(model.n_seeds > 1 for model in view.models),
        folds=len({record.fold for record in view.records}) > 1,
    )


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("probml.reports"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown_cell
    return environment


def _markdown_cell(text: object) -> str:
    """Text that neither ends a table cell nor becomes markup."""
    line = " ".join(str(text).split())
    for mark in "\\`*_[]<>|#":
        line = line.replace(mark, f"\\{mark}")
    return line


def _csv(frame: "DataFrame") -> str:
    frame = frame.assign(status=frame["status"].replace("missing", INCOMPLETE))
    content: str = frame.to_csv(index=False, lineterminator="\n")
    return content


def _rows(frame: "DataFrame") -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [dict(row) for row in rows]


def _provenance_json(provenance: Provenance, banner: str, complete: bool) -> str:
    status = {} if complete else {"status": INCOMPLETE}
    fields: Mapping[str, Any] = {**provenance.as_dict(), "banner": banner, **status}
    return strict_json(fields, indent=2) + "\n"
