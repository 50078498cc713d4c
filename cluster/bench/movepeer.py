"""A second process that goes on with started goroutines, one step at a time: for the tests of moving.

`Peer` starts it and talks to it, over pipes; what is in between is the bytes that `pack` made. It shares
nothing else with its parent: the source files are found by the search path that it is given.
"""

import gc
import os
import pickle
import struct
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from itertools import count
from typing import IO, Any, Final, NamedTuple, Self

from cluster.model.errors import CannotShipError
from cluster.wire.moving import pack, unpack, void
from cluster.wire.pickling import Pickling

_LENGTH: Final = struct.Struct("<I")
END_TIMEOUT_S: Final = 10.0
STEPS_PER_FREEZE: Final = 200


class NoneShared:
    """The `Objects` of an M whose goroutines share nothing."""

    def name(self, _: object) -> tuple[object, ...] | None:
        """None: there are no shared objects."""
        return None

    def find(self, *name: object) -> object:
        """Never called: see `name`."""
        raise LookupError(name)


class Log(list[object]):
    """What a program tells, in order; `closed` is what its generators tell when nobody holds them any more."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[object] = []

    def all(self) -> str:
        """Both, for comparison, when the program is over."""
        gc.collect()
        return f"{list(self)!r} {sorted(map(repr, self.closed))}"


class Step(NamedTuple):
    """What became of one step of a coroutine."""

    kind: str  # yielded, returned, raised, refused, failed
    text: str  # of the value, the exception or the failure
    carried: Any  # beside the coroutine: None until the end, then what its log says
    data: bytes  # the coroutine packed anew, when it yielded


class Answer(NamedTuple):
    """What is sent or thrown into a coroutine."""

    throws: bool
    value: Any

    def give(self, coroutine: Any) -> object:  # noqa: ANN401  # whatever a program's coroutine yields
        """One step of `coroutine`; what it yields."""
        if not self.throws:
            return coroutine.send(self.value)
        # Another one each time: an exception that somebody keeps keeps the frames through which it passed.
        return coroutine.throw(type(self.value)(*self.value.args))


class Peer:
    """The other process. `search_path` is where it finds the programs."""

    def __init__(self, *search_path: str) -> None:
        path = os.pathsep.join([*search_path, *(entry for entry in sys.path if entry)])
        command = [sys.executable, "-W", "error", "-c", f"import {__name__} as peer; peer.main()"]
        env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "random"}
        self._process: Final = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def step(self, data: bytes, answer: Answer) -> Step:
        """Have it unpack `(coroutine, carried)`, give it `answer`, and pack it again. RuntimeError when it has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        write(self._process.stdin, pickle.dumps((data, tuple(answer))))
        reply = read(self._process.stdout)
        if reply is None:
            raise RuntimeError(f"the other process died, code {self._process.wait()}")
        return Step(*pickle.loads(reply))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(END_TIMEOUT_S)
        self._process.stdout.close()


def write(file: IO[bytes], data: bytes) -> None:
    """One message."""
    file.write(_LENGTH.pack(len(data)) + data)
    file.flush()


def read(file: IO[bytes]) -> bytes | None:
    """One message; None when there is no other."""
    head = file.read(_LENGTH.size)
    return file.read(*_LENGTH.unpack(head)) if len(head) == _LENGTH.size else None


def step_of(data: bytes, answer: Answer, pickling: Pickling) -> Step:
    """Unpack `(coroutine, carried)`, give it `answer`, and pack it again."""
    coroutine, carried = unpacked(data, pickling)
    return resumed(coroutine, carried, answer.give, lambda: moved((coroutine, carried), pickling))


def resumed(coroutine: object, carried: object, give: Callable[[object], object], packed: Callable[[], bytes]) -> Step:
    """One step of `coroutine`."""
    try:
        value = give(coroutine)
        return Step("yielded", repr(value), None, packed())
    except StopIteration as end:
        return Step("returned", repr(end.value), carried, b"")
    except CannotShipError as error:
        return Step("refused", str(error), None, b"")
    except Exception as error:  # noqa: BLE001  # it is what the program raised
        return Step("raised", repr(error), carried, b"")


def unpacked(data: bytes, pickling: Pickling) -> tuple[Any, Any]:
    """`(coroutine, carried)`."""
    root: Any = unpack(data, pickling)
    coroutine, carried = root
    return coroutine, carried


def moved(root: object, pickling: Pickling) -> bytes:
    """The bytes of what is not here any more. What the program has left to the collector is closed before it goes."""
    gc.collect()
    packed = pack(root, pickling)
    void(packed)
    return packed.data


def main() -> None:
    """Serve until the parent closes its end."""
    warnings.simplefilter("error")
    pickling = Pickling("__main__", NoneShared())
    for steps in count():
        if steps % STEPS_PER_FREEZE == 0:
            gc.freeze()  # programs that were imported stay, and are not looked at in each collection
        message = read(sys.stdin.buffer)
        if message is None:
            break
        data, answer = pickle.loads(message)
        try:
            step = step_of(data, Answer(*answer), pickling)
        except Exception:  # noqa: BLE001  # a bug of ours: the parent says so
            step = Step("failed", traceback.format_exc(), None, b"")
        if isinstance(step.carried, Log):  # here no frame of the program is left
            step = step._replace(carried=step.carried.all())
        write(sys.stdout.buffer, pickle.dumps(tuple(step)))
