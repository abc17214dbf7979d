"""Laws of the theme PR: probability."""

__all__: list[str] = []
