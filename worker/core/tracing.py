"""Which goroutine ran on this M when, and on which core: the trace of programs that are watched.

Cost.       A watched program's M runs one goroutine per call of the kernel, and looks at the clock and
            at the core around it; an M without watched programs pays nothing.
Invariants. A span is what one goroutine ran without anybody else in between, on one core, under one
            lease. At most SPANS_MAX spans wait; then they are sent.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from cluster.kernel.g import G, name_of
from cluster.model.clock import MILLISECOND, Instant, after
from cluster.model.ids import MId, PId, ProgramId
from cluster.model.lease import Lease
from cluster.wire.messages import Span, Step

SPANS_MAX: Final = 512
FLUSH_NS: Final = 20 * MILLISECOND
TOLD_MAX: Final = 64  # goroutines of a program whose beginning and end are told one by one
JOIN_NS: Final = 50_000  # a goroutine that goes on after less than this ran on, as far as a picture shows

RUNS_MAX: Final = 4096  # goroutines of a program whose last runs are kept, those that ran last


class Ran(NamedTuple):
    """What is recorded of a goroutine of a watched program."""

    last: Instant  # when it stopped running last
    slices: int
    preempted: int  # of these, those that ended against its will


Batch = tuple[ProgramId, tuple[Span, ...], tuple[Step, ...]]


class Tracer:
    """Collects spans and steps, by program."""

    def __init__(self, cpu: Callable[[], int]) -> None:
        self._cpu: Final = cpu
        self._spans: dict[ProgramId, list[Span]] = {}
        self._steps: dict[ProgramId, list[Step]] = {}
        self._begun: dict[ProgramId, dict[int, None]] = {}
        self._ran: dict[ProgramId, dict[int, Ran]] = {}
        self.pending = 0
        self.due = Instant(0)

    def ran(self, g: G, m: MId, p: PId, start: Instant, elapsed_ns: int) -> None:
        """`g` was executed once, from `start` on."""
        program = g.program.id
        if not self.pending:
            self.due = after(start, FLUSH_NS)
        spans = self._spans.setdefault(program, [])
        span = Span(m, p, g.goid, name_of(g.fn), self._cpu(), start, start + elapsed_ns)
        last = spans[-1] if spans else None
        if last is not None and last[:5] == span[:5] and span.start_ns - last.end_ns < JOIN_NS:
            spans[-1] = last._replace(end_ns=span.end_ns)
        else:
            spans.append(span)
            self.pending += 1
        self._keep(g, span.end_ns)
        self._tell(g, m, p, span)
        while g.program.untold:
            kind, whose, detail, at_ns = g.program.untold.popleft()
            self.note(whose, kind, detail, m, p, Instant(at_ns) if at_ns else start)
        if g.preempted:
            self.note(g, "GoPreempt", f"ran_ms={elapsed_ns / MILLISECOND:.1f}", m, p, Instant(start + elapsed_ns))

    def _keep(self, g: G, now: int) -> None:
        ran = self._ran.setdefault(g.program.id, {})
        before = ran.pop(g.goid, None)
        slices, preempted = (0, 0) if before is None else before[1:]
        if g.goid in g.program.gs:
            ran[g.goid] = Ran(Instant(now), slices + 1, preempted + g.preempted)
            if len(ran) > RUNS_MAX:
                del ran[next(iter(ran))]

    def last_run(self, program: ProgramId, goid: int) -> Ran | None:
        """What is recorded of a goroutine that has not ended; None of a program that nobody watches."""
        return self._ran.get(program, {}).get(goid)

    def drop(self, program: ProgramId) -> None:
        """The program is over, and all of it was flushed."""
        self._begun.pop(program, None)
        self._ran.pop(program, None)

    def note(self, g: G, kind: str, detail: str, m: MId, p: PId, now: Instant) -> None:
        """Something happened to `g`: StackGrow, StackShrink, Preempt, GoPreempt, GoMove, GoPin."""
        if not self.pending:
            self.due = after(now, FLUSH_NS)
        self.pending += 1
        self._steps.setdefault(g.program.id, []).append(Step(kind, now, m, p, g.goid, detail))

    def starts(self, g: G, m: MId, p: PId, now: Instant) -> Step | None:
        """That `g` has begun, the first time; None later, and of goroutines after the first TOLD_MAX."""
        begun = self._begun.setdefault(g.program.id, {})
        if g.goid in begun or len(begun) >= TOLD_MAX:
            return None
        begun[g.goid] = None
        return Step("GoStart", now, m, p, g.goid, name_of(g.fn))

    def speaks(self, g: G | None, m: MId, lease: Lease | None, now: Instant) -> Step | None:
        """That `g`, which is about to print, has begun, unless that was told or it has no P: it is in a call."""
        return None if g is None or lease is None else self.starts(g, m, lease.p, now)

    def _tell(self, g: G, m: MId, p: PId, span: Span) -> None:
        steps = self._steps.setdefault(g.program.id, [])
        if (step := self.starts(g, m, p, Instant(span.start_ns))) is not None:
            steps.append(step)
        if g.goid not in g.program.gs and g.goid in self._begun[g.program.id]:
            steps.append(Step("GoEnd", span.end_ns, m, p, g.goid, span.name))

    def flush(self, now: Instant | None) -> list[Batch]:
        """What should be sent at `now`; everything when it is None."""
        if not self.pending or (now is not None and now < self.due and self.pending < SPANS_MAX):
            return []
        programs = list(dict.fromkeys([*self._spans, *self._steps]))
        batches = [(id, tuple(self._spans.get(id, ())), tuple(self._steps.get(id, ()))) for id in programs]
        self._spans, self._steps, self.pending = {}, {}, 0
        return [batch for batch in batches if batch[1] or batch[2]]
