"""By how much a classifier misses a law on one problem, in code that runs without this library.

Each function takes an estimator that is not fitted and a problem (training rows X and y, rows Z
to predict, whole weights, a route), and returns a ``Finding``: what is missed, and how much of
that rounding explains.  They need NumPy and scikit-learn alone, since their source is what a
counterexample's snippet prints.
"""

__all__: list[str] = []
