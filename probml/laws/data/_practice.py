"""Laws DT-14 to DT-18 of the theme DT: networks, comparisons, seeds, and the laws themselves."""

import importlib.metadata
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.classifiers import MLPClassifier
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.metrics import accuracy, label_agreement, max_abs_difference
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- DT-14: a first network -------------------------------------------------------------------


class _Architecture(NamedTuple):
    """Features, units of the hidden layers, and outputs."""

    n_features: int
    hidden: tuple[int, ...]
    n_outputs: int


def _n_parameters(n_features: int, hidden: tuple[int, ...], n_outputs: int) -> int:
    """Of a network that was fitted; one output stands for two classes."""
    n_classes = max(n_outputs, 2)
    model = MLPClassifier(hidden, solver="sgd", max_iter=1, random_state=0)
    model.fit(np.eye(n_classes, n_features), np.arange(n_classes))
    return sum(part.size for part in [*model.coefs_, *model.intercepts_])


def _parameters_residual(count: Callable[..., int], case: _Architecture) -> float:
    expected, fan_in = 0, case.n_features
    for units in (*case.hidden, case.n_outputs):
        expected += (fan_in + 1) * units
        fan_in = units
    return float(abs(count(*case) - expected))


def _without_intercepts(n_features: int, hidden: tuple[int, ...], n_outputs: int) -> int:
    return _n_parameters(n_features, hidden, n_outputs) - sum(hidden) - n_outputs


# -- DT-15: comparisons -----------------------------------------------------------------------


class _Pair(NamedTuple):
    """Truth, and the probabilities that two models give in hundredths."""

    y: NDArray[np.intp]
    ours: NDArray[np.intp]
    theirs: NDArray[np.intp]


@st.composite
def _pairs(draw: DrawFn) -> _Pair:
    n = draw(st.integers(1, 8))
    shares = arrays(np.intp, n, elements=st.integers(0, 100))
    truth = arrays(np.intp, n, elements=st.integers(0, 1))
    return _Pair(draw(truth), draw(shares), draw(shares))


def _compared(y: Any, ours: FloatArray, theirs: FloatArray) -> tuple[float, float, float]:
    """Difference of accuracy, share of equal labels, largest difference of probabilities."""
    a, b = ours[:, 1] > 0.5, theirs[:, 1] > 0.5
    delta = accuracy(y, a.astype(int)) - accuracy(y, b.astype(int))
    return delta, label_agreement(a, b), max_abs_difference(ours[:, 1], theirs[:, 1])


def _tables(case: _Pair) -> tuple[FloatArray, FloatArray]:
    first, second = (np.stack([100 - p, p], axis=1) / 100 for p in case[1:])
    return first, second


def _comparison_residual(compared: Callable[..., Any], case: _Pair) -> float:
    n, rows = len(case.y), list(zip(*(part.tolist() for part in case), strict=True))
    wins = sum(((p > 50) == t) - ((q > 50) == t) for t, p, q in rows)
    agreed = sum((p > 50) == (q > 50) for _, p, q in rows)
    expected = (wins / n, agreed / n, max(abs(p - q) for _, p, q in rows) / 100)
    ours, theirs = _tables(case)
    delta, *same = compared(case.y, theirs, ours)
    swapped = relative((delta, *same), (-wins / n, *expected[1:]))
    return largest(relative(compared(case.y, ours, theirs), expected), swapped)


def _signed(y: Any, ours: FloatArray, theirs: FloatArray) -> tuple[float, float, float]:
    return (*_compared(y, ours, theirs)[:2], float(np.max((ours - theirs)[:, 0])))


def _both_right(y: Any, ours: FloatArray, theirs: FloatArray) -> tuple[float, float, float]:
    delta, _, largest = _compared(y, ours, theirs)
    right = [(table[:, 1] > 0.5) == y for table in (ours, theirs)]
    return delta, float(np.mean(right[0] & right[1])), largest


# -- DT-16: seeds -----------------------------------------------------------------------------


class _Seeded(NamedTuple):
    """Samples and a seed."""

    X: FloatArray
    seed: int


