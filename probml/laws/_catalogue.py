"""All laws, in the order of their ids."""

from probml.laws import _estimation, _families, distributions, probability

__all__ = ["CATALOGUE"]

CATALOGUE = tuple(
    sorted(
        distributions.LAWS + _estimation.LAWS + _families.LAWS + probability.LAWS,
        key=lambda law: law.id,
    )
)
