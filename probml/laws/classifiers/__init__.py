"""Laws for anyone's classifier."""

__all__: list[str] = []
