"""A multi-layer perceptron: logistic regression on features that are learnt along with it.

With hidden layers ``a_l = phi(a_{l-1} W_l + b_l)``, ``a_0 = x``, the scores of the classes are

    s(x) = a_{L-1} W_L + b_L,    p(C_k | x) = softmax(s(x))_k        (catalogue NN-03, NN-07),

for two classes one output and its sigmoid; for several labels per row a sigmoid for each label,
and the sum of their cross-entropies.  The parameters minimise the mean cross-entropy plus
``alpha / (2 n) * sum_l ||W_l||^2`` (catalogue NN-21), whose gradient is in
:mod:`probml.classifiers._network` and whose descent is in :mod:`probml.optimize`.
"""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike
from sklearn import neural_network as theirs
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from probml._validation import check_choice, check_flag, check_number
from probml.calculus import GradientCheck, check_gradient
from probml.classifiers._base import all_or_nothing
from probml.classifiers._class_labels import known_classes
from probml.classifiers._minibatches import dense
from probml.classifiers._mlp_fit import TrainedNetwork, keeping_last_good
from probml.classifiers._network import hidden_values, join, loss_and_gradient, network_scores
from probml.classifiers._training import Epoch, Rule
from probml.classifiers._twins import Twinned
from probml.numerics import ACTIVATIONS, FloatArray
from probml.optimize import SGD, AdaGrad, Adam, RMSProp

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["MLPClassifier"]

_SOLVERS = ("lbfgs", "sgd", "adam", "adagrad", "rmsprop")
_SCHEDULES = ("constant", "invscaling", "adaptive", "cosine")
_SAME = ("n_iter_", "t_", "loss_", "n_layers_", "n_outputs_", "out_activation_")


