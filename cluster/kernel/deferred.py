"""Deferred calls that a panic is running: handlers, of `finally`, `with` and `except`, with an exception in flight.

Main.       When main has returned while another goroutine runs such calls, it yields up to YIELDS_MAX
            times before the program ends: if they come to their end meanwhile, the panic ends it.
            An `except` is a deferred call that recovers: to its end it counts, as in Go.
How.        Of a suspended frame its code tells whether it stands in a part that runs for exceptions only.
            That costs main's return some microseconds per started goroutine; switches cost nothing.
Unlike Go.  Goroutines of other Ms are not seen.
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
    """Whether this suspended goroutine is in a handler because of a panic."""
    if g.send is None or g.goid in g.program.exiting:
        return False
    return any(frame.f_lasti in _deferred_code(frame.f_code) for frame in frames_of(g, None))


class Patience:
    """The `send` of a main that has returned `value`, and does not end yet."""

    def __init__(self, main: G, value: object) -> None:
        self._gs: Final = main.program.gs
        self._value: Final = value
        self._yields_left = YIELDS_MAX - 1  # the first is that with which this begins
        self._awaited = list(self._gs.values())

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
    handlers = _deferred_code(code)
    lines: dict[bool, set[int]] = {True: set(), False: set()}
    for instruction in get_instructions(code):
        lines[instruction.offset in handlers].add(_line(instruction))
    return frozenset(lines[True] & lines[False] - {NO_LINE})


@lru_cache(maxsize=1024)
def _deferred_code(code: CodeType) -> frozenset[int]:
    """Offsets of the instructions that run for exceptions only: those of handlers."""
    found = set[int]()
    clauses = set[int]()  # offsets where the next `except` of a handler begins
    handles, before = False, ""
    for instruction in get_instructions(code):
        if handles or instruction.opname == "PUSH_EXC_INFO" or instruction.offset in clauses:
            found.add(instruction.offset)
            if before in ("CHECK_EXC_MATCH", "CHECK_EG_MATCH"):
                clauses.add(instruction.argval)
            handles = instruction.opname not in ("RERAISE", "POP_EXCEPT")
        before = instruction.opname
    return frozenset(found)


def _line(instruction: Instruction) -> int:
    positions = instruction.positions
    return NO_LINE if positions is None or positions.lineno is None else positions.lineno