_SEEDED = st.builds(
    _Seeded,
    arrays(float, st.tuples(st.just(4), st.integers(1, 3)), elements=st.integers(-3, 3).map(float)),
    st.integers(0, 1000),
)


def _weights(X: FloatArray, seed: Any) -> FloatArray:
    model = MLPClassifier((3,), solver="sgd", batch_size=2, max_iter=2, random_state=seed)
    model.fit(X, np.arange(len(X)) % 2)
    weights: FloatArray = np.concatenate([W.ravel() for W in model.coefs_])
    return weights


def _seeds_residual(fit: Callable[[FloatArray, int], FloatArray], case: _Seeded) -> float:
    """Number of the things that are wrong."""
    state = np.random.get_state()  # noqa: NPY002 (whether it is left alone is the question)
    try:
        first, again = fit(*case), fit(*case)
        other = fit(case.X, case.seed + 1)
        now = np.random.get_state()  # noqa: NPY002
    finally:
        np.random.set_state(state)  # noqa: NPY002
    touched = any(not np.array_equal(a, b) for a, b in zip(state, now, strict=True))
    return identical(again, first) + (1.0 - identical(other, first)) + float(touched)


def _global_seed(X: FloatArray, seed: int) -> FloatArray:
    np.random.seed(seed)  # noqa: NPY002 (the mistake that is to be found)
    return _weights(X, np.random.randint(1 << 30))  # noqa: NPY002


# -- DT-17: laws about laws -------------------------------------------------------------------


class _Candidate(NamedTuple):
    """An absolute value that is wrong from -t on, in some way or in none."""

    t: int
    wrong: str

    def __call__(self, x: int) -> float:
        if x > -self.t or self.wrong == "nothing":
            return abs(x)
        if self.wrong == "raises":
            raise ArithmeticError("no absolute value")
        return math.nan if self.wrong == "nan" else x


_ABSOLUTE = Law(
    id="XX-00",
    title="absolute values are even",
    text="x and -x have the same absolute value",
    latex="|-x| = |x|",
    source="",
    cases=st.integers(-20, 20),
    residual=lambda absolute, x: abs(absolute(-x) - absolute(x)),
    tolerance=0.0,
    reason="integers are exact",
    subject=abs,
    mutants=(Mutant("the sign is kept", lambda x: x),),
)


def _holds(law: Law, candidate: Any) -> bool:
    return law.check(candidate).verdict == "holds"


def _verdict_residual(holds: Callable[[Law, Any], bool], case: _Candidate) -> float:
    return float(holds(_ABSOLUTE, case) != (case.wrong == "nothing"))


def _first_case_only(law: Law, candidate: Any) -> bool:
    return law.check(candidate, max_examples=1).verdict == "holds"


def _errors_pass(law: Law, candidate: Any) -> bool:
    result = law.check(candidate)
    return result.verdict == "holds" or result.reason.startswith("raised")


def _nan_passes(law: Law, candidate: Any) -> bool:
    result = law.check(candidate)
    return result.verdict == "holds" or "NaN" in result.reason


# -- DT-18: tools -----------------------------------------------------------------------------

_FRAMEWORKS = ("keras", "tensorflow", "torch", "jax")


def _required() -> list[str]:
    """Distributions that an installation of this library asks for, extras included."""
    return importlib.metadata.requires("probml") or []


def _tools_residual(required: Callable[[], list[str]], framework: str) -> float:
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in required()}
    return float(framework in names) + float(not {"numpy", "scipy", "scikit-learn"} <= names)


