"""Laws WLD and SCO-03: worlds whose posterior is known, exactly or by construction."""

import numpy as np
from hypothesis import strategies as st

from probml.classifiers import BernoulliNB, GaussianNB, LinearDiscriminantAnalysis
from probml.laws.classifiers import _wrong as wrong
from probml.laws.classifiers import _wrong_families as families
from probml.laws.classifiers._any import classifier_law, mutants
from probml.laws.classifiers._problems import Domain, Problem, worlds
from probml.laws.classifiers.measures import _worlds as measures

__all__ = ["LAWS"]

_EXACT = "64 units of rounding per class, against fractions"


def _one_sample(domain: Domain) -> st.SearchStrategy[Problem]:
    """A single case: what chance decides is tried once, at a level that is told."""
    empty = np.zeros((1, 1))
    return st.just(Problem(empty, np.zeros(1), empty, np.zeros(1, dtype=np.intp)))


LAWS = (
    classifier_law(
        id="SCO-03",
        title="forecasts come true under their own model",
        text="Taught by 4000 rows of its own model, a forecast of p comes true p of the time.",
        latex=r"P(y = 1 \mid p(x) = p) = p",
        source="Murphy 1973; catalogue GE-02",
        residual=measures.calibrated_under_its_model,
        reason="Hoeffding's bound at 1e-10 per bin, so that 1e-9 bounds the chance of an accusation"
        ", and 0.03 for an estimate from 4000 rows; a miss of 0.1 is found",
        needs=("extrapolates",),
        claimed_by=("shared-covariance", "separate-covariance", "softmax-regression"),
        family=True,
        draw=_one_sample,
        subject=LinearDiscriminantAnalysis(),
        mutants=mutants(families.TenTimesCool()),
        consequence="an expected cost that is computed from it is wrong",
    ),
    classifier_law(
        id="WLD-01",
        title="the posterior of a table",
        text="In a finite world the probability of a class is its share of the cell, a fraction.",
        latex=r"P(C_k \mid x) = \tfrac{c(x, k)}{\sum_j c(x, j)}",
        source="catalogue PR-10",
        residual=measures.posterior_of_a_table,
        reason=_EXACT,
        claimed_by=("table",),
        draw=worlds,
        subject=families.Table(),
        mutants=mutants(families.TableWithoutWeights(), families.SmoothedTable()),
        consequence="it cannot tell what it was told",
    ),
    classifier_law(
        id="WLD-02",
        title="smoothed worlds, by fractions",
        text="Bernoulli naive Bayes of a weighted world is that of its counts and pseudo-counts.",
        latex=r"\theta_{kj} = \tfrac{\sum_n w_n [y_n = k] x_{nj} + \alpha}"
        r"{\sum_n w_n [y_n = k] + 2\alpha}",
        source="catalogue GE-13",
        residual=measures.smoothed_posterior,
        reason=_EXACT,
        claimed_by=("naive-bayes-bernoulli",),
        family=True,
        draw=worlds,
        subject=BernoulliNB(binarize=None),
        mutants=mutants(families.OnePseudoCount(), families.AbsenceForgotten()),
        consequence="smoothing is not the pseudo-counts that were asked for",
    ),
    classifier_law(
        id="WLD-03",
        title="features that tell nothing",
        text="Where every cell has the same shares of the classes, those are predicted.",
        latex=r"x \perp y \Rightarrow P(C_k \mid x) = P(C_k)",
        source="catalogue PR-13",
        residual=measures.nothing_in_the_features,
        reason=_EXACT,
        needs=("deterministic",),
        claimed_by=("uninformed",),
        draw=worlds,
        subject=GaussianNB(),
        mutants=mutants(wrong.PriorOfTheLabel(), families.PriorIgnored()),
        consequence="base rates are lost where there is nothing else to go by",
    ),
)
