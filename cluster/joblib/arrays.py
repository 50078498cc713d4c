"""Large arrays of one call of joblib: each is written to a file once, and workers map it, as with joblib's own backend.

Which       arguments of tasks that are NumPy arrays of at least `bytes_min`, of no objects, and not mapped already.
            An array inside of another argument goes with that.
Lifetime    From its first task to the end of the call. It is kept until then, so that no other gets its id.
Where       `$JOBLIB_TEMP_FOLDER`, else memory (`/dev/shm`), else where temporary files are.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import joblib

MEMORY: Final = "/dev/shm"

Task = tuple[Callable[..., object], tuple[object, ...], Mapping[str, object]]


class Mapped:
    """Stands for an array on its way to a worker, where it is read as the mapped file."""

    __slots__ = ("_mode", "path")

    def __init__(self, path: str, mode: str) -> None:
        self.path = path
        self._mode = mode

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return joblib.load, (self.path, self._mode)


class Arrays:
    """Those of one call. `folder` is where its files go; None chooses."""

    def __init__(self, bytes_min: int, mode: str, folder: str | None) -> None:
        self._bytes_min: Final = bytes_min
        self._mode: Final = mode
        self._parent: Final = folder
        self._folder: Path | None = None
        self._written: dict[int, tuple[object, Mapped]] = {}

    def replaced(self, tasks: Iterable[Task]) -> list[Task]:
        """The tasks, with files for arrays."""
        return [
            (fn, tuple(map(self._file, args)), {name: self._file(value) for name, value in kwargs.items()})
            for fn, args, kwargs in tasks
        ]

    def _file(self, value: Any) -> object:  # noqa: ANN401  # as `is_array`
        if not is_array(value) or value.nbytes < self._bytes_min:
            return value
        known = self._written.get(id(value))
        if known is None:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="gmp-joblib-", dir=self._parent or _place()))
            path = str(self._folder / str(len(self._written)))
            joblib.dump(value, path)
            known = self._written[id(value)] = value, Mapped(path, self._mode)
        return known[1]

    def close(self) -> None:
        """Remove the files; workers that have mapped them keep what they see."""
        self._written.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def is_array(value: Any) -> bool:  # noqa: ANN401  # whatever a user passes
    """Whether it can be mapped. NumPy is not imported for it: without it there are none."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject


def _place() -> str | None:
    chosen = os.environ.get("JOBLIB_TEMP_FOLDER")
    return chosen or (MEMORY if os.access(MEMORY, os.W_OK) else None)
