"""Calls that blocked an M, put together from the steps of a trace: who took the P, and how the goroutine came back.

Steps are told by several processes: the M tells of the call (GoSysBlock, GoSysExit), the coordinator of the P and
of Ms (Retake, ProcStop, ProcStart, NewM, MStart). All clocks are one machine's, so what belongs together is
what comes next. A step that the trace lacks leaves a None.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from cluster.wire.messages import Span, Step

HANDED_OFF: Final = "handed off: its M is blocked"


class Call(NamedTuple):
    """A goroutine in a call that blocks, and what became of the P that its M had."""

    blocks: Step  # when sysmon saw it
    leaves: Step | None  # the P; None when the M kept it
    taken: Step | None  # the P, by another M or, for want of one, by the same
    made: Step | None  # that M, if it is one that was not there when the P left
    back: Step | None  # the goroutine
    resumes: Step | None  # a P is leased to its M again; None when it needed none any more


class Stay(NamedTuple):
    """An M held a P, from then till then."""

    p: int
    m: int
    start_ns: int
    end_ns: int


def calls(steps: Iterable[Step]) -> list[Call]:
    """All calls that blocked an M, by their beginning. O(calls * steps)."""
    ordered = in_time(steps)
    return [_call(step, ordered[i:]) for i, step in enumerate(ordered) if step.kind == "GoSysBlock"]


def _call(blocks: Step, later: Sequence[Step]) -> Call:
    def next_one(since: Step | None, fits: Callable[[Step], bool]) -> Step | None:
        if since is None:
            return None
        return next((step for step in later if step.at_ns >= since.at_ns and fits(step)), None)

    m = blocks.m
    back = next_one(blocks, lambda step: step.kind == "GoSysExit" and step.goid == blocks.goid and step.m == m)
    leaves = next_one(blocks, lambda step: step.kind == "ProcStop" and step.m == m and step.detail == HANDED_OFF)
    if leaves is not None and back is not None and leaves.at_ns > back.at_ns:
        leaves = None  # that is of a later call
    taken = next_one(leaves, lambda step: step.kind == "ProcStart" and leaves is not None and step.p == leaves.p)
    made = next_one(leaves, lambda step: step.kind == "MStart" and taken is not None and step.m == taken.m)
    resumes = next_one(back, lambda step: step.kind == "ProcStart" and step.m == m) if leaves is not None else None
    return Call(blocks, leaves, taken, made, back, resumes)


def holdings(steps: Iterable[Step], end_ns: int) -> list[Stay]:
    """Who held which P when, by beginning; what has not ended by then ends at `end_ns`."""
    open_: dict[int, Step] = {}
    stays: list[Stay] = []
    for step in in_time(steps):
        if step.kind in ("ProcStart", "ProcStop") and (began := open_.pop(step.p, None)) is not None:
            stays.append(Stay(began.p, began.m, began.at_ns, step.at_ns))
        if step.kind == "ProcStart":
            open_[step.p] = step
    stays += [Stay(began.p, began.m, began.at_ns, end_ns) for began in open_.values()]
    return sorted(stays, key=lambda stay: stay.start_ns)


def without_calls(spans: Iterable[Span], blocked: Sequence[Call]) -> list[Span]:
    """The spans without what lies in a call: a goroutine that sleeps there has its M, and neither P nor core."""
    left = list(spans)
    for call in blocked:
        begin_ns, end_ns = call.blocks.at_ns, call.back.at_ns if call.back is not None else None
        cut: list[Span] = []
        for span in left:
            if (span.m, span.goid) != (call.blocks.m, call.blocks.goid):
                cut.append(span)
                continue
            if span.start_ns < begin_ns:
                cut.append(span._replace(end_ns=min(span.end_ns, begin_ns)))
            if end_ns is not None and span.end_ns > end_ns:
                cut.append(span._replace(start_ns=max(span.start_ns, end_ns)))
        left = cut
    return left


def in_time(steps: Iterable[Step]) -> list[Step]:
    """In the order of their clocks, which is not that of their coming."""
    return sorted(steps, key=lambda step: step.at_ns)
