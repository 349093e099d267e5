# SPDX-License-Identifier: Apache-2.0
"""Exceptions: one for each code of hourglass.h, with the library's sentence."""

import errno
import os


class HourglassError(Exception):
    """What the library could not do: one sentence, where, what was expected, what came."""


class MissingError(HourglassError, ImportError):
    """A device, a library or a file that ships is not there."""


class UsageError(HourglassError, ValueError):
    """An option or argument that cannot be meant."""


class DataError(HourglassError, ValueError):
    """The data is not what its format, or the model, asks for."""


class ModelError(HourglassError, ValueError):
    """The model file is refused."""


class FileError(HourglassError, OSError):
    """A file could not be opened, read, written or renamed. errno and filename: where the system said why; else
    None."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotFoundError(FileError, FileNotFoundError):
    """What a path names is not there: errno and filename are set."""


class OutOfMemory(HourglassError, MemoryError):
    """Memory ran out."""


class StoppedError(HourglassError):
    """Stopped on request; of training that writes files, a checkpoint was written."""


class DivergedError(HourglassError, ArithmeticError):
    """Training met a value that is not finite."""


def file_error(sentence: str) -> FileError:
    """Of "PATH: what the system said"."""
    for code in errno.errorcode:
        if sentence.endswith(": " + os.strerror(code)):
            error = (NotFoundError if code == errno.ENOENT else FileError)(sentence)
            error.errno, error.filename = code, sentence.split(": ")[0]
            return error
    return FileError(sentence)


# by hg_code
KINDS = {-1: OutOfMemory, -2: FileError, -3: UsageError, -4: DataError, -5: ModelError, -6: MissingError,
         -7: StoppedError, -8: DivergedError}
