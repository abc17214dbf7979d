"""Classifiers beside their scikit-learn twins: run, record, compare, render.

A report is a function of records: fitting makes them, everything else is derived from them.
"""

from probml.reports import formats
from probml.reports._carrying_out import RunEvent
from probml.reports._files import strict_json
from probml.reports.figures import plot_decision_boundary, plot_descent, plot_unit_balls
from probml.reports.frames import pairs_frame, results_frame
from probml.reports.gate import Condition, Difference, differences, parse_condition
from probml.reports.pairs import Pair, default_pairs, mnist_pairs, select_pairs
from probml.reports.provenance import Provenance, collect_provenance
from probml.reports.records import Predictions, Record, Run, Scores, read_records, write_records
from probml.reports.render import as_document, read_report, write_report
from probml.reports.runner import compare, run_pairs
from probml.reports.store import OtherRunError, Store

__all__ = [
    "Condition",
    "Difference",
    "OtherRunError",
    "Pair",
    "Predictions",
    "Provenance",
    "Record",
    "Run",
    "RunEvent",
    "Scores",
    "Store",
    "as_document",
    "collect_provenance",
    "compare",
    "default_pairs",
    "differences",
    "formats",
    "mnist_pairs",
    "pairs_frame",
    "parse_condition",
    "plot_decision_boundary",
    "plot_descent",
    "plot_unit_balls",
    "read_records",
    "read_report",
    "results_frame",
    "run_pairs",
    "select_pairs",
    "strict_json",
    "write_records",
    "write_report",
]
