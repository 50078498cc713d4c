"""What a thief may take from the queues of an M.

Owner.      A G belongs to whoever removes it from a queue. Each removal is one operation of a deque,
            which the interpreter does not interrupt, so a second thread may steal while the main thread
            is inside a goroutine. That one may see no work meanwhile: its shell looks at `runnable` again
            when it has the lock under which `steal` was called.
Order.      Half, rounded up, oldest first. Not from runnext: Go takes that only as a last resort, after
            a pause that lets a pair in conversation keep its partner.
Unlike Go.  Only what has not started, and is not pinned: frames do not move.
Sources.    Go 1.19 runtime/proc.go: runqgrab, runqsteal.
"""

from cluster.kernel.g import G
from cluster.kernel.sched import Sched


def steal(sched: Sched, at_least: int = 1) -> list[G]:
    """Take half, rounded up, of the goroutines that can move; oldest first; [] when fewer than `at_least`.

    One that was started between the look and the removal goes back, to the tail of globrunq.
    """
    movable = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue) if not g.send and not g.pinned]
    if len(movable) < at_least:
        return []
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
    return taken
