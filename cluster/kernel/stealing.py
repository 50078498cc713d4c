"""What a thief may take from the queues of an M.

Owner.      A G belongs to whoever removes it from a queue. Each removal is one operation of a deque, or
            one exchange of `runnext`, which the interpreter does not interrupt: so a second thread may
            steal while the main thread is inside a goroutine. That one may see no work meanwhile: its
            shell looks at `runnable` again when it has the lock under which `steal` was called.
Order.      Half of all that is queued, rounded up, oldest first; who cannot move is passed over, and keeps
            its place. runnext only as a last resort. Go's thief pauses before it takes that one, so that
            a pair in conversation keeps its partner: here, one that has started is taken only `beside` a
            goroutine that has had the M for a period of sysmon. One that has not is in no conversation.
Started.    Only as many as the caller says, and none that it says stays: a move costs some 10 us, and each operation
            on a channel that stays behind some 200 us, so it does not pay for goroutines that chat. See
            worker/core/moves.py.
Pinned.     A G in the middle of its bytecode, wired to its M, under a Goexit, with an error waiting for
            it, or refused since it ran last: see `pinned_by`.
Sources.    Go 1.19 runtime/proc.go: runqgrab, runqsteal.
"""

from collections import deque
from collections.abc import Callable
from types import BuiltinMethodType
from typing import NamedTuple

from cluster.kernel.g import G, pinned_by
from cluster.kernel.sched import Sched
from cluster.model.limits import RUNQ_SIZE

Stays = Callable[[G], bool]  # whether a goroutine that has run may not leave, for a reason that the caller knows


def nobody(_: G) -> bool:
    """All may leave."""
    return False


class Stolen(NamedTuple):
    """A goroutine, and the place from which it was taken."""

    g: G
    queue: deque[G]
    at: int

    def give_back(self) -> None:
        """It cannot leave after all. Of several, the one that was taken last comes first."""
        self.queue.insert(self.at, self.g)


def steal(
    sched: Sched, started: int = 0, unstarted: int = RUNQ_SIZE, beside: bool = False, stays: Stays = nobody
) -> list[Stolen]:
    """Take up to half, rounded up, of the goroutines in the queues, oldest first, of those that can move.

    Of those that have run at most `started`, and none that `stays`; of the others at most `unstarted`.
    """
    queued = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue)]
    able, taken = 0, list[Stolen]()
    for g, queue in queued:  # to ask of all of thousands takes longer than to pack a few
        if not movable(g, started > 0, stays):
            continue
        able += 1
        if able > (len(queued) + 1) // 2 or not (started or unstarted):
            break
        if g.send is not None:
            started -= 1
        elif unstarted:
            unstarted -= 1
        else:
            continue
        if (stolen := take(g, queue, stays)) is not None:
            taken.append(stolen)
    if not able and sched.runnext is not None and movable(sched.runnext, started > 0 and beside, stays):
        only, sched.runnext = sched.runnext, None
        if only is not None:  # else the main thread came first
            stolen = Stolen(only, sched.ring, 0)
            if movable(only, started > 0 and beside, stays):
                taken.append(stolen)
            else:
                stolen.give_back()
    return taken


def take(g: G, queue: deque[G], stays: Stays = nobody) -> Stolen | None:
    """Remove a goroutine that can move; None when it is not there any more, or can no longer."""
    try:
        stolen = Stolen(g, queue, queue.index(g))
        queue.remove(g)
    except (ValueError, RuntimeError):  # the main thread took it, or others, meanwhile
        return None
    if movable(g, True, stays):
        return stolen
    stolen.give_back()
    return None


def movable(g: G, started: bool, stays: Stays = nobody) -> bool:
    """Whether a queued G can leave its M, as far as is known; one that has run: with `started`, if it not `stays`."""
    if g.send is None:
        return not g.pinned
    # Anything but a coroutine's own `send` stands for something that must happen here first.
    if not started or type(g.send) is not BuiltinMethodType or not g.program.mobile:
        return False
    return not pinned_by(g) and g.goid not in g.program.exiting and not stays(g)
