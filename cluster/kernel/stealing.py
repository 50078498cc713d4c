"""What a thief may take from the queues of an M.

Owner.      A G belongs to whoever removes it from a queue. Each removal is one operation of a deque,
            which the interpreter does not interrupt, so a second thread may steal while the main thread
            is inside a goroutine. That one may see no work meanwhile: its shell looks at `runnable` again
            when it has the lock under which `steal` was called.
Order.      Half, rounded up, oldest first; runnext only as a last resort, and only for a thief on the
            main thread, between two runs of the loop: the loop writes `runnext` in more than one step.
            Go's thief pauses before it takes that one, so that a pair in conversation keeps its
            partner; a goroutine that has not started is in no conversation.
Unlike Go.  Only what has not started, and is not pinned: frames do not move.
Sources.    Go 1.19 runtime/proc.go: runqgrab, runqsteal.
"""

from cluster.kernel.g import G
from cluster.kernel.sched import Sched


def steal(sched: Sched, last_resort: bool = False) -> list[G]:
    """Take half, rounded up, of the goroutines that can move; oldest first. The one in runnext as a last resort.

    One that was started between the look and the removal goes back, to the tail of globrunq.
    """
    movable = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue) if _movable(g)]
    taken = []
    for g, queue in movable[: (len(movable) + 1) // 2]:
        try:
            queue.remove(g)
        except ValueError:  # the main thread took it meanwhile
            continue
        if g.send is None:
            taken.append(g)
        else:
            sched.globrunq.append(g)
    if not movable and last_resort and sched.runnext is not None and _movable(sched.runnext):
        taken.append(sched.runnext)
        sched.runnext = None
    return taken


def _movable(g: G) -> bool:
    return g.send is None and not g.pinned
