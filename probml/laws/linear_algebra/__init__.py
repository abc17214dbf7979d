"""Laws of the theme LA: linear algebra."""

__all__: list[str] = []
