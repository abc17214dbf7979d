"""Laws DT-11 to DT-18 of the theme DT: what is said of a prediction, and how to trust it."""

import importlib.metadata
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import ArrayLike, NDArray

from probml.classifiers import MLPClassifier
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, refused, relative
from probml.metrics import (
    accuracy,
    check_probabilities,
    class_scores,
    confusion_matrix,
    label_agreement,
    max_abs_difference,
)
from probml.numerics import FloatArray, log_softmax

__all__ = ["LAWS"]


# -- DT-11: what is a distribution ------------------------------------------------------------


class _Outputs(NamedTuple):
    """One row of outputs, and whether it is a distribution."""

    row: tuple[float, ...]
    valid: bool


@st.composite
def _outputs(draw: DrawFn) -> _Outputs:
    weights = draw(st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(any))
    row = np.array(weights) / sum(weights)
    damage = draw(st.sampled_from(["none", "none", "scaled", "negative", "nan"]))
    if damage == "scaled":
        row *= draw(st.sampled_from([0.5, 0.98, 1.0 - 1e-5, 1.0 + 1e-5, 1.02]))
    elif damage == "negative":
        row[0], row[1] = row[0] + row[1] + 0.1, -0.1
    elif damage == "nan":
        row[0] = np.nan
    return _Outputs(tuple(row.tolist()), damage == "none")


_TEN = (0.01, 0.02, 0.01, 0.03, 0.02, 0.03, 0.5, 0.02, 0.3, 0.08)


def _outputs_residual(check: Callable[[ArrayLike], Any], case: _Outputs) -> float:
    if not case.valid:
        return refused(lambda: check([case.row]))
    return identical(check([case.row]), [case.row])


def _repaired(P: ArrayLike) -> FloatArray:
    table: FloatArray = np.asarray(P) / np.sum(P, axis=-1, keepdims=True)
    return check_probabilities(table)


def _sums_alone(P: ArrayLike) -> ArrayLike:
    if np.any(np.abs(np.sum(P, axis=-1) - 1.0) > 1e-6):
        raise ValueError
    return P


def _below_one(P: ArrayLike) -> ArrayLike:
    if np.any(np.sum(P, axis=-1) > 1.0 + 1e-6) or not np.all(np.asarray(P) >= 0.0):
        raise ValueError
    return P


def _loose(P: ArrayLike) -> FloatArray:
    return check_probabilities(P, tol=0.05)


# -- DT-12: metrics ---------------------------------------------------------------------------


class _Judged(NamedTuple):
    """Number of classes, true labels and predicted ones."""

    n_classes: int
    y_true: list[int]
    y_pred: list[int]


@st.composite
def _judged(draw: DrawFn) -> _Judged:
    K, n = draw(st.integers(2, 4)), draw(st.integers(1, 12))
    labels = st.lists(st.integers(0, K - 1), min_size=n, max_size=n)
    return _Judged(K, draw(labels), draw(labels))


class _Metrics(NamedTuple):
    """Counts of (true, predicted), their share on the diagonal, and scores by class."""

    confusion: Any
    accuracy: float
    precision: Any
    recall: Any
    f1: Any


def _metrics(K: int, y_true: list[int], y_pred: list[int]) -> _Metrics:
    counts = confusion_matrix(y_true, y_pred, range(K))
    return _Metrics(counts, accuracy(y_true, y_pred), *class_scores(y_true, y_pred, range(K)))


def _metrics_residual(metrics: Callable[..., _Metrics], case: _Judged) -> float:
    K, pairs = case.n_classes, list(zip(case.y_true, case.y_pred, strict=True))
    counts = [[pairs.count((i, j)) for j in range(K)] for i in range(K)]
    hits = [counts[k][k] for k in range(K)]
    predicted = [sum(row[k] for row in counts) for k in range(K)]
    actual = [sum(row) for row in counts]
    expected = _Metrics(
        counts,
        sum(hits) / len(pairs),
        [h / p if p else 0.0 for h, p in zip(hits, predicted, strict=True)],
        [h / a if a else 0.0 for h, a in zip(hits, actual, strict=True)],
        [
            2 * h / (p + a) if p + a else 0.0
            for h, p, a in zip(hits, predicted, actual, strict=True)
        ],
    )
    got = metrics(*case)
    return max(relative(a, b) for a, b in zip(got, expected, strict=True))


def _micro(*case: Any) -> _Metrics:
    got = _metrics(*case)
    everywhere = np.full(len(got.confusion), got.accuracy)
    return _Metrics(got.confusion, got.accuracy, everywhere, everywhere, everywhere)


def _changed(change: Callable[[_Metrics], dict[str, Any]]) -> Callable[..., _Metrics]:
    def metrics(*case: Any) -> _Metrics:
        right = _metrics(*case)
        return right._replace(**change(right))

    return metrics


