"""What a thief may take from the queues of an M.

Owner.      A G belongs to whoever removes it from a queue. Each removal is one operation of a deque, or
            one exchange of `runnext`, which the interpreter does not interrupt: so a second thread may
            steal while the main thread is inside a goroutine. That one may see no work meanwhile: its
            shell looks at `runnable` again when it has the lock under which `steal` was called.
Order.      Half of all that is queued, rounded up, oldest first; who cannot move is passed over, and keeps
            its place. runnext only as a last resort. Go's thief pauses before it takes that one, so that
            a pair in conversation keeps its partner: here, one that has started is taken only `beside` a
            goroutine that has had the M for a period of sysmon. One that has not is in no conversation.
Started.    Only as many as the caller says: a move costs some 10 us, and each operation on a channel that
            stays behind some 200 us, so it does not pay for goroutines that chat. See worker/core/moves.py.
Pinned.     A G in the middle of its bytecode, wired to its M, under a Goexit, with an error waiting for
            it, or refused since it ran last: see `pinned_by`.
Sources.    Go 1.19 runtime/proc.go: runqgrab, runqsteal.
"""

from types import BuiltinMethodType

from cluster.kernel.g import G, pinned_by
from cluster.kernel.sched import Sched


def steal(sched: Sched, started: int = 0, beside: bool = False) -> list[G]:
    """Take up to half, rounded up, of the goroutines in the queues, oldest first, of those that can move.

    Of those that have run at most `started`. One that can no longer, when it is removed, goes back to globrunq.
    """
    queued = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue)]
    candidates = [(g, queue) for g, queue in queued if movable(g, started > 0)]
    taken = []
    for g, queue in candidates[: (len(queued) + 1) // 2]:
        if g.send is not None:
            if not started:
                continue
            started -= 1
        try:
            queue.remove(g)
        except ValueError:  # the main thread took it meanwhile
            continue
        if movable(g, True):
            taken.append(g)
        else:
            sched.globrunq.append(g)
    if not candidates and sched.runnext is not None and movable(sched.runnext, started > 0 and beside):
        g, sched.runnext = sched.runnext, None
        if g is not None:  # the main thread may have come first
            (taken if movable(g, started > 0 and beside) else sched.globrunq).append(g)
    return taken


def movable(g: G, started: bool) -> bool:
    """Whether a queued G can leave its M, as far as is known; of those that have run, only with `started`."""
    if g.send is None:
        return not g.pinned
    # Anything but a coroutine's own `send` stands for something that must happen here first.
    if not started or type(g.send) is not BuiltinMethodType or not g.program.mobile:
        return False
    return not pinned_by(g) and g.goid not in g.program.exiting
