"""PR-10, PR-11, PR-15: total probability, Bayes' rule and the Bayes decision rule."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from worlds import masks, partitions, same, spaces, weight

from probml.probability import bayes, bayes_decision, from_counts, from_joint, product, uniform


def joints(max_classes=4, max_values=4, exact=None):
    """Tables P(C_k, x) in which every x can happen."""
    sizes = st.tuples(st.integers(1, max_classes), st.integers(1, max_values))
    counts = sizes.flatmap(lambda size: arrays(np.int64, size, elements=st.integers(0, 20)))
    return counts.filter(lambda n: n.sum(axis=0).all()).map(lambda n: n / n.sum())


@given(st.data())
def test_pr10_total_probability(data):
    P = data.draw(spaces())
    A, cells = P.event(data.draw(masks(P))), data.draw(partitions(P))
    assert same(P, P.total_probability(A, cells), weight(P, A))
    assert same(P, P.total_probability(A, (set(B) for B in cells)), P(A))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([{1, 2, 3}, {3, 4, 5, 6}], r"exactly one cell \(got 3 in 2\)"),
        ([{1, 2}, {4, 5, 6}], r"exactly one cell \(got 3 in 0\)"),
        ([], r"exactly one cell \(got 1 in 0\)"),
    ],
)
def test_pr10_cells_that_are_no_partition(cells, message):
    P = uniform(range(1, 7))
    with pytest.raises(ValueError, match=message):
        P.total_probability({1}, cells)
    with pytest.raises(ValueError, match=message):
        P.bayes(cells, given={1})


@given(st.data())
def test_pr11_posterior_over_a_partition(data):
    P = data.draw(spaces())
    A, cells = P.event(data.draw(masks(P))), data.draw(partitions(P))
    assume(P(A) > 0)
    posterior = P.bayes(cells, given=A)
    assert same(P, sum(posterior), 1)
    for p, B in zip(posterior, cells, strict=True):
        assert same(P, p, weight(P, set(A) & set(B)) / weight(P, A))
    # averaged over what may be observed, the posterior is the prior
    for k, B in enumerate(cells):
        evidence = [E for E in (A, ~A) if P(E) > 0]
        assert same(P, sum(P.bayes(cells, given=E)[k] * P(E) for E in evidence), P(B))


def test_pr11_impossible_evidence_for_a_space():
    with pytest.raises(ValueError, match="positive probability"):
        uniform("ab").bayes([{"a"}, {"b"}], given=set())


def test_pr11_diagnostic_test():
    assert bayes([0.01, 0.99], [0.95, 0.05])[0] == pytest.approx(0.1610169492, abs=5e-11)
    P = from_joint(
        [[Fraction(95, 10**4), Fraction(5, 10**4)], [Fraction(495, 10**4), Fraction(9405, 10**4)]]
    )
    ill, positive = P.event(lambda s: s[0] == 0), P.event(lambda s: s[1] == 0)
    assert P.bayes([ill, ~ill], given=positive) == (Fraction(19, 118), Fraction(99, 118))


@given(joints())
def test_pr11_posterior_is_joint_over_evidence(joint):
    prior = joint.sum(axis=1)
    assume((prior > 0).all())
    likelihood = (joint / prior[:, None]).T  # (V, K)
    posterior = bayes(prior, likelihood)
    np.testing.assert_allclose(posterior, (joint / joint.sum(axis=0)).T, atol=1e-12)
    np.testing.assert_allclose(posterior.sum(axis=-1), 1.0, atol=1e-12)
    np.testing.assert_allclose(joint.sum(axis=0) @ posterior, prior, atol=1e-12)
    with np.errstate(divide="ignore"):
        logs = bayes(np.log(prior), np.log(likelihood), log=True)
    np.testing.assert_allclose(np.exp(logs), posterior, atol=1e-10)
    np.testing.assert_array_equal(bayes(prior, likelihood[0]), posterior[0])


@given(joints(), st.floats(-300, 300))
def test_pr11_the_scale_of_the_likelihood_cancels(joint, exponent):
    prior = joint.sum(axis=1)
    likelihood = np.where(prior > 0, joint.T, 0.0)
    likelihood = np.where(likelihood > 0, likelihood, 0.0)
    posterior = bayes(prior, likelihood)
    np.testing.assert_allclose(bayes(prior, likelihood * 10.0**exponent), posterior, atol=1e-12)
    with np.errstate(divide="ignore"):
        log_prior, log_likelihood = np.log(prior), np.log(likelihood)
    shifted = bayes(log_prior, log_likelihood + 2.0**30 * exponent, log=True)
    np.testing.assert_allclose(np.exp(shifted), posterior, atol=1e-4)


def test_pr11_log_domain_where_the_plain_one_is_empty():
    log_posterior = bayes(np.log([0.25, 0.75]), [-5000.0, -5000.0], log=True)
    np.testing.assert_allclose(np.exp(log_posterior), [0.25, 0.75], rtol=1e-14)
    assert bayes([-0.0, -np.inf], [-1e300, 0.0], log=True).tolist() == [0.0, -np.inf]
    # neither does a product that underflows make evidence impossible
    assert bayes([1e-30, 1.0], [1e-300, 0.0]).tolist() == [1.0, 0.0]
    # a class that the prior excludes does not drown the others
    assert bayes([0.0, 1.0], [1e300, 1e-300]).tolist() == [0.0, 1.0]
    np.testing.assert_allclose(bayes([0.5, 0.5], [3e-320, 1e-320]), [0.75, 0.25], rtol=1e-3)


@given(joints(max_values=3), st.data())
def test_pr11_sequential_updating_is_joint_updating(joint, data):
    prior = joint.sum(axis=1)
    elements = st.floats(0.01, 1.0)
    first, second = (data.draw(arrays(float, (5, len(prior)), elements=elements)) for _ in "12")
    in_turn = bayes(bayes(prior, first), second)
    np.testing.assert_allclose(in_turn, bayes(prior, first * second), atol=1e-12)
    np.testing.assert_allclose(in_turn, bayes(bayes(prior, second), first), atol=1e-12)


def test_pr11_sequential_updating_in_a_space():
    coins = {"fair": Fraction(1, 2), "biased": Fraction(9, 10)}
    table = {
        (name, *flips): int(1000 * np.prod([p if f == "H" else 1 - p for f in flips]))
        for name, p in coins.items()
        for flips in itertools.product("HT", repeat=2)
    }
    P = from_counts(table)
    fair = P.event(lambda s: s[0] == "fair")
    H1, H2 = P.event(lambda s: s[1] == "H"), P.event(lambda s: s[2] == "H")
    assert P.conditionally_independent(H1, H2, given=fair)
    at_once = P.bayes([fair, ~fair], given=H1 & H2)
    assert (
        P.given(H1).bayes([fair, ~fair], given=H2)
        == at_once
        == (Fraction(25, 106), Fraction(81, 106))
    )
    after_one = [float(p) for p in P.bayes([fair, ~fair], given=H1)]
    np.testing.assert_allclose(bayes(after_one, [0.5, 0.9]), [float(p) for p in at_once])


@pytest.mark.parametrize(
    ("prior", "likelihood", "log", "message"),
    [
        ([0.5, 0.8], [0.1, 0.2], False, r"prior must sum to 1 \(got 1.3\); divide it"),
        (np.log([0.5, 0.8]), [0.1, 0.2], True, r"prior must sum to 1 \(got 1.3\)"),
        ([0.5, 0.5], [0.1, 0.2], True, "prior must sum to 1"),
        ([1.5, -0.5], [0.1, 0.2], False, "prior must be non-negative"),
        ([0.5, 0.5], [0.1, -0.2], False, "likelihood must be non-negative"),
        ([0.5, 0.5], [0.1, np.nan], False, "likelihood must be non-negative and finite"),
        ([0.5, 0.5], [0.1, np.inf], False, "likelihood must be non-negative and finite"),
        (np.log([0.5, 0.5]), [np.nan, 0.0], True, "likelihood must be below"),
        (np.log([0.5, 0.5]), [np.inf, 0.0], True, "likelihood must be below"),
        ([0.5, 0.5], [[0.1, 0.1], [0.0, 0.0]], False, "possible under a class of positive prior"),
        ([1.0, 0.0], [0.0, 0.3], False, "possible under a class of positive prior"),
        ([0.0, -np.inf], [-np.inf, -1.0], True, "possible under a class of positive prior"),
        ([0.5, 0.5], [0.1, 0.2, 0.3], False, r"\(got \(2,\) and \(3,\)\); put the classes on the"),
        ([0.5, 0.5], [[0.1], [0.2]], False, "put the classes on the last axis"),
        (1.0, 1.0, False, "put the classes on the last axis"),
        ([], [], False, "put the classes on the last axis"),
    ],
)
def test_pr11_bad_input(prior, likelihood, log, message):
    with pytest.raises(ValueError, match=message):
        bayes(prior, likelihood, log=log)


@given(joints(max_classes=3))
def test_pr15_no_rule_beats_the_bayes_rule(joint):
    rule, error = bayes_decision(joint)
    K, V = joint.shape
    assert rule.shape == (V,)
    errors = [
        1 - sum(joint[k, x] for x, k in enumerate(other))
        for other in itertools.product(range(K), repeat=V)
    ]
    assert error == pytest.approx(min(errors), abs=1e-12)
    assert error == pytest.approx(1 - joint[rule, np.arange(V)].sum(), abs=1e-12)
    posterior = joint / joint.sum(axis=0)
    np.testing.assert_allclose(posterior[rule, np.arange(V)], posterior.max(axis=0), rtol=1e-12)


def test_pr15_the_prior_counts():
    # x = 0 is likelier under the rare class, and still comes from the common one
    rule, error = bayes_decision([[0.09, 0.01], [0.18, 0.72]])
    assert rule.tolist() == [1, 1]
    assert error == pytest.approx(0.1, abs=1e-15)


def test_pr15_exact_and_tiny_errors():
    tiny = Fraction(1, 10**20)
    assert bayes_decision([[1 - tiny, 0], [tiny, 0]]) == (pytest.approx([0, 0]), tiny)
    assert bayes_decision([[1.0, 0.0], [1e-20, 0.0]]).error == 1e-20
    assert bayes_decision([[0.25, 0.25], [0.25, 0.25]]).rule.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        ([0.5, 0.5], "a row per class and a column per value"),
        ([[0.5, 0.6]], "must sum to 1"),
        ([[1.5], [-0.5]], "non-negative"),
    ],
)
def test_pr15_bad_tables(joint, message):
    with pytest.raises(ValueError, match=message):
        bayes_decision(joint)


def test_bayes_of_a_product_leaves_the_other_factor_alone():
    P = product(from_counts([1, 2]), from_counts([3, 4]))
    cells = [P.event(lambda s: s[0] == 0), P.event(lambda s: s[0] == 1)]
    assert P.bayes(cells, given=lambda s: s[1] == 0) == (Fraction(1, 3), Fraction(2, 3))
