"""Laws of the theme DI: distributions and maximum likelihood."""

__all__: list[str] = []
