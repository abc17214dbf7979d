"""Naive Bayes: features that are independent given the class (catalogue GE-11)."""

from probml.classifiers._discrete_nb import BernoulliNB, MultinomialNB
from probml.classifiers._gaussian_nb import GaussianNB

__all__ = ["BernoulliNB", "GaussianNB", "MultinomialNB"]
