"""Laws SCO: what makes a score of probabilities a proper one."""

__all__: list[str] = []