# -- DT-13: vectorization ---------------------------------------------------------------------


class _Layer(NamedTuple):
    """Samples, weights and intercepts of one layer."""

    X: FloatArray
    W: FloatArray
    b: FloatArray


@st.composite
def _layers(draw: DrawFn) -> _Layer:
    n, d, K = (draw(st.integers(1, 4)) for _ in range(3))
    entries = st.floats(-3, 3).map(lambda v: round(v, 3))
    return _Layer(*(draw(arrays(float, shape, elements=entries)) for shape in ((n, d), (d, K), K)))


def _layer(X: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    return log_softmax(X @ W + b)


def _layer_residual(layer: Callable[..., Any], case: _Layer) -> float:
    """Distance from the same, one number at a time."""
    X, W, b = (array.tolist() for array in case)
    rows = []
    for x in X:
        z = [bk + math.fsum(xi * W[i][k] for i, xi in enumerate(x)) for k, bk in enumerate(b)]
        total = math.log(math.fsum(math.exp(zk) for zk in z))
        rows.append([zk - total for zk in z])
    return relative(layer(*case), rows)


def _over_everything(X: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    z = X @ W + b
    return log_softmax(z.ravel()).reshape(z.shape)


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
    return max(relative(compared(case.y, ours, theirs), expected), swapped)


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
        id="DT-11",
        title="what is a distribution",
        text="Outputs that do not sum to one, or of which one is negative or NaN, are refused, "
        "not repaired; a distribution is accepted unchanged.",
        latex=r"p_k \ge 0,\quad \bigl|\sum_k p_k - 1\bigr| \le 10^{-6}",
        source="tanimutomo 2019 (Chollet ch. 2), item 8, item 18, item 26, item 29",
        cases=_outputs(),
        residual=_outputs_residual,
        tolerance=0.0,
        reason="accepted or refused",
        subject=check_probabilities,
        mutants=(
            Mutant("everything accepted", np.asarray),
            Mutant("divided by the sum", _repaired),
            Mutant("negative ones accepted", _sums_alone),
            Mutant("two percent accepted", _loose),
            Mutant("sums below one accepted", _below_one),
        ),
        # The outputs of the source sum to 1.02; divided by it they are probabilities.
        examples=(
            _Outputs(_TEN, False),
            _Outputs(tuple(p / 1.02 for p in _TEN), True),
        ),
    ),
    Law(
        id="DT-12",
        title="metrics of labels",
        text="Rows of the confusion matrix are the truth and sum to the class counts, its "
        "diagonal is the accuracy, and each class has a precision, a recall and their harmonic "
        "mean.",
        latex=r"\mathrm{accuracy} = \operatorname{tr} C / N,\quad "
        r"P_k = C_{kk} / \sum_j C_{jk},\quad R_k = C_{kk} / \sum_j C_{kj}",
        source="tanimutomo 2019 (Chollet ch. 2), item 7",
        cases=_judged(),
        residual=_metrics_residual,
        tolerance=1e-12,
        reason="one division each",
        subject=_metrics,
        mutants=(
            Mutant("transposed", _changed(lambda m: {"confusion": m.confusion.T})),
            Mutant(
                "precision and recall exchanged",
                _changed(lambda m: {"precision": m.recall, "recall": m.precision}),
            ),
            Mutant("one score for all classes", _micro),
            Mutant(
                "arithmetic mean for F1",
                _changed(lambda m: {"f1": (m.precision + m.recall) / 2}),
            ),
            Mutant("mean recall for accuracy", _changed(lambda m: {"accuracy": np.mean(m.recall)})),
        ),
        examples=(_Judged(2, [0, 1, 1, 1], [0, 1, 1, 0]),),
    ),
    Law(
        id="DT-13",
        title="vectors for loops",
        text="A whole table at once gives what a loop over its numbers gives.",
        latex=r"\log \operatorname{softmax}(XW + b)_{nk} = z_{nk} - \log \sum_j e^{z_{nj}}",
        source="Lai 2020, slide 27, slide 28, slide 37; tanimutomo 2019 (Chollet ch. 2), item 20",
        cases=_layers(),
        residual=_layer_residual,
        tolerance=1e-12,
        reason="sums of at most four products",
        subject=_layer,
        mutants=(
            Mutant("over samples", lambda X, W, b: log_softmax((X @ W + b).T).T),
            Mutant("over the whole table", _over_everything),
            Mutant("weights transposed", lambda X, W, b: log_softmax(X @ W.T + b)),
            Mutant("softmax twice", lambda X, W, b: log_softmax(np.exp(_layer(X, W, b)))),
            Mutant("intercepts by sample", lambda X, W, b: log_softmax(X @ W + b[:, None])),
        ),
    ),
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
