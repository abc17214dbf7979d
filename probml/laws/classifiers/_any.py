"""Laws ANY: what probability demands of any classifier, near its data."""

from typing import Any

import numpy as np

from probml.classifiers import GaussianNB
from probml.laws._law import Mutant
from probml.laws.classifiers import _wrong as wrong
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.classifiers._problems import Domain, Problem
from probml.laws.classifiers.measures import _predictions as measures

__all__ = ["LAWS", "classifier_law", "mutants"]

ROUNDING = (
    "64 units of rounding per class, of the coarser type of input and output, times the joint "
    "log-likelihood where the model tells it, up to 1e-6"
)
SHAKEN = (
    "64 units of rounding per class, 64 times what a change of the input by four units makes, and "
    "4 times what a hundredth of its tol makes"
)


def classifier_law(**parts: Any) -> ClassifierLaw:
    """A law with the defaults of this theme."""
    words = {
        "source": "Kolmogorov's axioms; scikit-learn's conventions",
        "tolerance": 1.0,
        "reason": SHAKEN,
        "subject": GaussianNB(),
        **parts,
    }
    draw = words.get("draw", ClassifierLaw.draw)
    return ClassifierLaw(cases=draw(Domain(routes=("fit", "sample_weight"))), **words)


def mutants(*estimators: Any) -> tuple[Mutant, ...]:
    """Wrong estimators under the names of their classes."""
    return tuple(Mutant(type(estimator).__name__, estimator) for estimator in estimators)


# Whole numbers whose differences and sums wrap around in a byte.
_BYTES = Problem(
    X=np.array([[3.0, 0], [0, 9], [200, 5], [180, 40], [7, 1], [1, 250], [90, 4], [60, 130]]),
    y=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    Z=np.array([[5.0, 5], [100, 2], [2, 240]]),
    weight=np.zeros(8, int),
    route="fit",
)

LAWS = (
    classifier_law(
        id="ANY-01",
        title="values are probabilities",
        text="predict_proba returns one finite number between 0 and 1 per row and class.",
        latex=r"0 \le p_{nk} \le 1",
        residual=measures.values_are_probabilities,
        reason=ROUNDING,
        mutants=mutants(wrong.OutsideTheInterval(), wrong.OneColumn(), wrong.NegativeIfWeighted()),
        consequence="a threshold, an expected cost or a log loss computed from it is meaningless",
    ),
    classifier_law(
        id="ANY-02",
        title="probabilities of a row sum to one",
        text="One of the classes is the true one, and no two are.",
        latex=r"\sum_k p_{nk} = 1",
        residual=measures.rows_sum_to_one,
        reason=ROUNDING,
        mutants=mutants(wrong.NotNormalised(), wrong.SlightlyLess(), wrong.ClippedScores()),
        consequence="scores are flattered or punished by mass that is no outcome's",
    ),
    classifier_law(
        id="ANY-03",
        title="the prediction is the most probable class",
        text="predict returns a class whose probability no other class exceeds.",
        latex=r"\hat y_n \in \arg\max_k p_{nk}",
        residual=measures.prediction_is_the_mode,
        reason="probabilities that agree to six digits are a tie",
        needs=("predict",),
        mutants=mutants(wrong.BonusForClassZero(), wrong.IndexForLabel()),
        consequence="labels and probabilities of one model tell two stories",
    ),
    classifier_law(
        id="ANY-04",
        title="log-probabilities are logarithms",
        text="predict_log_proba is the natural logarithm of predict_proba, where that has one.",
        latex=r"\ell_{nk} = \ln p_{nk}",
        residual=measures.log_is_the_logarithm,
        reason="a few thousand units of rounding, relative to 1 + |log p|",
        needs=("predict_log_proba",),
        mutants=mutants(wrong.FivefoldLogarithm(), wrong.BaseTenLogarithm()),
        consequence="a log loss depends on which of the two methods it was computed from",
    ),
    classifier_law(
        id="ANY-05",
        title="columns follow the classes",
        text="classes_ are the sorted labels, and each has its column.",
        latex=r"p_{nk} = P(y_n = c_k),\quad c_1 < c_2 < \dots",
        residual=measures.columns_follow_classes,
        reason="equal or not",
        mutants=mutants(wrong.LabelsByFirstSight()),
        consequence="the probability of one class is read as that of another",
    ),
    classifier_law(
        id="ANY-06",
        title="a row does not depend on its batch",
        text="The probabilities of a row are the same alone, and among other rows in any order.",
        latex=r"p(Z)_n = p(z_n)",
        residual=measures.batch_is_its_rows,
        mutants=mutants(wrong.BatchNormalised()),
        consequence="the answer for one patient depends on who else is in the file",
    ),
    classifier_law(
        id="ANY-07",
        title="nothing is changed by asking",
        text="Neither fitting nor predicting writes to its arguments, and asked again a model says "
        "the same.",
        latex=r"p(Z) = p(Z)",
        residual=measures.input_is_left_alone,
        reason="equal or not",
        mutants=mutants(wrong.CentresItsInput(), wrong.CachedAnswer()),
        consequence="whatever is computed from the same data afterwards is wrong",
    ),
    classifier_law(
        id="ANY-08",
        title="what cannot be fitted is refused",
        text="A problem is fitted and predicted, or refused by a ValueError or RuntimeError that "
        "says why.",
        latex=r"\mathrm{fit}(X, y) \in \{\text{model}, \text{reason}\}",
        residual=measures.fits_or_explains,
        reason="it raises or it does not",
        mutants=mutants(wrong.CrashesOnConstants()),
        consequence="a job dies on data that happen to be degenerate, and nobody is told why",
    ),
    classifier_law(
        id="ANY-09",
        title="one class alone",
        text="Rows of a single class are refused, or the class is certain and has one column.",
        latex=r"K = 1:\quad p_{n1} = 1",
        residual=measures.one_class,
        reason=ROUNDING,
        mutants=mutants(wrong.TwoColumnsAlways()),
        consequence="a class that happens to be missing from a batch turns into an impossible one",
    ),
    classifier_law(
        id="ANY-10",
        title="the form of the numbers",
        text="Equal numbers get equal probabilities: in float32, as whole numbers, as a list or a "
        "frame, in any layout.",
        latex=r"X = X' \Rightarrow p(X) = p(X')",
        residual=measures.form_of_numbers,
        examples=(_BYTES,),
        needs=("deterministic",),
        mutants=mutants(wrong.WrapsAround(), wrong.ReadsMemoryInOrder()),
        consequence="the same table, read by another library, gets another answer",
    ),
    classifier_law(
        id="ANY-11",
        title="labels are names",
        text="Classes with other names in the same order have the same probabilities.",
        latex=r"c_1 < c_2 < \dots,\ c'_1 < c'_2 < \dots \Rightarrow p(X, y) = p(X, y')",
        residual=measures.other_labels,
        needs=("deterministic",),
        mutants=mutants(wrong.LabelsAsNumbers()),
        consequence="a model is right for labels 0, 1, 2 and wrong for the same data labelled else",
    ),
    classifier_law(
        id="ANY-12",
        title="a fit begins anew",
        text="What was fitted before, to other rows, changes nothing in the next fit.",
        latex=r"\mathrm{fit}(X, y) \circ \mathrm{fit}(X', y') = \mathrm{fit}(X, y)",
        residual=measures.fit_begins_anew,
        needs=("deterministic",),
        mutants=mutants(wrong.RemembersFits()),
        consequence="a model that is fitted again, in a notebook or a grid search, is another one",
    ),
)
