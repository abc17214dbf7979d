"""Probabilistic classifiers with scikit-learn's names, parameters and attributes."""

from probml.classifiers.discriminant import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from probml.classifiers.logistic import LogisticRegression
from probml.classifiers.many import fit_many, fit_many_chunks
from probml.classifiers.mlp import MLPClassifier
from probml.classifiers.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB

__all__ = [
    "BernoulliNB",
    "GaussianNB",
    "LinearDiscriminantAnalysis",
    "LogisticRegression",
    "MLPClassifier",
    "MultinomialNB",
    "QuadraticDiscriminantAnalysis",
    "fit_many",
    "fit_many_chunks",
]
