"""What the figures of a report mean, each in a sentence or two."""

__all__ = ["GLOSSARY"]

GLOSSARY = (
    (
        "Intervals",
        "cover the truth in 95 of 100 such experiments: Wilson's for shares of rows, the "
        "studentised bootstrap within classes for losses, and for differences the paired versions "
        "on the same rows. Of several seeds, rows and seeds are both a sample; of several folds, "
        "Nadeau and Bengio's correction holds.",
    ),
    (
        "Verdict",
        "identical: all labels are equal and no probability differs by more than 1e-6. Equivalent: "
        "the intervals of both differences lie within the margins. Different: one of them does "
        "neither that nor contain 0. Undecided: there are too few rows to tell.",
    ),
    ("Accuracy", "share of test rows labelled correctly; balanced: mean share over the classes."),
    (
        "Log loss",
        "mean of −ln p(true class), from predict_log_proba: infinite if a true class was ruled "
        "out. In differences every probability is raised to at least 1e-15. Lower is better.",
    ),
    (
        "Brier",
        "squared distance of the predicted probabilities from the outcome, summed over classes, "
        "averaged over rows: 0 is best, 2 is worst.",
    ),
    (
        "ECE",
        "expected calibration error: mean distance between confidence and accuracy over 15 bins "
        "of equal width, by the top label's probability. 'Chance' is where 95 % of the errors of a "
        "perfectly calibrated model with these confidences lie: above it, it is miscalibrated.",
    ),
    (
        "Only one right",
        "rows that only the model, and only its reference, labels correctly. McNemar's exact test "
        "asks whether both are equally many; Holm's adjustment makes up for the number of tests.",
    ),
    (
        "Fit, predict, predict_proba",
        "wall-clock time of fit on the training rows, and of the others on the test rows, each fit "
        "in a fresh process after imports and a warm-up: the median over all fits of a model, with "
        "their lower to upper quartile; one run has none. µs are microseconds per row.",
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
