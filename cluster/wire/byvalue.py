"""Functions and classes without a name, by value. Loaded on first need: cloudpickle costs 29 ms.

What it spares us: writing closures, lambdas and interactively defined classes as bytes, for every
version of Python.
"""

import io
import pickle
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Protocol

import cloudpickle


class Reduces(Protocol):
    """Who knows the runtime's own objects."""

    def reduce(self, obj: object) -> object:
        """How `obj` is written; NotImplemented when it is none of the runtime's."""
        ...


def forget_name(obj: FunctionType | type) -> None:
    """From now on it goes by value, and all else of its module. Cheap."""
    cloudpickle.register_pickle_by_value(sys.modules[obj.__module__])


def dumps(obj: object, reduces: Reduces, buffers: Callable[[pickle.PickleBuffer], bool] | None = None) -> bytes:
    """Bytes for `obj`; raises what pickle raises when it cannot be written. `buffers`: pickle's callback."""
    file = io.BytesIO()
    write(obj, reduces, file, buffers)
    return file.getvalue()


def write(
    obj: object,
    reduces: Reduces,
    file: io.BytesIO,
    buffers: Callable[[pickle.PickleBuffer], bool] | None = None,
) -> pickle.Pickler:
    """The same, to a file; who has written it."""

    class Writer(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
        def reducer_override(self, obj: object) -> object:
            reduced = reduces.reduce(obj)
            return super().reducer_override(obj) if reduced is NotImplemented else reduced

    writer: pickle.Pickler = Writer(file, protocol=5, buffer_callback=buffers)
    writer.dump(obj)
    return writer
