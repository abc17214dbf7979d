"""Distributions, and the sufficient statistics that estimate them."""

from probml.distributions._base import Distribution
from probml.distributions._categorical import Bernoulli, Categorical
from probml.distributions._count_statistics import CountStatistics
from probml.distributions._counts import Binomial, Poisson
from probml.distributions._multivariate_normal import MultivariateNormal
from probml.distributions._normal import Normal
from probml.distributions._observed_statistics import ObservedStatistics
from probml.distributions._statistics import GaussianMoments, GaussianStatistics
from probml.distributions._uniform import Uniform

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "CountStatistics",
    "Distribution",
    "GaussianMoments",
    "GaussianStatistics",
    "MultivariateNormal",
    "Normal",
    "ObservedStatistics",
    "Poisson",
    "Uniform",
]
