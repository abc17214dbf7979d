"""Laws EXT: probabilities far from all data, and in few digits."""

from probml.laws.classifiers import _wrong as wrong
from probml.laws.classifiers import _wrong_families as families
from probml.laws.classifiers._any import classifier_law, mutants
from probml.laws.classifiers.measures import _extremes as measures

__all__ = ["LAWS"]

LAWS = (
    classifier_law(
        id="EXT-01",
        title="probabilities far away",
        text="However far from the data, values stay between 0 and 1 and rows sum to one.",
        latex=r"\|z\| \to \infty:\quad 0 \le p_k \le 1,\ \textstyle\sum_k p_k = 1",
        residual=measures.far_away,
        reason="six digits; three in single precision, and of large log-densities",
        needs=("extrapolates",),
        mutants=mutants(wrong.DensityFloor(), wrong.BothCertain()),
        consequence="one outlier makes a score NaN, or a coin flip look certain",
    ),
    classifier_law(
        id="EXT-02",
        title="logarithms keep their digits",
        text="Where the decision is the log-odds, log-probabilities say so also where "
        "probabilities have lost their digits, or vanished.",
        latex=r"\ln p_k(z) - \ln p_1(z) = d_k(z) - d_1(z),\quad \|z\| \to \infty",
        residual=measures.logarithms_keep_digits,
        reason="64 units of rounding per class, times the size of the scores",
        needs=("extrapolates", "predict_log_proba", "decision_function"),
        claimed_by=("logarithms",),
        subject=families.sound_regression(),
        mutants=mutants(families.LogarithmOfRounded(), families.OneMinusSigmoid()),
        consequence="one surprising row makes a log loss infinite, or wrong, that could be told",
    ),
    classifier_law(
        id="EXT-03",
        title="nothing to tell apart",
        text="Two classes with the same rows are even, near and far.",
        latex=r"f_1 = f_2 \Rightarrow p(z) = \tfrac12",
        residual=measures.nothing_to_tell_apart,
        reason="64 units of rounding per class, and ten times the tol of a solver",
        needs=("extrapolates", "deterministic"),
        claimed_by=("uninformed",),
        mutants=mutants(wrong.BothCertain(), wrong.PriorOfTheLabel()),
        consequence="a coin flip looks certain where data are scarce",
    ),
    classifier_law(
        id="EXT-04",
        title="log-odds are straight, far out as well",
        text="Along a line the log-odds of a linear model are affine, up to overflow.",
        latex=r"z(a + t v) = z(a) + t\,(z(a + v) - z(a))",
        residual=measures.straight_far_away,
        reason="64 units of rounding of the scores, and of the rows",
        needs=("extrapolates",),
        claimed_by=("shared-covariance", "softmax-regression"),
        family=True,
        subject=families.sound_regression(),
        mutants=mutants(families.FloorOfProbabilities(), families.SlightlyCurved()),
        consequence="certainty is capped, or grows as the model does not say",
    ),
    classifier_law(
        id="EXT-05",
        title="digits of single precision",
        text="float32 rows get the answer of the same rows in float64, up to what four units in "
        "the rows change.",
        latex=r"p_{32}(X) \approx p_{64}(X)",
        residual=measures.single_precision,
        needs=("deterministic",),
        claimed_by=("precision",),
        mutants=mutants(wrong.SumsOfSquares(), wrong.CoarserInFloat32()),
        consequence="halving the memory loses more than half of the digits",
    ),
)
