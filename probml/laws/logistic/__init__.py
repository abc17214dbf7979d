"""Laws of the theme LR: logistic regression, from the sigmoid to scikit-learn."""

__all__: list[str] = []
