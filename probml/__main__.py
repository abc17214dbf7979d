"""``python -m probml`` is the command ``probml``."""

from probml.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
