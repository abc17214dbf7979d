"""All laws, in the order of their ids."""

from probml.laws import (
    _arrays,
    _batches,
    _estimation,
    _families,
    _geometry,
    _graphs,
    _minima,
    _one_variable,
    _penalties,
    _practice,
    _predictions,
    _products,
    _several_variables,
    _spaces,
    _spectra,
    _stochastic,
    data,
    distributions,
    optimisation,
    probability,
)

__all__ = ["CATALOGUE"]

_MODULES = (
    _arrays,
    _products,
    _spaces,
    _geometry,
    _spectra,
    probability,
    distributions,
    _estimation,
    _families,
    data,
    _batches,
    _predictions,
    _practice,
    _one_variable,
    _several_variables,
    _graphs,
    optimisation,
    _minima,
    _stochastic,
    _penalties,
)

CATALOGUE = tuple(
    sorted((law for module in _MODULES for law in module.LAWS), key=lambda law: law.id)
)
