"""What holds of every distribution of one variable: normalisation, oracles, samples, likelihood."""

import pickle

import numpy as np
import pytest
from families import EXAMPLES, PAIRS, STRATEGIES
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

# Probability, per test, of failing with a right sampler; the seed is fixed and never retried.
ALPHA = 1e-6

FAMILIES = pytest.mark.parametrize("family", list(STRATEGIES))


def points(case):
    low, high = case.support
    if case.discrete:
        return np.arange(-2, int(high) + 3)
    return np.linspace(low - 1, high + 1, 41)


@FAMILIES
@given(data=st.data())
def test_mass_is_scipys(family, data):
    case = data.draw(STRATEGIES[family])
    x = points(case)
    log_prob = getattr(case.theirs, "logpmf" if case.discrete else "logpdf")(x)
    np.testing.assert_allclose(case.ours.log_prob(x), log_prob, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(case.ours.prob(x), np.exp(log_prob), rtol=1e-11, atol=0)


@FAMILIES
@given(data=st.data())
def test_cdf_and_moments_are_scipys(family, data):
    case = data.draw(STRATEGIES[family])
    x = np.concatenate([points(case), points(case) + 0.25, [-np.inf, np.inf]])
    np.testing.assert_allclose(case.ours.cdf(x), case.theirs.cdf(x), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(case.ours.mean, case.theirs.mean(), rtol=1e-12)
    np.testing.assert_allclose(case.ours.variance, case.theirs.var(), rtol=1e-11, atol=1e-14)


@FAMILIES
@given(data=st.data())
def test_mass_sums_to_one(family, data):
    case = data.draw(STRATEGIES[family])
    assert case.expectation(np.ones_like) == pytest.approx(1.0, abs=1e-9)


@FAMILIES
@given(data=st.data())
def test_cdf_differences_are_sums_of_mass(family, data):
    case = data.draw(STRATEGIES[family])
    low, high = case.support
    a, b = sorted(data.draw(st.tuples(*[st.floats(low - 1, high + 1)] * 2)))
    assume(not 0 < b - a < 1e-280)  # integrals so small are too small for QUADPACK
    between = case.expectation(np.ones_like, a, b)
    assert case.ours.cdf(b) - case.ours.cdf(a) == pytest.approx(between, abs=1e-9)


@FAMILIES
@given(data=st.data())
def test_mean_variance_and_entropy_are_expectations(family, data):
    case = data.draw(STRATEGIES[family])
    mean = float(case.ours.mean)
    assert case.expectation(lambda x: x) == pytest.approx(mean, rel=1e-8, abs=1e-8)
    variance = case.expectation(lambda x: (x - mean) ** 2)
    assert float(case.ours.variance) == pytest.approx(variance, rel=1e-8)
    entropy = case.expectation(lambda x: -case.ours.log_prob(x))
    assert float(case.ours.entropy()) == pytest.approx(entropy, rel=1e-9, abs=1e-9)


@FAMILIES
def test_samples_follow_the_distribution(family):
    case = EXAMPLES[family]
    x = case.ours.sample(20_000, np.random.default_rng(7))
    assert x.shape == (20_000,)
    if not case.discrete:
        assert stats.kstest(x, case.theirs.cdf).pvalue > ALPHA
        return
    # One bin for each likely value; all the others share the last bin.
    likely = np.arange(int(case.support[1]) + 1)
    likely = likely[case.ours.prob(likely) > 1e-3]
    counts = [np.sum(x == k) for k in likely]
    expected = list(20_000 * case.ours.prob(likely))
    if sum(expected) < 20_000 - 1:
        counts, expected = [*counts, 20_000 - sum(counts)], [*expected, 20_000 - sum(expected)]
    assert sum(counts) == 20_000
    assert stats.chisquare(counts, expected).pvalue > ALPHA


@FAMILIES
def test_samples_come_from_the_generator_alone(family):
    ours, state = EXAMPLES[family].ours, np.random.get_state()[1].copy()  # noqa: NPY002
    rng = np.random.default_rng(3)
    first, second = ours.sample(50, rng), ours.sample(50, rng)
    np.testing.assert_array_equal(ours.sample(50, 3), first)
    assert (first != second).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert ours.sample(0, 0).shape == (0,)


@FAMILIES
@given(cut=st.integers(1, 59), seed=st.integers(0, 9))
def test_log_likelihood_is_a_sum_over_samples(family, cut, seed):
    ours = EXAMPLES[family].ours
    X = ours.sample(60, seed)
    whole = ours.log_likelihood(X)
    assert whole == pytest.approx(np.sum(ours.log_prob(X)), rel=1e-12)
    assert ours.log_likelihood(np.random.default_rng(seed).permutation(X)) == pytest.approx(whole)
    parts = ours.log_likelihood(X[:cut]) + ours.log_likelihood(X[cut:])
    assert parts == pytest.approx(whole, rel=1e-9)
    copies = np.random.default_rng(seed).integers(0, 3, 60) + (np.arange(60) == 0)
    repeated = ours.log_likelihood(np.repeat(X, copies))
    assert ours.log_likelihood(X, copies) == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize("family", ["normal", "poisson", "binomial", "categorical"])
def test_log_likelihood_is_finite_where_the_product_underflows(family):
    ours = EXAMPLES[family].ours
    X = ours.sample(1000, 0)
    assert np.prod(ours.prob(X)) == 0.0
    assert -5000 < ours.log_likelihood(X) < -500


@FAMILIES
def test_a_sample_of_weight_zero_counts_for_nothing(family):
    ours = EXAMPLES[family].ours
    X = np.append(ours.sample(5, 0), 1e6)  # impossible, or nearly so
    weight = [1, 1, 1, 1, 1, 0]
    assert ours.log_likelihood(X, weight) == pytest.approx(ours.log_likelihood(X[:5]))
    with pytest.raises(ValueError, match="non-negative"):
        ours.log_likelihood(X, [1, 1, 1, 1, 1, -1])


@FAMILIES
def test_kl_is_the_expected_log_ratio(family):
    p, q = PAIRS[family]
    ratio = p.expectation(lambda x: p.ours.log_prob(x) - q.ours.log_prob(x))
    assert float(p.ours.kl(q.ours)) == pytest.approx(ratio, rel=1e-9)
    cross = p.expectation(lambda x: -q.ours.log_prob(x))
    assert cross == pytest.approx(float(p.ours.entropy() + p.ours.kl(q.ours)), rel=1e-8)


@FAMILIES
@given(data=st.data())
def test_gibbs_inequality(family, data):
    p = data.draw(STRATEGIES[family]).ours
    q = data.draw(STRATEGIES[family]).ours
    assert abs(float(p.kl(p))) <= 1e-12
    trials_or_outcomes = [getattr(d, "n", np.size(getattr(d, "p", 0))) for d in (p, q)]
    if trials_or_outcomes[0] != trials_or_outcomes[1]:
        with pytest.raises(ValueError, match="kl expects"):
            p.kl(q)
        return
    divergence = float(p.kl(q))
    assert divergence >= 0
    if divergence == 0:
        np.testing.assert_allclose(p.mean, q.mean, rtol=1e-6, atol=1e-6)


def test_kl_is_of_one_family():
    with pytest.raises(TypeError, match=r"expects another Normal \(got Poisson\); across"):
        EXAMPLES["normal"].ours.kl(EXAMPLES["poisson"].ours)


@FAMILIES
def test_outside_the_support_the_mass_is_zero_and_never_unknown(family):
    ours = EXAMPLES[family].ours
    x = np.array([-np.inf, np.inf, -1e300, 1e300, 0.5, -1.0, 0.0, 2.0, 1e308])
    log_prob = ours.log_prob(x)
    assert not np.isnan(log_prob).any()
    assert (log_prob[:4] < -1e300).all()
    assert (ours.prob(x)[:4] == 0).all()
    np.testing.assert_array_equal(ours.cdf(x)[:4], [0, 1, 0, 1])
    if EXAMPLES[family].discrete:
        assert log_prob[4] == -np.inf
    for method in (ours.log_prob, ours.prob, ours.cdf, ours.log_likelihood):
        with pytest.raises(ValueError, match=r"x must hold numbers \(got NaN in 1 places\); drop"):
            method([0.0, np.nan])


@FAMILIES
def test_a_distribution_is_a_value(family):
    ours = EXAMPLES[family].ours
    twin = pickle.loads(pickle.dumps(ours))
    assert twin == ours
    assert hash(twin) == hash(ours)
    other = PAIRS[family][1].ours
    assert other != ours
    assert ours != "something else"
    name = ours._parameters[0]
    with pytest.raises(AttributeError, match="is immutable"):
        setattr(ours, name, 0.5)
    with pytest.raises(ValueError, match="read-only"):
        getattr(ours, name)[...] = 0.5
    assert repr(ours).startswith(f"{type(ours).__name__}({name}=")


@FAMILIES
@pytest.mark.parametrize("n", [-1, 2.5, None])
def test_the_number_of_samples_is_checked(family, n):
    with pytest.raises((TypeError, ValueError), match="n must be an integer in"):
        EXAMPLES[family].ours.sample(n, 0)


FITS = {
    "normal": lambda X, w=None: type(EXAMPLES["normal"].ours).fit(X, w),
    "uniform": lambda X, w=None: type(EXAMPLES["uniform"].ours).fit(X, w),
    "bernoulli": lambda X, w=None: type(EXAMPLES["bernoulli"].ours).fit(X, w),
    "binomial": lambda X, w=None: type(EXAMPLES["binomial"].ours).fit(X, w, n=12),
    "poisson": lambda X, w=None: type(EXAMPLES["poisson"].ours).fit(X, w),
    "categorical": lambda X, w=None: type(EXAMPLES["categorical"].ours).fit(X, w, n_outcomes=3),
}


def rival(best, rng):
    """Another member of the family, near to `best`."""
    values = {name: getattr(best, name) for name in best._parameters}
    if "low" in values:
        return type(best)(values["low"] - rng.uniform(), values["high"] + rng.uniform())
    if np.ndim(best.mean) < np.ndim(values.get("p", 0.0)):
        return type(best)(rng.dirichlet(300 * values["p"] + 1))
    name = rng.choice([name for name in values if name != "n"])
    values[name] = values[name] * rng.choice([0.8, 0.99, 0.999, 1.001, 1.01, 1.2])
    return type(best)(**values)


@FAMILIES
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_no_other_member_of_the_family_is_more_likely_than_the_fit(family, seed, weighted):
    rng = np.random.default_rng(seed)
    X = EXAMPLES[family].ours.sample(80, rng)
    weight = rng.uniform(0, 3, 80) if weighted else None
    best = FITS[family](X, weight)
    for other in (rival(best, rng), EXAMPLES[family].ours):
        assert best.log_likelihood(X, weight) >= other.log_likelihood(X, weight) - 1e-9


@FAMILIES
def test_integer_weights_are_copies(family):
    ours = EXAMPLES[family].ours
    X = ours.sample(60, 0)
    copies = np.random.default_rng(0).integers(0, 4, 60)
    weighted, repeated = FITS[family](X, copies), FITS[family](np.repeat(X, copies))
    for name in ours._parameters:
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-12)


@FAMILIES
@pytest.mark.parametrize(
    ("X", "weight", "message"),
    [
        ([], None, "at least one sample"),
        (1.0, None, "at least one sample"),
        ([0.0, np.nan], None, "X must be finite"),
        ([0.0, np.inf], None, "X must be finite"),
        ([0.0, 1.0], [1, -1], "finite and non-negative"),
        ([0.0, 1.0], [1, np.nan], "finite and non-negative"),
        ([0.0, 1.0], [1, 1, 1], r"expected shape \(2,\)"),
        ([0.0, 1.0], [0, 0], "not be zero for every row"),
    ],
)
def test_what_nothing_can_be_estimated_from_is_refused(family, X, weight, message):
    with pytest.raises(ValueError, match=message):
        FITS[family](X, weight)


@pytest.mark.parametrize("family", ["normal", "uniform", "bernoulli", "binomial", "poisson"])
def test_there_is_one_distribution_per_column(family):
    ours = EXAMPLES[family].ours
    X = ours.sample(90, 0).reshape(30, 3)
    fitted = FITS[family](X)
    for j in range(3):
        column = FITS[family](X[:, j])
        for name in ours._parameters:
            value = np.broadcast_to(getattr(fitted, name), 3)[j]
            np.testing.assert_allclose(value, getattr(column, name), rtol=1e-12)
        np.testing.assert_allclose(fitted.log_prob(X)[:, j], column.log_prob(X[:, j]), rtol=1e-12)
        np.testing.assert_allclose(fitted.cdf(X)[:, j], column.cdf(X[:, j]), rtol=1e-12)
        np.testing.assert_allclose(fitted.entropy()[j], column.entropy(), rtol=1e-12)
    assert fitted.sample(5, 0).shape == (5, 3)
    assert fitted.kl(fitted).shape == (3,)
    assert fitted.log_likelihood(X) == pytest.approx(fitted.log_prob(X).sum())
    weight = np.arange(30)
    expected = weight @ fitted.log_prob(X).sum(axis=1)
    assert fitted.log_likelihood(X, weight) == pytest.approx(expected)
