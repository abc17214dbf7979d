"""The command ``probml``: data on stdout, messages on stderr, and an exit code to rely on.

======  ==================================================================
code    meaning
======  ==================================================================
0       done
1       a law is violated or a gate failed
2       usage: unknown option or name, unwritable output, missing extra
3       a model failed, or fits are missing: INCOMPLETE; the others are reported
4       the data is unavailable
130     interrupted; a report is written whole or not at all, and goes on from where it was
======  ==================================================================
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from probml._version import __version__
from probml.cli._console import say
from probml.cli._data import data
from probml.cli._laws import laws
from probml.cli._report import report
from probml.cli._streams import Guarded, guarded
from probml.cli._verify import verify

__all__ = ["cli", "main"]

_CANNOT_WRITE = 2
_INTERRUPTED = 130

_EXIT_CODES = """
\b
Exit codes:
  0    done
  1    a law is violated or a gate failed
  2    usage: unknown option or name, unwritable output, missing extra
  3    a model failed, or fits are missing (INCOMPLETE); the others are reported
  4    the data is unavailable
  130  interrupted; no report is written, and the same command goes on from there
"""


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="probml")
def cli() -> None:
    """Probabilistic classifiers, their laws, and their scikit-learn twins."""


report.epilog = verify.epilog = _EXIT_CODES
for command in (report, verify, laws, data):
    cli.add_command(command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code.

    Parameters
    ----------
    args : sequence of str, optional
        Words after ``probml``; those of the process if not given.

    Raises
    ------
    SystemExit
        Always; the codes are listed at the top of this module.

    Examples
    --------
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = guarded(sys.stdout), guarded(sys.stderr)
    try:
        code = _run(args)
        # Whatever the verdict was, a script that reads it from stdout has not got it.
        if isinstance(sys.stdout, Guarded) and sys.stdout.failure:
            say(f"Error: cannot write to stdout ({sys.stdout.failure}); redirect it elsewhere")
            code = _CANNOT_WRITE
        sys.stderr.flush()
    finally:
        sys.stdout, sys.stderr = streams
    sys.exit(code)


def _run(args: Sequence[str] | None) -> int:
    try:
        code: int = cli.main(args, prog_name="probml", standalone_mode=False)
    except click.Abort as abort:
        say(f"\ninterrupted{abort}")
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code
