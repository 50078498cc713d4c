"""The primitives of `_frame.c`. See `cluster.wire.frame`."""

from types import AsyncGeneratorType, CoroutineType, FrameType, FunctionType, GeneratorType
from typing import Any

Suspended = CoroutineType[Any, Any, Any] | GeneratorType[Any, Any, Any] | AsyncGeneratorType[Any, Any]
State = tuple[int, int, tuple[int, ...], tuple[object, ...], BaseException | None, int]

class FrameError(RuntimeError): ...

def capture(
    generator: Suspended, /
) -> tuple[FunctionType, int, int, tuple[int, ...], tuple[object, ...], BaseException | None, int] | None: ...
def abandoned(frame: FrameType, /) -> list[Suspended]: ...
def alloc(function: FunctionType, /) -> Suspended: ...
def restore(
    generator: Suspended,
    instruction: int,
    state: int,
    nulls: tuple[int, ...],
    values: tuple[object, ...],
    handled: BaseException | None,
    flags: int,
    /,
) -> None: ...
def void(pairs: list[tuple[Suspended, int]], /) -> None: ...
def inspect_awaitable(awaitable: object, /) -> object: ...
def set_awaitable(awaitable: object, state: int, /) -> None: ...
