"""A trace as text: time from left to right, a row for each P, each M and, if wanted, each goroutine.

Row of a P. The number of the M that holds it; a dot while nobody does.
Row of an M. The letter of the goroutine that it runs; ░ while that blocks it in a call; a dot while it has nothing
            to run; blank before it is made.
Row of a G. █ where it ran for most of the cell, ▏ where for less: a ticker's slices are short.
Cells.      A cell shows what took most of its time; of an M that ran anything at all, not that it was idle.
"""

from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final, NamedTuple

from cluster.trace.handoffs import Call, calls, holdings, without_calls
from cluster.wire.messages import Span, Step

IDLE: Final = "·"
BLOCKED: Final = "░"
ABSENT: Final = " "
RAN: Final = "█"
RAN_BRIEFLY: Final = "▏"
NUMBERS: Final = digits + ascii_uppercase  # of Ms
LETTERS: Final = ascii_lowercase + ascii_uppercase  # of goroutines
LABEL_WIDTH: Final = 6
TICK_CELLS: Final = 20  # between two times on the axis


class Part(NamedTuple):
    """What a cell may show, and when that was so."""

    mark: str
    start_ns: int
    end_ns: int


class Window(NamedTuple):
    """What is drawn: so many cells from then till then. `origin_ns` is 0 on the axis."""

    begin_ns: int
    end_ns: int
    cells: int
    origin_ns: int


def draw(spans: Sequence[Span], steps: Sequence[Step], window: Window, *, goroutines: bool = False) -> list[str]:
    """Lines for a terminal: axis, rows, legend. With `goroutines` a row for each of those that ran."""
    end_ns = max([window.end_ns, *(span.end_ns for span in spans), *(step.at_ns for step in steps)])
    blocked = calls(steps)
    ran = [span for span in without_calls(spans, blocked) if _overlap(span, window.begin_ns, window.end_ns)]
    names = {span.goid: span.name for span in sorted(spans, key=lambda span: span.goid)}
    letters = {goid: LETTERS[i % len(LETTERS)] for i, goid in enumerate(names)}
    stays = holdings(steps, end_ns)
    lines = _axis(window)
    for p in sorted({stay.p for stay in stays}):
        held = [Part(NUMBERS[stay.m % len(NUMBERS)], stay.start_ns, stay.end_ns) for stay in stays if stay.p == p]
        lines.append(_row(f"P{p}", _cells(held, window, IDLE)))
    for m in sorted({span.m for span in spans} | {stay.m for stay in stays}):
        lines.append(_row(f"M{m}", _of_m(m, ran, steps, blocked, letters, window)))
    for goid in sorted({span.goid for span in ran}) if goroutines else ():
        lines.append(_row(f"G{goid}", _of_g([span for span in ran if span.goid == goid], window)))
    return [*lines, "", *_legend(names, letters)]


def _of_m(
    m: int, ran: Iterable[Span], steps: Iterable[Step], blocked: Iterable[Call], letters: dict[int, str], window: Window
) -> str:
    parts = [Part(letters[span.goid], span.start_ns, span.end_ns) for span in ran if span.m == m]
    for call in blocked:
        if call.blocks.m == m:
            end_ns = window.end_ns if call.back is None else call.back.at_ns
            parts.append(Part(BLOCKED, call.blocks.at_ns, end_ns))
    made_ns = next((step.at_ns for step in steps if (step.kind, step.m) == ("MStart", m)), window.begin_ns)
    cells = _cells(parts, window, IDLE)
    absent = sum(1 for i in range(window.cells) if _edge(window, i + 1) <= made_ns)
    return ABSENT * absent + cells[absent:]


def _of_g(spans: Iterable[Span], window: Window) -> str:
    busy = [0] * window.cells
    for span in spans:
        for i in _touched(span, window):
            busy[i] += _overlap(span, _edge(window, i), _edge(window, i + 1))
    half = (window.end_ns - window.begin_ns) / window.cells / 2
    return "".join(RAN if ns >= half else RAN_BRIEFLY if ns else ABSENT for ns in busy)


def _cells(parts: Iterable[Part], window: Window, empty: str) -> str:
    """The mark that took most of each cell."""
    took: list[dict[str, int]] = [{} for _ in range(window.cells)]
    for part in parts:
        for i in _touched(part, window):
            overlap = _overlap(part, _edge(window, i), _edge(window, i + 1))
            took[i][part.mark] = took[i].get(part.mark, 0) + overlap
    return "".join(max(cell, key=cell.__getitem__) if any(cell.values()) else empty for cell in took)


def _touched(part: Span | Part, window: Window) -> range:
    """The cells that a part may overlap."""
    length = window.end_ns - window.begin_ns
    first = (part.start_ns - window.begin_ns) * window.cells // length
    last = (part.end_ns - window.begin_ns) * window.cells // length
    return range(max(first - 1, 0), min(last + 2, window.cells))


def _edge(window: Window, i: int) -> int:
    """Where cell `i` begins."""
    return window.begin_ns + i * (window.end_ns - window.begin_ns) // window.cells


def _overlap(part: Span | Part, begin_ns: int, end_ns: int) -> int:
    return max(0, min(part.end_ns, end_ns) - max(part.start_ns, begin_ns))


def _axis(window: Window) -> list[str]:
    """Times in ms over the cells where they are."""
    times = ""
    for i in range(0, window.cells, TICK_CELLS):
        at_ms = (_edge(window, i) - window.origin_ns) / 1e6
        times += f"|{at_ms:.0f} ms".ljust(min(TICK_CELLS, window.cells - i))
    return [_row("", times)]


def _row(label: str, cells: str) -> str:
    return f"{label:<{LABEL_WIDTH}}{cells}".rstrip()


def _legend(names: dict[int, str], letters: dict[int, str]) -> list[str]:
    """The letters of goroutines, those of one function together, and the marks."""
    of_function: dict[str, list[str]] = {}
    for goid, name in names.items():
        of_function.setdefault(name, []).append(f"{letters[goid]} = G{goid}")
    lines = [f"{name}: {', '.join(those)}" for name, those in of_function.items()]
    marks = f"in the row of a P: the M that holds it; {IDLE} nobody, or nothing to run; {BLOCKED} blocked in a call"
    return [" " * LABEL_WIDTH + line for line in [*lines, marks]]
