"""All laws, in the order of their ids."""

from probml.laws.calculus import _curves, _derivatives, _graphs, _several_variables
from probml.laws.classifiers._all import CLASSIFIER_LAWS
from probml.laws.data import _batches, _practice, _predictions, _preparation
from probml.laws.distributions import _densities, _estimation, _families
from probml.laws.generative import (
    _bayes_rule,
    _economy,
    _gaps,
    _gaussian_classes,
    _log_odds,
    _naive_bayes,
    _references,
    _robustness,
    _singular,
)
from probml.laws.linear_algebra import (
    _arrays,
    _eigenvectors,
    _geometry,
    _iterations,
    _products,
    _spaces,
)
from probml.laws.logistic import (
    _boundaries,
    _comparisons,
    _convexity,
    _gradients,
    _likelihood,
    _model,
    _optima,
    _separable,
    _softmax,
)
from probml.laws.networks import (
    _approximation,
    _backward,
    _features,
    _layers,
    _outputs,
    _reference,
    _training,
    _units,
)
from probml.laws.networks import _comparisons as _network_comparisons
from probml.laws.networks import _gradients as _network_gradients
from probml.laws.optimisation import _descent, _minima, _penalties, _stochastic
from probml.laws.probability import _conditioning, _events, _expectation
from probml.laws.scores import _proper

__all__ = ["CATALOGUE"]

_LINEAR_ALGEBRA = (_arrays, _products, _spaces, _geometry, _eigenvectors, _iterations)
_CALCULUS = (_derivatives, _curves, _several_variables, _graphs)
_OPTIMISATION = (_descent, _minima, _stochastic, _penalties)
_PROBABILITY = (_events, _conditioning, _expectation)
_DISTRIBUTIONS = (_densities, _estimation, _families)
_GENERATIVE = (
    _bayes_rule,
    _log_odds,
    _gaussian_classes,
    _naive_bayes,
    _economy,
    _robustness,
    _singular,
    _references,
    _gaps,
)
_LOGISTIC = (
    _model,
    _likelihood,
    _gradients,
    _convexity,
    _optima,
    _separable,
    _boundaries,
    _softmax,
    _comparisons,
)
_NETWORKS = (
    _units,
    _layers,
    _reference,
    _outputs,
    _network_gradients,
    _backward,
    _approximation,
    _training,
    _features,
    _network_comparisons,
)
_DATA = (_preparation, _batches, _predictions, _practice)

_MODULES = (
    *_LINEAR_ALGEBRA,
    *_CALCULUS,
    *_OPTIMISATION,
    *_PROBABILITY,
    *_DISTRIBUTIONS,
    *_GENERATIVE,
    *_LOGISTIC,
    *_NETWORKS,
    *_DATA,
    _proper,
)

CATALOGUE = tuple(
    sorted(
        (*CLASSIFIER_LAWS, *(law for module in _MODULES for law in module.LAWS)),
        key=lambda law: law.id,
    )
)
