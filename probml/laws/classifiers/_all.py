"""All laws for classifiers, in the order of their ids."""

from probml.laws.classifiers import (
    _any,
    _discriminative,
    _extremes,
    _generative,
    _relations,
    _worlds,
)

__all__ = ["CLASSIFIER_LAWS"]

_MODULES = (_any, _discriminative, _extremes, _generative, _relations, _worlds)

CLASSIFIER_LAWS = tuple(
    sorted((law for module in _MODULES for law in module.LAWS), key=lambda law: law.id)
)
