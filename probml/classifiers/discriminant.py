"""Gaussian generative classifiers: a prior, a Gaussian per class, and Bayes' rule."""

from probml.classifiers._linear_discriminant import LinearDiscriminantAnalysis
from probml.classifiers._quadratic_discriminant import QuadraticDiscriminantAnalysis

__all__ = ["LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"]
