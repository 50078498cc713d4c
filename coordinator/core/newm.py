"""More Ms: who is asked for one, and when.

When.       A P is idle, goroutines wait for an M, and none is idle or on its way: one more is made. One at a
            time, as Go's wakep starts one: the next message looks again.
Who.        A nursery that grows: it forks a process that has imported all, which takes a few milliseconds.
Bound.      `--max-threads`, Go's SetMaxThreads: over it the programs whose goroutines wait are ended. A
            nursery that cannot make one (no memory, no process) says so, and is left alone for a while:
            then goroutines wait until an M comes back from its call.
Idle.       They stay, as in Go; with `--idle-exit` one that was asked for ends when it has been idle so long, and
            no program has ever had a goroutine there: where goroutines were there may be channels that others use.
Unlike Go.  An M is a process, some 10 MB of memory of its own, where a thread is 8 KB.
Sources.    Go 1.19 runtime/proc.go: startm, newm, checkmcount; runtime/debug: SetMaxThreads.
"""

from typing import Final

from cluster.model.clock import SECOND, Instant, after
from cluster.model.status import MStatus
from cluster.wire.messages import NewM, Stop
from coordinator.core import ending
from coordinator.core.membership import M, Nursery, PeerId
from coordinator.core.state import State

EXPECT_NS: Final = 5 * SECOND  # a child that has not registered by then is not waited for
DECLINED_NS: Final = 1 * SECOND


def growing(s: State) -> bool:
    """Whether somebody would make an M if there were need of one."""
    return any(_able(s, nursery) for nursery in s.members.nurseries.values())


def newm(s: State) -> None:
    """Goroutines wait on an idle P, and no M is idle: have one made, unless one is on its way."""
    if _expected(s):
        return
    for peer, nursery in s.members.nurseries.items():
        if _able(s, nursery):
            if len(s.members.ms) >= s.max_threads:
                _exhausted(s)
            else:
                nursery.asked = True
                s.step("NewM")
                s.send(peer, NewM())
            return


def _able(s: State, nursery: Nursery) -> bool:
    return nursery.grows and (nursery.declined_at is None or s.now - nursery.declined_at >= DECLINED_NS)


def _expected(s: State) -> bool:
    return any(
        nursery.asked or any(s.now - since < EXPECT_NS for since in nursery.expected.values())
        for nursery in s.members.nurseries.values()
    )


def _exhausted(s: State) -> None:
    """Source: checkmcount."""
    text = f"runtime: program exceeds {s.max_threads}-thread limit\nfatal error: thread exhaustion\n"
    for program in list(s.programs.values()):
        if s.globrunq.count(program.id) or any(r.program == program.id for p in s.table.ps for r in p.runq):
            ending.finish(s, program, "fatal", 2, text)


def registered(s: State, peer: PeerId, children: tuple[int, ...], grows: bool) -> None:
    """A nursery is there, with these Ms."""
    nursery = s.members.nurseries[peer]
    nursery.grows = grows
    for pid in children:
        s.members.expect(nursery, pid, s.now)


def forked(s: State, peer: PeerId, pid: int) -> None:
    """The M that was asked for will register."""
    nursery = s.members.nurseries[peer]
    nursery.asked = False
    nursery.made.add(pid)
    s.members.expect(nursery, pid, s.now)


def retire(s: State) -> None:
    """Let Ms go that were made, and have had nothing to do for long."""
    if s.idle_exit_ns is None:
        return
    for m in list(s.members.ms.values()):
        if m.status is not MStatus.IDLE:
            m.idle_since = None
        elif m.idle_since is None:
            m.idle_since = s.now
    for m in _retirable(s):
        if s.now >= after(m.idle_since or s.now, s.idle_exit_ns):
            s.tell(m, Stop("it was idle"))
            ending.leave(s, m, "was idle")


def next_retirement(s: State) -> Instant | None:
    """When `retire` has something to do next; None when only a message can change that."""
    if s.idle_exit_ns is None:
        return None
    return min((after(m.idle_since or s.now, s.idle_exit_ns) for m in _retirable(s)), default=None)


def _retirable(s: State) -> list[M]:
    made = {pid for nursery in s.members.nurseries.values() for pid in nursery.made}
    idle = [m for m in s.members.with_status(MStatus.IDLE) if m.pid in made and not m.untaken]
    return [m for m in idle if not any(m.took.get(program) for program in s.programs)]


def declined(s: State, peer: PeerId, reason: str) -> None:
    """There will be none."""
    nursery = s.members.nurseries[peer]
    nursery.asked, nursery.declined_at = False, s.now
    s.warn("no new m", reason=reason)
