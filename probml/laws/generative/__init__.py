"""Laws of the theme GE: generative classifiers, from Bayes' rule to scikit-learn."""

__all__: list[str] = []
