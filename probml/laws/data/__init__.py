"""Laws of the theme DT: data and training practice."""

__all__: list[str] = []
