"""A report as one object: its records, what follows from them, and every form it can take."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probml.reports import _files, frames
from probml.reports._files import strict_json, write_files
from probml.reports.evidence import Evidence, weigh
from probml.reports.examples import Images, decode_images, encode_images, images_of
from probml.reports.provenance import Provenance, collect_provenance
from probml.reports.records import FILES as RECORD_FILES
from probml.reports.records import Record, encode, read_records
from probml.reports.render import render_fragment, render_html, render_markdown
from probml.reports.view import INCOMPLETE, View, build_view, incomplete

if TYPE_CHECKING:
    from pandas import DataFrame

    from probml.datasets import Dataset

__all__ = ["Report", "check_writable"]

_IMAGES = "images.npz"
_FILES = (
    *("report.html", "report.md", "results.csv", "pairs.csv", "provenance.json", _IMAGES),
    *RECORD_FILES,
)


def check_writable(directory: str | Path) -> None:
    """Find out, before a long run, whether :meth:`Report.write` could write into `directory`.

    Raises
    ------
    OSError
        If the directory cannot be made or written, or a file's name is that of a directory.
    """
    _files.check_writable(directory, _FILES)


class Report:
    """Records of classifiers on the same data, compared.

    A notebook shows it as its summary and main table.

    Parameters
    ----------
    records : sequence of Record
        As from :func:`~probml.reports.run_pairs`; at least one.
    provenance : Provenance, optional
        Of the run that made them; by default, of this process.
    banner : str
        A warning for the top of the pages; none if empty.
    images : mapping of int to ndarray, optional
        Images of test rows, as from :func:`~probml.reports.examples.images_of`.
    accuracy_margin, log_loss_margin : float
        Up to which differences models are equivalent; see :func:`~probml.reports.weigh`.

    Attributes
    ----------
    evidence : Evidence
        Intervals, verdicts and rankings.
    results, pairs : pandas.DataFrame
        One row per fit, and one per fit and reference; see
        :func:`~probml.reports.frames.results_frame` and :func:`~probml.reports.frames.pairs_frame`.

    Raises
    ------
    ValueError
        If there is no record, a model and its reference were not given the same data, or a margin
        is negative.

    Examples
    --------
    >>> from sklearn.naive_bayes import BernoulliNB
    >>> from probml.datasets import load_digits_dataset
    >>> from probml.reports import compare
    >>> report = compare(load_digits_dataset(), {"mine": BernoulliNB(binarize=0.5)})
    >>> report.pairs[["model", "reference", "verdict"]].values.tolist()
    [['mine', 'prior/baseline', 'different']]
    """

    def __init__(
        self,
        records: Sequence[Record],
        provenance: Provenance | None = None,
        banner: str = "",
        images: Images | None = None,
        *,
        accuracy_margin: float = 0.005,
        log_loss_margin: float = 0.01,
    ) -> None:
        if not records:
            raise ValueError("expected at least one record (got none); run at least one pair")
        self.evidence: Evidence = weigh(
            records, accuracy_margin=accuracy_margin, log_loss_margin=log_loss_margin
        )
        self.provenance = collect_provenance() if provenance is None else provenance
        self.banner = banner
        self.images = dict(images or {})

    @classmethod
    def of(
        cls,
        records: Sequence[Record],
        provenance: Provenance,
        dataset: "Dataset",
        banner: str = "",
        **margins: float,
    ) -> "Report":
        """Of records on a dataset, the images in it that tell something included.

        Parameters
        ----------
        records, provenance, banner
            As for the class.
        dataset : Dataset
            The first fold.
        **margins
            `accuracy_margin` and `log_loss_margin`.
        """
        report = cls(records, provenance, banner, None, **margins)
        report.images.update(images_of(report.evidence, dataset))
        return report

    @property
    def records(self) -> tuple[Record, ...]:
        """What everything else is derived from."""
        return self.evidence.records

    @cached_property
    def results(self) -> "DataFrame":
        """One row per fit."""
        return frames.results_frame(self.evidence)

    @cached_property
    def pairs(self) -> "DataFrame":
        """One row per fit that has a reference: verdict, differences, speed-ups."""
        return frames.pairs_frame(self.evidence)

    @cached_property
    def _view(self) -> View:
        return build_view(self.evidence, self.provenance, self.banner, self.images)

    def to_html(self) -> str:
        """One page that needs nothing from elsewhere."""
        return render_html(self._view, self.evidence)

    def to_markdown(self) -> str:
        """GitHub-flavoured Markdown."""
        return render_markdown(self._view)

    def _repr_html_(self) -> str:
        return render_fragment(self._view)

    def __repr__(self) -> str:
        n = len(self.records)
        return f"<Report: {self._view.title}, {n} {'fit' if n == 1 else 'fits'}>"

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data: banner, sign convention, results, pairs, provenance.

        Cells that do not exist are None; infinities are for
        :func:`~probml.reports.strict_json` to spell out.
        """
        return {
            "banner": self._view.banner,
            "complete": not incomplete(self.records),
            "sign_convention": self._view.sign,
            "results": _rows(self.results),
            "pairs": _rows(self.pairs),
            "provenance": self.provenance.as_dict(),
        }

    def write(self, directory: str | Path) -> Path:
        """Write every file of the report: all or none.

        ``report.html``, ``report.md``, ``results.csv``, ``pairs.csv``, ``records.jsonl``,
        ``predictions.npz``, ``images.npz`` and ``provenance.json``.  The same records give the
        same bytes.

        Parameters
        ----------
        directory : str or Path
            Made if it does not exist; files of other names in it are left alone.

        Returns
        -------
        Path
            Of the directory.

        Raises
        ------
        OSError
            If the directory cannot be written.
        """
        files = {
            "report.html": self.to_html(),
            "report.md": self.to_markdown(),
            "results.csv": _csv(self.results),
            "pairs.csv": _csv(self.pairs),
            "provenance.json": self._provenance_json(),
            _IMAGES: encode_images(self.images),
            **encode(self.records),
        }
        return write_files(directory, files)

    @classmethod
    def read(cls, directory: str | Path) -> "Report":
        """Read what :meth:`write` wrote.

        Raises
        ------
        FileNotFoundError
            If `directory` does not hold a report.
        """
        directory = Path(directory)
        fields = json.loads((directory / "provenance.json").read_text(encoding="utf-8"))
        fields.pop("status", None)
        banner, margins = fields.pop("banner"), fields.pop("margins")
        images = decode_images((directory / _IMAGES).read_bytes())
        provenance = Provenance.from_dict(fields)
        return cls(read_records(directory), provenance, banner, images, **margins)

    def _provenance_json(self) -> str:
        accuracy, log_loss = self.evidence.margins
        fields: Mapping[str, Any] = {
            **self.provenance.as_dict(),
            "banner": self.banner,
            "margins": {"accuracy_margin": accuracy, "log_loss_margin": log_loss},
            **({"status": INCOMPLETE} if incomplete(self.records) else {}),
        }
        return strict_json(fields, indent=2) + "\n"


def _csv(frame: "DataFrame") -> str:
    frame = frame.assign(status=frame["status"].replace("missing", INCOMPLETE))
    content: str = frame.to_csv(index=False, lineterminator="\n")
    return content


def _rows(frame: "DataFrame") -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [dict(row) for row in rows]
