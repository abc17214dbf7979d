"""Standard streams that never raise, so that no way of printing ends in a traceback.

Click, rich and Python itself, when it shuts down, all print, and each meets a full disk, a closed
stream or a reader that left in its own way.  So the errors are kept at the one place where every
write passes, and the command decides about them at its end.
"""

import io
import os
from contextlib import suppress
from typing import Any, TextIO

__all__ = ["Guarded", "guarded"]


class _RawEnd(io.RawIOBase):
    """Passes everything on until a write fails; remembers the error and drops the rest."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.error: OSError | None = None

    def write(self, data: Any, /) -> int | None:
        if self.error is None:
            try:
                return self._raw.write(data)
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw.isatty()

    def fileno(self) -> int:
        return self._raw.fileno()


class Guarded(io.TextIOWrapper):
    """Text that is written as far as it can be; unknown characters become question marks."""

    def __init__(self, raw: io.RawIOBase, encoding: str, line_buffering: bool) -> None:
        self._end = _RawEnd(raw)
        super().__init__(
            io.BufferedWriter(self._end),
            encoding=encoding,
            errors="replace",
            line_buffering=line_buffering,
        )

    @property
    def failure(self) -> str:
        """Why not everything was written, or nothing; a reader who left early had enough."""
        self.flush()
        error = self._end.error
        if error is None or isinstance(error, BrokenPipeError):
            return ""
        return error.strerror or "it is closed"


def guarded(stream: TextIO | None) -> TextIO:
    """Guard a standard stream; one that a test or a notebook has put there stays as it is."""
    if stream is None:  # closed, as by ">&-": nobody can write to this either
        return Guarded(open(os.devnull, "rb", buffering=0), "utf-8", line_buffering=False)
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)  # "python -u" has no buffer in between
    if not isinstance(raw, io.RawIOBase):
        stream.reconfigure(errors="replace")
        return stream
    with suppress(OSError):
        stream.flush()
    return Guarded(raw, stream.encoding, stream.line_buffering)
