"""Laws ANY, MET and EXT: what probability demands of any classifier, near the data and far."""

from typing import Any

from probml.classifiers import GaussianNB
from probml.laws._law import Mutant
from probml.laws.classifiers import _measures as measures
from probml.laws.classifiers import _wrong as wrong
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.classifiers._problems import Domain, problems

__all__ = ["LAWS"]

_SOURCE = "Kolmogorov's axioms; scikit-learn's conventions"
_ROUNDING = (
    "64 units of rounding per class, of the coarser type of input and output, times the joint "
    "log-likelihood where the model tells it, up to 1e-6"
)
_SHAKEN = (
    "64 units of rounding per class, and 64 times what a change of the input by four units makes"
)


def _law(**parts: Any) -> ClassifierLaw:
    return ClassifierLaw(
        **{
            "source": _SOURCE,
            "cases": problems(Domain()),
            "tolerance": 1.0,
            "reason": _SHAKEN,
            "subject": GaussianNB(),
            **parts,
        }
    )


def _mutants(*estimators: Any) -> tuple[Mutant, ...]:
    return tuple(Mutant(type(estimator).__name__, estimator) for estimator in estimators)


LAWS = (
    _law(
        id="ANY-01",
        title="values are probabilities",
        text="predict_proba returns one finite number between 0 and 1 per row and class.",
        latex=r"0 \le p_{nk} \le 1",
        residual=measures.values_are_probabilities,
        reason=_ROUNDING,
        asked=lambda problem: problem.Z,
        mutants=_mutants(wrong.OutsideTheInterval(), wrong.OneColumn()),
        consequence="a threshold, an expected cost or a log loss computed from it is meaningless",
    ),
    _law(
        id="ANY-02",
        title="probabilities of a row sum to one",
        text="One of the classes is the true one, and no two are.",
        latex=r"\sum_k p_{nk} = 1",
        residual=measures.rows_sum_to_one,
        reason=_ROUNDING,
        asked=lambda problem: problem.Z,
        mutants=_mutants(wrong.NotNormalised(), wrong.SlightlyLess(), wrong.ClippedScores()),
        consequence="scores are flattered or punished by mass that is no outcome's",
    ),
    _law(
        id="ANY-03",
        title="the prediction is the most probable class",
        text="predict returns a class whose probability no other class exceeds.",
        latex=r"\hat y_n \in \arg\max_k p_{nk}",
        residual=measures.prediction_is_the_mode,
        reason="probabilities that agree to six digits are a tie",
        needs=("predict",),
        mutants=_mutants(wrong.BonusForClassZero(), wrong.IndexForLabel()),
        consequence="labels and probabilities of one model tell two stories",
    ),
    _law(
        id="ANY-04",
        title="log-probabilities are logarithms",
        text="predict_log_proba is the natural logarithm of predict_proba, where that has one.",
        latex=r"\ell_{nk} = \ln p_{nk}",
        residual=measures.log_is_the_logarithm,
        reason="a few thousand units of rounding, relative to 1 + |log p|",
        needs=("predict_log_proba",),
        mutants=_mutants(wrong.FivefoldLogarithm(), wrong.BaseTenLogarithm()),
        consequence="a log loss depends on which of the two methods it was computed from",
    ),
    _law(
        id="ANY-05",
        title="columns follow the classes",
        text="classes_ are the sorted labels, and each has its column.",
        latex=r"p_{nk} = P(y_n = c_k),\quad c_1 < c_2 < \dots",
        residual=measures.columns_follow_classes,
        reason="equal or not",
        mutants=_mutants(wrong.LabelsByFirstSight()),
        consequence="the probability of one class is read as that of another",
    ),
    _law(
        id="ANY-06",
        title="a row does not depend on its batch",
        text="The probabilities of a row are the same alone, and among other rows in any order.",
        latex=r"p(Z)_n = p(z_n)",
        residual=measures.batch_is_its_rows,
        needs=("deterministic",),
        mutants=_mutants(wrong.BatchNormalised()),
        consequence="the answer for one patient depends on who else is in the file",
    ),
    _law(
        id="ANY-07",
        title="nothing is changed by asking",
        text="Neither fitting nor predicting writes to its arguments, and asked again a model says "
        "the same.",
        latex=r"p(Z) = p(Z)",
        residual=measures.input_is_left_alone,
        reason="equal or not",
        mutants=_mutants(wrong.CentresItsInput(), wrong.CachedAnswer()),
        consequence="whatever is computed from the same data afterwards is wrong",
    ),
    _law(
        id="ANY-08",
        title="what cannot be fitted is refused",
        text="A problem is fitted and predicted, or refused by a ValueError that says why.",
        latex=r"\mathrm{fit}(X, y) \in \{\text{model}, \text{ValueError}\}",
        residual=measures.fits_or_explains,
        reason="it raises or it does not",
        mutants=_mutants(wrong.CrashesOnConstants()),
        consequence="a job dies on data that happen to be degenerate, and nobody is told why",
    ),
    _law(
        id="EXT-01",
        title="probabilities far away",
        text="However far from the data, values stay between 0 and 1 and rows sum to one.",
        latex=r"\|z\| \to \infty:\quad 0 \le p_k \le 1,\ \textstyle\sum_k p_k = 1",
        residual=measures.far_away,
        reason="six digits, and three in single precision",
        needs=("extrapolates",),
        mutants=_mutants(wrong.DensityFloor(), wrong.BothCertain()),
        consequence="one outlier makes a score NaN, or a coin flip look certain",
    ),
    _law(
        id="MET-01",
        title="the order of the rows",
        text="The order in which the training rows come does not matter.",
        latex=r"p(X_\pi, y_\pi) = p(X, y)",
        residual=measures.order_of_rows,
        needs=("deterministic",),
        breach="quirk",
        mutants=_mutants(wrong.FirstRowHeavier()),
        consequence="sorting the file changes the model",
    ),
    _law(
        id="MET-02",
        title="the names of the classes",
        text="Renaming the classes renames the columns and changes nothing else.",
        latex=r"p(X, \pi(y)) = p(X, y)_\pi",
        residual=measures.label_names,
        needs=("deterministic",),
        breach="quirk",
        mutants=_mutants(wrong.PriorOfTheLabel()),
        consequence="what a class is called makes it more probable",
    ),
    _law(
        id="MET-03",
        title="the order of the features",
        text="The order of the columns does not matter.",
        latex=r"p(X_\pi) = p(X)",
        residual=measures.feature_order,
        needs=("deterministic",),
        breach="quirk",
        mutants=_mutants(wrong.FeatureByFeature()),
        consequence="an export with other columns first gives another model",
    ),
    _law(
        id="MET-04",
        title="weights are repeats",
        text="A row of weight k is worth k rows.",
        latex=r"p(X, y, w) = p(\mathrm{repeat}(X, w), \mathrm{repeat}(y, w))",
        residual=measures.weights_are_repeats,
        needs=("deterministic", "sample_weight"),
        breach="quirk",
        mutants=_mutants(wrong.WeightsIgnored(), wrong.RelativeWeights()),
        consequence="a weighted fit is not the fit to the population that the weights describe",
    ),
    _law(
        id="MET-05",
        title="weight zero is no row",
        text="A row of weight zero might as well not be there.",
        latex=r"w_n = 0 \Rightarrow n \text{ does not matter}",
        residual=measures.zero_weights,
        needs=("deterministic", "sample_weight"),
        breach="quirk",
        mutants=_mutants(wrong.WeightsIgnored(), wrong.RelativeWeights()),
        consequence="rows that were meant to be left out still count",
    ),
    _law(
        id="MET-06",
        title="the scale of the weights",
        text="A factor that all weights share does not matter.",
        latex=r"p(c w) = p(w)",
        residual=measures.scale_of_weights,
        needs=("deterministic", "sample_weight"),
        breach="quirk",
        mutants=_mutants(wrong.RelativeWeights()),
        consequence="weights in other units give another model",
    ),
    _law(
        id="MET-07",
        title="chunks are the whole",
        text="Fitted chunk by chunk a model is the same as fitted at once.",
        latex=r"\mathrm{fit}(A \cup B) = \mathrm{fit}(B) \circ \mathrm{fit}(A)",
        residual=measures.partial_fits,
        needs=("deterministic", "partial_fit"),
        breach="quirk",
        mutants=_mutants(wrong.MeanOfChunks()),
        consequence="where a stream is cut changes the model",
    ),
    _law(
        id="MET-08",
        title="a constant feature",
        text="A column that is the same for every row carries no information.",
        latex=r"p([X, c]) = p(X)",
        residual=measures.constant_feature,
        needs=("deterministic",),
        breach="quirk",
        mutants=_mutants(wrong.StretchedByScale()),
        consequence="a column that says nothing moves the probabilities",
    ),
)
