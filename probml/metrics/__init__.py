"""Scores, calibration, intervals and comparisons, with input checked and conventions stated.

Probabilistic metrics share one signature, ``metric(y_true, log_proba, classes)``: labels,
the table of ``predict_log_proba``, and the labels of its columns.  Logarithms are natural,
scores are means over rows, intervals are two-sided at 95 % unless told otherwise, and every
difference is first minus second, on the same rows.  What has no value is None or raises,
never NaN.
"""

from probml._labels import class_indices
from probml.metrics._inputs import row_sum_tolerance
from probml.metrics.agreement import check_probabilities, label_agreement, max_abs_difference
from probml.metrics.bootstrap import bootstrap_interval
from probml.metrics.calibration import (
    MurphyDecomposition,
    ReliabilityBin,
    expected_calibration_error,
    murphy_decomposition,
    reliability_curve,
    reliability_frame,
)
from probml.metrics.calibration_errors import CalibrationError, calibration_error
from probml.metrics.estimates import (
    ClassEstimates,
    Estimate,
    average_precision,
    balanced_accuracy,
    class_estimates,
    roc_auc,
)
from probml.metrics.intervals import Interval, wilson_interval
from probml.metrics.paired import paired_interval
from probml.metrics.ranking import Ranked, rank_models
from probml.metrics.repeated import corrected_t_interval, seeds_interval
from probml.metrics.scores import (
    ClassScores,
    RowScores,
    accuracy,
    brier_score,
    class_scores,
    confusion_matrix,
    log_loss,
    log_loss_clipped,
    row_scores,
)
from probml.metrics.verdicts import Parity, holm_adjusted, mcnemar_test, parity

__all__ = [
    "CalibrationError",
    "ClassEstimates",
    "ClassScores",
    "Estimate",
    "Interval",
    "MurphyDecomposition",
    "Parity",
    "Ranked",
    "ReliabilityBin",
    "RowScores",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "bootstrap_interval",
    "brier_score",
    "calibration_error",
    "check_probabilities",
    "class_estimates",
    "class_indices",
    "class_scores",
    "confusion_matrix",
    "corrected_t_interval",
    "expected_calibration_error",
    "holm_adjusted",
    "label_agreement",
    "log_loss",
    "log_loss_clipped",
    "max_abs_difference",
    "mcnemar_test",
    "murphy_decomposition",
    "paired_interval",
    "parity",
    "rank_models",
    "reliability_curve",
    "reliability_frame",
    "roc_auc",
    "row_scores",
    "row_sum_tolerance",
    "seeds_interval",
    "wilson_interval",
]
