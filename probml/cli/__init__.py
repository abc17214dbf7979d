"""The command ``probml``."""

from probml.cli._main import cli, main

__all__ = ["cli", "main"]
