"""All laws, in the order of their ids."""

from probml.laws import (
    _batches,
    _estimation,
    _families,
    _graphs,
    _practice,
    _predictions,
    data,
    distributions,
    linear_algebra,
    optimisation,
    probability,
)

__all__ = ["CATALOGUE"]

_MODULES = (
    probability,
    distributions,
    _estimation,
    _families,
    data,
    _batches,
    _predictions,
    _practice,
    _graphs,
    optimisation,
    linear_algebra,
)

CATALOGUE = tuple(
    sorted((law for module in _MODULES for law in module.LAWS), key=lambda law: law.id)
)
