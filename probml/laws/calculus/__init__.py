"""Laws of the theme CA: calculus and differentiation."""

__all__: list[str] = []
