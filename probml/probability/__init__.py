"""Finite probability spaces: events, conditioning, Bayes' rule and random variables."""

from probml.probability._constructors import from_counts, from_joint, product, uniform
from probml.probability._decision import BayesDecision, bayes, bayes_decision
from probml.probability._events import Event
from probml.probability._space import FiniteSpace
from probml.probability._variables import (
    RandomVariable,
    correlation,
    covariance,
    covariance_matrix,
)

__all__ = [
    "BayesDecision",
    "Event",
    "FiniteSpace",
    "RandomVariable",
    "bayes",
    "bayes_decision",
    "correlation",
    "covariance",
    "covariance_matrix",
    "from_counts",
    "from_joint",
    "product",
    "uniform",
]
