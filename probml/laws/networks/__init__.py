"""Laws of the theme NN: networks, from one neuron to scikit-learn's."""

__all__: list[str] = []
