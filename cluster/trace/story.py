"""A trace told as a story: each line has the time since the beginning, M, P and G, and what happened in plain words.

The lines are made of the steps and spans of a run that took place, with the words of explain.py; here is only what
is left out. What a trace does not have cannot be told.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from cluster.model.clock import MILLISECOND
from cluster.trace.explain import Explainer
from cluster.trace.handoffs import Call, in_time
from cluster.wire.messages import Span, Step

HEAD: Final = f"{'ms':>8}  {'M':<4}{'P':<4}{'G':<5}"
BEFORE: Final = ("GoStart", "GoSysBlock", "Retake", "ProcStop", "NewM", "MStart", "ProcStart", "GoMove")
AFTER: Final = ("GoSysExit", "ProcWant", "Retake", "ProcStart", "ProcStop", "GoEnd")


class Teller:
    """Tells parts of one trace. What was explained once is not explained again."""

    def __init__(self, steps: Iterable[Step], spans: Iterable[Span]) -> None:
        self._spans: Final = sorted(spans, key=lambda span: span.start_ns)
        self.steps: Final = in_time(steps)
        self._explainer: Final = Explainer()
        self.origin_ns: Final = self._spans[0].start_ns if self._spans else 0
        for step in self.steps:
            if step.kind in ("GoStart", "GoCreate"):
                self._explainer.sentence(step)  # it learns the functions of goroutines, whose beginning may be left out

    def lines(self, steps: Iterable[Step]) -> Iterator[str]:
        """One for each step."""
        for step in steps:
            at_ms = (step.at_ns - self.origin_ns) / MILLISECOND
            ids = zip("MPG", (step.m, step.p, step.goid), (4, 4, 5), strict=True)
            who = "".join((f"{letter}{number}" if number >= 0 else "").ljust(width) for letter, number, width in ids)
            yield f"{at_ms:8.1f}  {who}{self._explainer.sentence(step)}"

    def handing_off(self, call: Call) -> list[Step]:
        """From the goroutine's last slice to who runs on its P next."""
        begin_ns = self._slice_of(call.blocks)
        end = call.taken or call.leaves or call.blocks
        told = [step for step in self._between(begin_ns, end.at_ns, BEFORE) if self._concerns(step, call)]
        runs = [span for span in self._spans if (span.m, span.p) == (end.m, end.p) and span.start_ns > end.at_ns]
        if runs:
            moved = self._between(end.at_ns, runs[0].start_ns, ("GoMove",))
            told += [step for step in moved if step.goid == runs[0].goid] + [_begins(runs[0])]
        return told

    def coming_back(self, call: Call) -> list[Step]:
        """From the end of the call to the P that its M gets, and the goroutine's end there."""
        if call.back is None:
            return []
        goid, end = call.blocks.goid, call.resumes or call.back
        told = [
            step
            for step in self._between(call.back.at_ns, end.at_ns, AFTER)
            if step.m == call.blocks.m or step.p == end.p
        ]
        ends = [step for step in self.steps if step.kind == "GoEnd" and step.goid == goid and step.at_ns >= end.at_ns]
        return told + [step for step in ends if step not in told]

    def switching(self, first: int, slices: int) -> list[Step]:
        """Signals, preemptions and who runs next, from the slice number `first` of a preempted goroutine on."""
        preempted = [step for step in self.steps if step.kind == "GoPreempt"][first : first + slices]
        if not preempted:
            return []
        begin_ns = self._slice_of(preempted[0])
        end_ns = preempted[-1].at_ns + MILLISECOND
        runs = [_begins(span) for span in self._spans if begin_ns <= span.start_ns <= end_ns]
        return in_time(runs + self._between(begin_ns, end_ns, ("Preempt", "GoPreempt")))

    def _slice_of(self, step: Step) -> int:
        """When the slice began in which that happened to a goroutine."""
        mine = [span.start_ns for span in self._spans if (span.m, span.goid) == (step.m, step.goid)]
        return max((start_ns for start_ns in mine if start_ns <= step.at_ns), default=step.at_ns)

    def _concerns(self, step: Step, call: Call) -> bool:
        if step.kind in ("GoStart", "GoSysBlock"):
            return step.goid == call.blocks.goid
        if step.kind == "GoMove":
            return False
        return step.kind == "NewM" or step.p == call.blocks.p or (call.taken is not None and step.m == call.taken.m)

    def _between(self, begin_ns: int, end_ns: int, kinds: Collection[str]) -> list[Step]:
        return [step for step in self.steps if begin_ns <= step.at_ns <= end_ns and step.kind in kinds]


def _begins(span: Span) -> Step:
    """A slice as a step."""
    return Step("GoStart", span.start_ns, span.m, span.p, span.goid, span.name)


def table_of(calls: Sequence[Call], origin_ns: int) -> list[str]:
    """What became of each call: a line for each, under a head."""
    lines = [f"{'G':<5}{'blocks':<8}{'at ms':>8}  {'its P goes':<16}{'after':>8}  {'back at':>8}  gets"]
    for call in calls:
        at_ms = (call.blocks.at_ns - origin_ns) / MILLISECOND
        to, after, back, gets = "stays with it", "", "", ""
        if call.taken is not None and call.leaves is not None:
            which = "itself" if call.taken.m == call.blocks.m else "idle" if call.made is None else "new"
            to = f"P{call.taken.p} to M{call.taken.m}, {which}"
            after = f"{(call.taken.at_ns - call.blocks.at_ns) / MILLISECOND:.1f} ms"
        if call.back is not None:
            back = f"{(call.back.at_ns - origin_ns) / MILLISECOND:.1f}"
        if call.resumes is not None and call.back is not None:
            own = " again" if call.resumes.p == call.blocks.p else ""
            gets = f"P{call.resumes.p}{own}, after {(call.resumes.at_ns - call.back.at_ns) / MILLISECOND:.1f} ms"
        who = f"G{call.blocks.goid:<4}M{call.blocks.m:<7}"
        lines.append(f"{who}{at_ms:>8.1f}  {to:<16}{after:>8}  {back:>8}  {gets}".rstrip())
    return lines
