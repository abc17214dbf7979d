"""Hostile inputs: an answer that is a table of probabilities, or an error that names its cause.

Warnings are errors here, so nothing leaks out on the way.  ``HOSTILE_EXAMPLES=20000`` in the
environment makes the search as thorough as one likes.
"""

import os
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    MultinomialNB,
    QuadraticDiscriminantAnalysis,
    fit_many,
)

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "60"))

SANE = [0.0, 1.0, 2.0, 3.0, 5.0, -1.0, 0.5]
EXTREME = [1e-320, 1e-200, 1e-160, 1e-140, 1e100, 1e155, 1e200, 1e308, -1e308, 1.0 + 2e-16]
UNUSABLE = [np.nan, np.inf, -np.inf]
NUMBERS = st.one_of(
    st.sampled_from(SANE), st.sampled_from(SANE + EXTREME), st.sampled_from(SANE + UNUSABLE)
)
FRACTIONS = st.sampled_from([0.0, 1e-300, 0.1, 0.5, 1.0, 1.5, -0.1, np.nan, np.inf])
PRIORS = st.sampled_from(
    [None, [0.5, 0.5], [0.2, 0.3, 0.5], [1.0, 0.0], [1.5, -0.5], [np.nan, 1.0], [1e308, 1e308]]
)

PARAMETERS = {
    LinearDiscriminantAnalysis: {
        "shrinkage": st.one_of(st.none(), FRACTIONS, st.just("auto")),
        "priors": PRIORS,
        "tol": st.sampled_from([1e-4, 0.0, 0.5, -1.0]),
        "n_components": st.sampled_from([None, 1, 0, 7]),
    },
    QuadraticDiscriminantAnalysis: {
        "reg_param": FRACTIONS,
        "shrinkage": st.one_of(st.none(), FRACTIONS, st.just("auto")),
        "priors": PRIORS,
    },
    GaussianNB: {"var_smoothing": FRACTIONS, "priors": PRIORS},
    BernoulliNB: {
        "alpha": st.one_of(FRACTIONS, st.just([1.0, 2.0])),
        "binarize": st.sampled_from([0.0, 1.0, -1.0, None, np.nan, 1e308]),
        "class_prior": PRIORS,
        "fit_prior": st.booleans(),
    },
    MultinomialNB: {
        "alpha": st.one_of(FRACTIONS, st.just([1.0, 2.0])),
        "class_prior": PRIORS,
        "fit_prior": st.booleans(),
    },
}
NAMED = re.compile(
    r"\b(X|y|classes|class|features?|samples?|sample_weight|weights|priors|alpha|tol|shrinkage|"
    r"reg_param|var_smoothing|binarize|n_components|chunks|other|NaN|infinity|Negative)\b"
)


@st.composite
def problems(draw):
    """Rows, labels, weights or None, and rows to predict."""
    n, d = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float32, np.uint8]))
    rows = st.lists(st.lists(NUMBERS, min_size=d, max_size=d), min_size=n, max_size=n)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X, test = (np.array(draw(rows)).astype(dtype) for _ in range(2))
    if draw(st.booleans()):
        X = np.repeat(X[:1], n, axis=0)
    y = np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    w = draw(
        st.one_of(
            st.none(),
            st.lists(
                st.sampled_from([0.0, 1.0, 2.0, 0.3, 1e-300, 1e300, -1.0, np.nan]),
                min_size=n,
                max_size=n,
            ),
        )
    )
    return X, y, w, test


def by_fit(model, X, y, w):
    return model.fit(X, y, sample_weight=w)


def by_partial_fit(model, X, y, w):
    for i in np.array_split(np.arange(len(y)), 2):
        if len(i):
            model.partial_fit(X[i], y[i], [0, 1, 2], None if w is None else np.array(w)[i])
    return model


def by_chunks(model, X, y, w):
    parts = [i for i in np.array_split(np.arange(len(y)), 3) if len(i)]
    return model.fit_chunks((X[i], y[i], None if w is None else np.array(w)[i]) for i in parts)


def by_merging(model, X, y, w):
    by_partial_fit(model, X, y, w)
    return model.merge(type(model)(**model.get_params()).fit(X[::-1], y[::-1]))


def beside_another(model, X, y, w):
    return fit_many([GaussianNB(var_smoothing=0.1), model], X, y, w)[1]


ROADS = [by_fit, by_partial_fit, by_chunks, by_merging, beside_another]


def assert_table(model, test):
    log_p = model.predict_log_proba(test)
    assert log_p.shape == (len(test), len(model.classes_))
    assert not np.isnan(log_p).any()
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-12)
    assert not np.isnan(model.joint_log_likelihood(test)).any()
    assert not np.isnan(model.log_evidence(test)).any()
    if np.abs(test).max() < 1e10:
        refused(lambda: model.sample(2, 0))


def refused(act):
    """The message of a refusal, or None where there is an answer."""
    try:
        act()
    except (ValueError, TypeError) as error:
        message = str(error)
    else:
        return None
    assert NAMED.search(message), f"which argument? {message}"
    return message


@pytest.mark.parametrize("cls", PARAMETERS, ids=lambda cls: cls.__name__)
@settings(max_examples=EXAMPLES)
@given(data=st.data(), problem=problems(), road=st.sampled_from(ROADS))
@pytest.mark.filterwarnings("error")
def test_a_table_or_an_error_that_names_its_cause(cls, data, problem, road):
    X, y, w, test = problem
    options = PARAMETERS[cls]
    chosen = data.draw(st.sets(st.sampled_from(sorted(options)), max_size=2))
    model = cls(**{name: data.draw(options[name], label=name) for name in sorted(chosen)})
    if road is by_fit:
        before = dict(vars(model))
        if refused(lambda: road(model, X, y, w)):
            assert vars(model) == before
            with pytest.raises(NotFittedError):
                model.predict(test)
            return
    elif refused(lambda: road(model, X, y, w)):
        return
    if not np.isfinite(test).all():
        assert refused(lambda: model.predict(test))
        test = np.nan_to_num(test, posinf=3e38, neginf=-3e38)
    deferred = road is by_partial_fit or road is by_merging
    if deferred or cls is MultinomialNB or getattr(model, "binarize", 0.0) is None:
        refused(lambda: assert_table(model, test))  # also rows that the model does not know
    else:
        assert_table(model, test)
