"""Classifiers beside their scikit-learn twins: run, record, compare, render.

A report is a function of records: fitting makes them, everything else is derived from them.
"""

from probml.reports import formats
from probml.reports._carrying_out import RunEvent
from probml.reports._files import strict_json
from probml.reports.evidence import Comparison, Evidence, Figure, Fit, Result, weigh
from probml.reports.figures import plot_decision_boundary, plot_descent, plot_unit_balls
from probml.reports.gate import Condition, Difference, differences, parse_condition
from probml.reports.pairs import Pair, default_pairs, mnist_pairs, select_pairs
from probml.reports.provenance import Provenance, collect_provenance
from probml.reports.records import Predictions, Record, Run, Scores, read_records, write_records
from probml.reports.report import Report
from probml.reports.runner import compare, run_pairs
from probml.reports.store import OtherRunError, Store

__all__ = [
    "Comparison",
    "Condition",
    "Difference",
    "Evidence",
    "Figure",
    "Fit",
    "OtherRunError",
    "Pair",
    "Predictions",
    "Provenance",
    "Record",
    "Report",
    "Result",
    "Run",
    "RunEvent",
    "Scores",
    "Store",
    "collect_provenance",
    "compare",
    "default_pairs",
    "differences",
    "formats",
    "mnist_pairs",
    "parse_condition",
    "plot_decision_boundary",
    "plot_descent",
    "plot_unit_balls",
    "read_records",
    "run_pairs",
    "select_pairs",
    "strict_json",
    "weigh",
    "write_records",
]
