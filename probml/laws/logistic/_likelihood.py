"""Laws LR-03, LR-04: likelihood, and its negative logarithm, the cross-entropy."""

import math
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from scipy import special

from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import binary_cross_entropy
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- LR-03: likelihood ------------------------------------------------------------------------


class _Shuffled(NamedTuple):
    """Rows with parameters, and another order of the rows."""

    task: book.Parametrised
    order: tuple[int, ...]


def _with_order(task: book.Parametrised) -> st.SearchStrategy[_Shuffled]:
    return st.builds(_Shuffled, st.just(task), st.permutations(range(len(task.t))).map(tuple))


_SHUFFLED = st.one_of(book.parametrised(), book.parametrised(800)).flatmap(_with_order)


def _log_likelihood(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    logs = book.with_parameters(w, b).predict_log_proba(X)
    return float(logs[np.arange(len(t)), t.astype(int)].sum())


def _log_of_product(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    """The product itself, with so many digits that it does not vanish."""
    with localcontext(prec=40):
        product = Decimal(1)
        for z, target in zip((X @ w + b).tolist(), t, strict=True):
            sign = 1 if target else -1
            product /= 1 + Decimal(-sign * z).exp()
        return float(product.ln())


def _likelihood_residual(log_likelihood: Any, case: _Shuffled) -> float:
    X, t, w, b = case.task
    order = list(case.order)
    found = log_likelihood(X, t, w, b)
    return largest(
        relative(found, _log_of_product(X, t, w, b)),
        relative(found, -binary_cross_entropy(X @ w + b, t, np.ones(len(t)))[0]),
        relative(log_likelihood(X[order], t[order], w, b), found),
    )


def _of_probabilities(combine: Any, X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    """Something else of the probabilities of the true classes."""
    p = special.expit((2.0 * t - 1.0) * (X @ w + b))
    with np.errstate(divide="ignore"):
        return float(combine(p))


# -- LR-04: cross-entropy ---------------------------------------------------------------------


def _cross_entropy(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    return binary_cross_entropy(X @ w + b, t, np.ones(len(t)))[0]


def _log_f(z: float) -> float:
    return min(z, 0.0) - math.log1p(math.exp(-abs(z)))


def _cross_entropy_residual(cross_entropy: Any, case: book.Parametrised) -> float:
    X, t, w, b = case
    z = (X @ w + b).tolist()
    found = cross_entropy(X, t, w, b)
    by_logs = -math.fsum(a * _log_f(v) + (1.0 - a) * _log_f(-v) for a, v in zip(t, z, strict=True))
    return largest(
        relative(found, by_logs),
        relative(found, book.loss(X, t, w, b)),
        max(0.0, -found),
        relative(cross_entropy(X, t, 0.0 * w, 0.0), len(t) * math.log(2.0)),
        relative(cross_entropy(X, 1.0 - t, -w, -b), found),
    )


def _by_formula(X: FloatArray, t: FloatArray, w: FloatArray, b: float, floor: float = 0.0) -> float:
    """``-t ln f - (1 - t) ln(1 - f)`` of rounded probabilities."""
    f = np.clip(special.expit(X @ w + b), floor, 1.0 - floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(-np.sum(t * np.log(f) + (1.0 - t) * np.log(1.0 - f)))


def _of_signs(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    z = X @ w + b
    return float(np.sum(np.logaddexp(0.0, z) - (2.0 * t - 1.0) * z))


def _one_sided(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    return float(-np.sum(t * special.log_expit(X @ w + b)))


_LECTURES = "notes on Hung-yi Lee's lectures, Logistic Regression, "

LAWS = (
    Law(
        id="LR-03",
        title="likelihood",
        text="The likelihood is a function of the parameters, given all rows: the product of f for "
        "the rows of one class and 1 - f for those of the other, in any order.",
        latex=r"L(w, b) = \prod_{n \in C_1} f(x_n) \prod_{n \in C_2} (1 - f(x_n))",
        source=_LECTURES + "step 2",
        cases=_SHUFFLED,
        residual=_likelihood_residual,
        tolerance=1e-12,
        reason="sums of up to 20 logarithms of one sign",
        subject=_log_likelihood,
        mutants=(
            Mutant("f for both classes", lambda X, t, w, b: _log_likelihood(X, t**0, w, b)),
            Mutant("classes exchanged", lambda X, t, w, b: _log_likelihood(X, 1 - t, w, b)),
            Mutant("one row for all", lambda X, t, w, b: _log_likelihood(X[-1:], t[-1:], w, b)),
            Mutant("mean for sum", lambda X, t, w, b: _log_likelihood(X, t, w, b) / len(t)),
            Mutant(
                "a product that vanishes", partial(_of_probabilities, lambda p: np.log(p.prod()))
            ),
            Mutant("sum for product", partial(_of_probabilities, lambda p: np.log(p.sum()))),
        ),
    ),
    Law(
        id="LR-04",
        title="negative log-likelihood and cross-entropy",
        text="They are the same sum of softplus(z) - t z: never negative, N ln 2 where nothing is "
        "known, and the same for classes exchanged and parameters negated.",
        latex=r"-\ln L = \sum_n -[t_n \ln f(x_n) + (1 - t_n) \ln(1 - f(x_n))] = "
        r"\sum_n [\ln(1 + e^{z_n}) - t_n z_n]",
        source=_LECTURES + "Goodness of Function",
        cases=(book.parametrised(), book.parametrised(800)),
        residual=_cross_entropy_residual,
        tolerance=1e-12,
        reason="sums of up to 20 logarithms of one sign",
        subject=_cross_entropy,
        mutants=(
            Mutant("sign", lambda X, t, w, b: -_cross_entropy(X, t, w, b)),
            Mutant("targets of -1 and 1", _of_signs),
            Mutant("logarithm of zero", _by_formula),
            Mutant("probabilities clipped", partial(_by_formula, floor=1e-15)),
            Mutant("one class alone", _one_sided),
            Mutant("mean for sum", lambda X, t, w, b: _cross_entropy(X, t, w, b) / len(t)),
            Mutant("bits", lambda X, t, w, b: _cross_entropy(X, t, w, b) / math.log(2.0)),
        ),
        # 4 ln 2 = 2.7725887222
        examples=(
            book.Parametrised(
                np.array([[-1.0], [0.0], [1.0], [2.0]]),
                np.array([0.0, 0.0, 1.0, 1.0]),
                np.zeros(1),
                0.0,
            ),
        ),
    ),
)
