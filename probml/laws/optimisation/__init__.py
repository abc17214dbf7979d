"""Laws of the theme OP: optimisation."""

__all__: list[str] = []