class MLPClassifier(Twinned, TrainedNetwork):
    """Multi-layer perceptron, the drop-in twin of :class:`sklearn.neural_network.MLPClassifier`.

    Minimises the weighted mean of the cross-entropies plus
    ``alpha / (2 sum of weights) * sum_l ||W_l||^2``; intercepts are not penalised, and on a
    mini-batch both sums are the batch's.  Source: catalogue NN-01 to NN-21, LR-09, OP-07 to
    OP-11.  A model that was fitted on float32 or uint8 works in float32 throughout.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer; an empty sequence gives logistic regression.
    activation : {"identity", "logistic", "tanh", "relu"}
        Of the hidden layers.
    solver : {"lbfgs", "sgd", "adam", "adagrad", "rmsprop"}
        "lbfgs" works on all rows at once, in float64; the others on mini-batches, by the rule of
        that name in :mod:`probml.optimize`.  The last two are not scikit-learn's.
    alpha : float
        Strength of the L2 penalty, not negative; ``lambda * n`` in terms of catalogue NN-17.
    batch_size : int or "auto"
        Rows per mini-batch, at most all of them; "auto" is ``min(200, n_samples)``.
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}
        The initial rate; divided by ``(t_ + 1)**power_t`` after each epoch; divided by 5 whenever
        `n_iter_no_change` epochs brought no improvement, down to 1e-6; or from step to step
        ``(1 + cos(pi u / U)) / 2`` times the initial one, where U is the number of steps of
        `max_iter` epochs.  "adam" takes notice of "cosine" alone, as in scikit-learn of none.
    learning_rate_init : float
        Initial learning rate of the solvers that work on mini-batches.
    power_t : float
        Exponent of "invscaling".
    max_iter : int
        Most epochs, or most iterations of "lbfgs".
    shuffle : bool
        Whether the order of the rows is drawn anew for each epoch.
    random_state : int, RandomState or None
        Of the initial weights, the validation split and the shuffling, in scikit-learn's order;
        None draws a new seed and leaves NumPy's global state alone.
    tol : float
        Least improvement of the loss (or validation score) that counts; for "lbfgs", the largest
        entry of the gradient at the end.
    verbose : bool or int
        Whether each epoch is logged, at level INFO of the logger ``probml.classifiers.mlp``.
    warm_start : bool
        Whether a fit continues the last one: its weights, its records and its best value.
    momentum : float
        Of "sgd", in [0, 1].
    nesterovs_momentum : bool
        Whether "sgd" uses Nesterov's momentum.
    early_stopping : bool
        Whether an epoch is judged by its accuracy on rows that are held out; the fit then ends
        with the weights of the best epoch.  Not for "lbfgs".
    validation_fraction : float
        Share of the rows to hold out; for two classes the split is stratified.
    beta_1, beta_2, epsilon : float
        Of "adam"; see :class:`probml.optimize.Adam`.  `epsilon` is that of "adagrad" and
        "rmsprop", too.
    n_iter_no_change : int or inf
        Epochs without an improvement by `tol` that are put up with.
    max_fun : int
        Most evaluations of the loss by "lbfgs".
    rho : float
        Of "rmsprop"; see :class:`probml.optimize.RMSProp`.
    class_weight : dict, "balanced" or None
        Factor on the weights of each class; "balanced" gives all classes the same total.
    callback : callable or None
        Called as ``callback(model, epoch)`` after every epoch, or iteration of "lbfgs": the model
        is whole and can predict and be saved, `epoch` is its last row of `history_`, with the
        same names.  A file of a model does not keep it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in sorted order.
    coefs_ : list of ndarray, entry l of shape (units[l], units[l + 1])
        Weights of each layer.
    intercepts_ : list of ndarray, entry l of shape (units[l + 1],)
        Intercepts of each layer.
    loss_ : float
        Loss of the last epoch: the mean over its batches, each before its own step.
    loss_curve_ : list of float
        Loss of every epoch, or of every iteration of "lbfgs".
    best_loss_ : float or None
        Smallest entry of `loss_curve_`; None with early stopping.
    validation_scores_ : list of float or None
        Held-out accuracy after every epoch; None without early stopping.
    best_validation_score_ : float or None
        Largest entry of `validation_scores_`.
    n_iter_ : int
        Epochs (or iterations) of the last fit.
    t_ : int or float
        Sum of the weights of all rows seen: their number if all weights are one.
    n_updates_ : int
        Steps on mini-batches since the weights were drawn: ``ceil(n / batch_size)`` per epoch
        (catalogue DT-08); 0 for "lbfgs", which makes no mini-batches.
    history_ : DataFrame
        For every entry of `loss_curve_` the loss, the penalty in it, the accuracy on the training
        rows, the length of the gradient (all four before the steps they led to, and for
        mini-batches averaged over an epoch), the learning rate, and with early stopping the loss
        and accuracy on the rows held out.
    n_layers_, n_outputs_ : int
        Number of layers, counting the input; outputs, 1 for two classes.
    out_activation_ : {"softmax", "logistic"}
        What turns outputs into probabilities; "logistic" for two classes and for several labels
        per row.
    n_features_in_ : int
        Features seen in the fit.

    Notes
    -----
    A model of several labels per row has predictions of zeros and ones, ``p(label k | x)`` in the
    columns of `predict_proba`, whose rows do not sum to one, and log-odds as its decisions; all
    of shape (n_samples, n_outputs_).

    Examples
    --------
    Exclusive or, which no linear model can learn (catalogue NN-19):

    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["even", "odd", "odd", "even"]
    >>> model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> model.predict(X).tolist()
    ['even', 'odd', 'odd', 'even']
    """

    _twin = theirs.MLPClassifier

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        solver: Literal["lbfgs", "sgd", "adam", "adagrad", "rmsprop"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive", "cosine"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        rho: float = 0.9,
        class_weight: dict[Any, float] | str | None = None,
        callback: "Callable[[MLPClassifier, Epoch], None] | None" = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.rho = rho
        self.class_weight = class_weight
        self.callback = callback

    def _check_parameters(self) -> None:
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("solver", self.solver, _SOLVERS)
        check_choice("learning_rate", self.learning_rate, _SCHEDULES)
        for name in ("alpha", "power_t", "tol"):
            check_number(name, getattr(self, name), 0, open_high=True)
        init = self.learning_rate_init
        check_number("learning_rate_init", init, 0, open_low=True, open_high=True)
        for name in ("max_iter", "max_fun"):
            check_number(name, getattr(self, name), 1, integer=True)
        if self.n_iter_no_change != math.inf:
            check_number("n_iter_no_change", self.n_iter_no_change, 1, integer=True)
        if not (isinstance(self.batch_size, str) and self.batch_size == "auto"):
            check_number('batch_size, unless "auto",', self.batch_size, 1, integer=True)
        for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
            check_flag(name, getattr(self, name))
        check_number("validation_fraction", self.validation_fraction, 0, 1, open_high=True)
        if self.callback is not None and not callable(self.callback):
            raise ValueError(f"callback must be callable or None (got {self.callback!r})")
        for rule in self._rules().values():
            rule()

    def _rules(self) -> dict[str, Callable[[], Rule]]:
        eta, epsilon = self.learning_rate_init, self.epsilon
        return {
            "sgd": lambda: SGD(eta, self.momentum, bool(self.nesterovs_momentum)),
            "adagrad": lambda: AdaGrad(eta, epsilon),
            "rmsprop": lambda: RMSProp(eta, self.rho, epsilon),
            "adam": lambda: Adam(eta, self.beta_1, self.beta_2, epsilon),
        }

    def _rule(self) -> Rule:
        return self._rules()[self.solver]()

    @property
    def _hidden_widths(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        widths = list(sizes if isinstance(sizes, Iterable) else [sizes])
        for width in widths:
            check_number("every entry of hidden_layer_sizes", width, 1, integer=True)
        return [int(width) for width in widths]

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the network, by `max_iter` epochs at most.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)
            Training data, rows are samples; float64, float32 and uint8 are not copied.  Sparse
            rows are made dense batch by batch, for "lbfgs" all at once.
        y : array_like of shape (n_samples,), or array_like or sparse of (n_samples, n_labels)
            Labels: integers or strings; or zeros and ones, a column for each of several labels
            that a row may have.  These get probabilities of their own, and `classes_` are
            their numbers from 0.
        sample_weight : array_like of shape (n_samples,), optional
            A weight of k stands for k copies of a row, a weight of zero for none.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter is not what was asked for, and the model is what it was
            before; or if the loss is no longer finite: the model then has the weights and the
            records of the last good epoch, if there was one.
        """
        with keeping_last_good(self):
            return super().fit(X, y, sample_weight)

    def _in_parts(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError(
                "partial_fit works on mini-batches, and solver='lbfgs' on all rows at once; "
                "choose another solver"
            )
        return True

    @available_if(_in_parts)  # type: ignore[untyped-decorator, unused-ignore]
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """One epoch more, over these rows alone; the optimiser remembers the earlier ones.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.
        y : array_like of shape (n_samples,) or (n_samples, n_labels)
            Their labels.
        classes : array_like of shape (n_classes,), optional
            All labels that will ever come; required at the first call.  Of several labels per
            row, the numbers of the columns.
        sample_weight : array_like of shape (n_samples,), optional
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `classes` is missing at the first call or differs later, a label is not among
            them, the number of features changes, a parameter asks for all rows at once, or the
            loss is no longer finite; the model is then what it was before.
        """
        with all_or_nothing(self):
            self._check_partial()
            first = not hasattr(self, "classes_")
            known = known_classes(None if first else self.classes_, classes)
            rows, y, weight = self._training_data(X, y, sample_weight, reset=first)
            self.classes_ = known
            self._fit_part(rows, self._positions(y), weight)
        return self

    def _check_partial(self) -> None:
        for name, value in (
            ("early_stopping", True),
            ("learning_rate", "cosine"),
            ("class_weight", "balanced"),
        ):
            given = getattr(self, name)
            if isinstance(given, type(value)) and given == value:
                raise ValueError(
                    f"partial_fit does not support {name}={value!r}: it needs all rows or epochs "
                    "to be known; use fit"
                )

    def resume(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Finish a fit that was cut short, from a model that a callback saved or pickled.

        With the same parameters, data and number of threads the weights are, to the bit, those
        of a fit that was never interrupted.

        Parameters
        ----------
        X, y, sample_weight
            What the fit was given.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the model is of no unfinished fit on mini-batches, or the data are not the same.

        Examples
        --------
        >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
        >>> def checkpoint(model, epoch):
        ...     if model.n_iter_ == 20:
        ...         model.save("checkpoint.npz")
        >>> words = {"max_iter": 40, "tol": 0.0, "n_iter_no_change": 99, "random_state": 0}
        >>> import os, tempfile, warnings
        >>> warnings.simplefilter("ignore")  # forty epochs are too few
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     os.chdir(folder)
        ...     whole = MLPClassifier((4,), callback=checkpoint, **words).fit(X, y)
        ...     resumed = MLPClassifier.load("checkpoint.npz").resume(X, y)
        ...     os.chdir(os.pardir)
        >>> bool((resumed.coefs_[0] == whole.coefs_[0]).all()), resumed.n_iter_
        (True, 40)
        """
        check_is_fitted(self)
        if "_checkpoint" not in vars(self):
            raise ValueError(
                "this model is of no unfinished fit on mini-batches, so there is nothing to "
                "resume; save it in a callback, while the fit goes on"
            )
        with keeping_last_good(self), all_or_nothing(self):
            rows, labels, weight = self._training_data(X, y, sample_weight, reset=False)
            self._fit_rest(rows, self._positions(labels), weight)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, which :meth:`load` reads, but not its callback.

        Within a fit, from a callback, the file holds what :meth:`resume` needs.  See
        :meth:`ProbabilisticClassifier.save` for the rest.
        """
        callback, self.callback = self.callback, None
        try:
            super().save(path)
        finally:
            self.callback = callback

    @property
    def history_(self) -> "DataFrame":
        """What was recorded of every epoch, or iteration of "lbfgs", from the first one on."""
        import pandas as pd

        check_is_fitted(self)
        frame = pd.DataFrame(self._epochs, columns=Epoch._fields, dtype=float)
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="epoch")
        judged = frame["validation_accuracy"].notna().any()
        return frame if judged else frame.drop(columns=[c for c in frame if "validation" in c])

    def hidden_features(self, X: ArrayLike) -> FloatArray:
        """Values of the last hidden layer: the features that the network has learnt.

        The output layer is a softmax (or logistic) regression on them; source: catalogue NN-03,
        NN-19.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Of the type of `coefs_`; without hidden layers, X.

        Examples
        --------
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
        >>> model.hidden_features(X).shape
        (4, 8)
        """
        rows = dense(self._checked_rows(X)).astype(self.coefs_[0].dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            return hidden_values(rows, self._parameters, self.activation)

    def gradient_check(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        n_parameters: int | None = 200,
    ) -> GradientCheck:
        """Hold the gradient of backpropagation against differences of the loss (catalogue NN-14).

        At the fitted parameters, in float64, on all rows given.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`; labels that the model knows.
        n_parameters : int or None
            How many of the parameters to look at, the same ones every time; None for all.

        Returns
        -------
        GradientCheck
            In the order of all weights, layer by layer, then all intercepts.  Errors of a smooth
            activation are about 1e-9; relu adds something for every unit that changes sides
            within a difference, about 1e-5.

        Examples
        --------
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
        >>> bool(model.gradient_check(X, y).error < 1e-7)
        True
        """
        check_is_fitted(self)
        rows, labels, weight = self._training_data(X, y, sample_weight, reset=False)
        raw = np.ones(len(labels)) if weight is None else weight
        self._check_same_kind(labels)
        index, theta = self._positions(labels), join(self._parameters)
        theta, rows = theta.astype(np.float64), dense(rows).astype(np.float64)
        looked_at = np.arange(len(theta))
        if n_parameters is not None and n_parameters < len(theta):
            check_number("n_parameters", n_parameters, 1, integer=True)
            random = np.random.default_rng(0)
            looked_at = np.sort(random.choice(len(theta), n_parameters, replace=False))

        def at(part: FloatArray) -> tuple[float, FloatArray]:
            moved = theta.copy()
            moved[looked_at] = part
            value, gradient = loss_and_gradient(
                moved, self._units, rows, index, raw, self.alpha, self.activation
            )
            return value, gradient[looked_at]

        return check_gradient(lambda v: at(v)[0], lambda v: at(v)[1], theta[looked_at])

    def _scores(self, X: Any) -> FloatArray:
        return network_scores(X, self._parameters, self.activation)

    def _import(self, fitted: Any) -> None:
        self.coefs_ = [W.copy() for W in fitted.coefs_]
        self.intercepts_ = [b.copy() for b in fitted.intercepts_]
        self.loss_curve_ = list(getattr(fitted, "loss_curve_", []))  # "lbfgs" has none there
        unknown = (math.nan,) * (len(Epoch._fields) - 3)
        self._epochs = [(loss, *unknown, None, None) for loss in self.loss_curve_]
        for name in (*_SAME, "best_loss_", "validation_scores_", "best_validation_score_"):
            setattr(self, name, copy(getattr(fitted, name, None)))
        self.n_updates_, self._trained_classes = 0, self.classes_
        self._stalled = getattr(fitted, "_no_improvement_count", 0)

    def _export(self, twin: Any) -> None:
        for name in _SAME:
            setattr(twin, name, getattr(self, name))
        twin.coefs_ = [W.copy() for W in self.coefs_]
        twin.intercepts_ = [b.copy() for b in self.intercepts_]
        twin.loss_curve_, twin.best_loss_ = list(self.loss_curve_), self.best_loss_
        scores = self.validation_scores_
        twin.validation_scores_ = None if scores is None else list(scores)
        twin.best_validation_score_ = self.best_validation_score_
        twin._no_improvement_count = self._stalled
        twin._label_binarizer = LabelBinarizer().fit(
            np.eye(self.n_outputs_, dtype=np.intp) if self._takes_sets else self.classes_
        )
        if self.solver in ("adagrad", "rmsprop"):
            twin.solver = "adam"
        if self.learning_rate == "cosine":
            twin.learning_rate = "constant"
