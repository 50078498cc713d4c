"""Deferred calls that a panic is running: `finally` blocks with an exception in flight.

Main.       When main has returned while another goroutine runs such calls, it yields up to YIELDS_MAX
            times before the program ends: if they come to their end meanwhile, the panic ends it.
How.        Of a suspended frame its code tells whether it stands in the part of a `finally` or a `with` that
            runs for exceptions only. That costs main's return some microseconds per started goroutine;
            switches cost nothing.
Unlike Go.  Goroutines of other Ms are not seen. A Goexit in flight is taken for a panic.
Sources.    Go 1.19 runtime/proc.go: main, runningPanicDefers.
"""

from dis import Instruction, get_instructions
from functools import lru_cache
from types import CodeType
from typing import Final

from cluster.kernel.dump import frames_of
from cluster.kernel.g import GOSCHED, G, WaitReason

YIELDS_MAX: Final = 1000
NO_LINE: Final = -1


def runs_deferred_calls(g: G) -> bool:
    """Whether this suspended goroutine is in a `finally` block because of an exception."""
    if g.send is None:
        return False
    return any(frame.f_lasti in _deferred_code(frame.f_code) for frame in frames_of(g, None))


class Patience:
    """The `send` of a main that has returned `value`, and does not end yet."""

    def __init__(self, main: G, value: object) -> None:
        self._gs: Final = main.program.gs
        self._value: Final = value
        self._yields_left = YIELDS_MAX
        self._awaited = [g for g in self._gs.values() if runs_deferred_calls(g)]

    def __bool__(self) -> bool:
        """Whether there is anybody to wait for."""
        self._awaited = [g for g in self._awaited if g.goid in self._gs and runs_deferred_calls(g)]
        return bool(self._awaited)

    def __call__(self, _: object) -> WaitReason:
        """Yield once more; StopIteration in the end, as a coroutine."""
        if not self._yields_left or not self:
            raise StopIteration(self._value)
        self._yields_left -= 1
        return GOSCHED


@lru_cache(maxsize=1024)
def finally_lines(code: CodeType) -> frozenset[int]:
    """Lines of `finally` blocks, which are compiled twice: as handlers and as not."""
    handled = frozenset(line for handler in _handlers(code) for _, line in handler)
    offsets = {offset for handler in _handlers(code) for offset, _ in handler}
    return handled & {_line(i) for i in get_instructions(code) if i.offset not in offsets} - {NO_LINE}


@lru_cache(maxsize=1024)
def _deferred_code(code: CodeType) -> frozenset[int]:
    """Offsets of the instructions of `finally` blocks that run for exceptions only."""
    return frozenset(offset for handler in _handlers(code, recovering=False) for offset, _ in handler)


def _handlers(code: CodeType, recovering: bool = True) -> list[list[tuple[int, int]]]:
    """Exception handlers, as offsets and lines of their instructions; with those of `except` if `recovering`."""
    found: list[list[tuple[int, int]]] = []
    handler: list[tuple[int, int]] | None = None
    for instruction in get_instructions(code):
        if instruction.opname == "PUSH_EXC_INFO":
            handler = []
            found.append(handler)
        if handler is None:
            continue
        bare_except = len(handler) == 1 and instruction.opname == "POP_TOP"
        handler.append((instruction.offset, _line(instruction)))
        if not recovering and (bare_except or instruction.opname in ("CHECK_EXC_MATCH", "CHECK_EG_MATCH")):
            found.remove(handler)
            handler = None
        elif instruction.opname in ("RERAISE", "POP_EXCEPT"):
            handler = None
    return found


def _line(instruction: Instruction) -> int:
    positions = instruction.positions
    return NO_LINE if positions is None or positions.lineno is None else positions.lineno