LAWS = (
    Law(
        id="DT-14",
        title="the first network",
        text="Every layer has a weight for each pair of units and an intercept for each unit of "
        "its own: 784, 512 and 10 units have 407,050 parameters.",
        latex=r"\sum_l (n_{l-1} + 1)\, n_l",
        source="tanimutomo 2019 (Chollet ch. 2), item 6, item 35",
        cases=st.builds(
            _Architecture,
            st.integers(1, 5),
            st.lists(st.integers(1, 6), max_size=3).map(tuple),
            st.sampled_from([1, 3, 4]),
        ),
        residual=_parameters_residual,
        tolerance=0.0,
        reason="parameters are counted",
        subject=_n_parameters,
        mutants=(
            Mutant("without intercepts", _without_intercepts),
            Mutant("intercepts of the inputs too", lambda d, h, K: _n_parameters(d, h, K) + d),
            Mutant("one hidden layer", lambda d, h, K: _n_parameters(d, h[:1], K)),
        ),
        examples=(_Architecture(784, (512,), 10),),
    ),
    Law(
        id="DT-15",
        title="comparisons are paired",
        text="Differences are ours minus theirs over the same samples: swapping the two negates "
        "them, and leaves their agreement and their largest distance.",
        latex=r"\Delta(A, B) = -\Delta(B, A),\quad \max_n |p_n - q_n|",
        source="where tanimutomo 2019 (Chollet ch. 2) stops, after item 35",
        cases=_pairs(),
        residual=_comparison_residual,
        tolerance=1e-12,
        reason="hundredths, which floats round",
        subject=_compared,
        mutants=(
            Mutant(
                "theirs minus ours",
                lambda y, P, Q: (-_compared(y, P, Q)[0], *_compared(y, P, Q)[1:]),
            ),
            Mutant(
                "without a sign",
                lambda y, P, Q: (abs(_compared(y, P, Q)[0]), *_compared(y, P, Q)[1:]),
            ),
            Mutant("largest signed distance", _signed),
            Mutant("agreement with the truth", _both_right),
        ),
    ),
    Law(
        id="DT-16",
        title="seeds",
        text="A fit is a function of data, parameters and seed: equal seeds give equal weights, "
        "and nobody else's random numbers change.",
        latex=r"\hat\theta = f(X, y, \mathrm{seed})",
        source="where the lectures stop; reproducible training",
        cases=_SEEDED,
        residual=_seeds_residual,
        tolerance=0.0,
        reason="bits are compared",
        subject=_weights,
        mutants=(
            Mutant("seed ignored", lambda X, seed: _weights(X, None)),
            Mutant("always the same seed", lambda X, seed: _weights(X, 0)),
            Mutant("the global generator", _global_seed),
        ),
    ),
    Law(
        id="DT-17",
        title="laws can fail",
        text="A check holds exactly for the implementations that obey: one that breaks the law "
        "somewhere, raises or returns NaN is found.",
        latex=r"\mathrm{holds}(f) \iff r(f, x) \le \varepsilon \text{ for every case } x",
        source="where the lectures stop; how this catalogue is tested",
        cases=st.builds(
            _Candidate,
            st.integers(1, 10),
            st.sampled_from(["nothing", "sign", "raises", "nan"]),
        ),
        residual=_verdict_residual,
        tolerance=0.0,
        reason="a verdict is right or wrong",
        subject=_holds,
        mutants=(
            Mutant("nothing is checked", lambda law, candidate: True),
            Mutant("nothing passes", lambda law, candidate: False),
            Mutant("one case", _first_case_only),
            Mutant("errors pass", _errors_pass),
            Mutant("NaN passes", _nan_passes),
        ),
    ),
    Law(
        id="DT-18",
        title="tools",
        text="NumPy computes; the frameworks of the lectures are examples, and none of them is "
        "needed.",
        latex=r"\{\mathrm{keras}, \mathrm{tensorflow}, \dots\} \cap \mathrm{requires} = \emptyset",
        source="roychuang, winter camp, Keras, Installation; Lai 2020, slide 27, slide 28, "
        "slide 37; tanimutomo 2019 (Chollet ch. 2), item 11",
        cases=st.sampled_from(_FRAMEWORKS),
        residual=_tools_residual,
        tolerance=0.0,
        reason="names are compared",
        subject=_required,
        mutants=(
            Mutant("Keras needed", lambda: [*_required(), "keras>=3"]),
            Mutant("TensorFlow in an extra", lambda: [*_required(), "TensorFlow; extra == 'gpu'"]),
            Mutant("nothing declared", list),
        ),
    ),
)
