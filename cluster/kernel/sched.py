"""The switch loop of one M, the run queue of the P it holds, and its share of the global queue.

Owner.      The M's main thread. A second thread may steal (see stealing.py), and nothing else.
Invariants. A G is in at most one queue. `runnext` is empty or the G readied last. `ring` holds at
            most `runq_size` Gs; what does not fit goes to `globrunq`, half a ring at a time.
Order.      Every 61st slice one G from `globrunq`; else `runnext`, which inherits the slice; else
            the head of `ring`; else a batch of `globrunq`. `gosched` goes to the tail of `globrunq`.
            `go` and `ready` never switch. A chain of Gs in `runnext` shares one slice: when that is
            over, the next of them goes to the tail of `globrunq`, as if preempted as it begins.
Speed.      The loop and the channel operations read and write `runnext` and `ring` directly: a
            method call per ready would cost a tenth of a hop.
Timers.     Looked at before each switch, as in Go: while one is set, a switch costs 60 ns more.
Rejected.   Asking the clock at each switch when none is: 50 ns. The shell chooses `budget` so that a
            call of `run` takes about IO_PERIOD_NS, and looks at the clock in between.
Unlike Go.  The global queue is in two shares; this one is the M's, the other is the coordinator's.
            With one P and one M the order is Go's. What does not go with a P that leaves (see
            worker/core/moves.py) stays in its queue, and runs when this M holds a P again.
Sources.    Go 1.19 runtime/proc.go: schedule, findRunnable, execute, runqput, runqputslow, runqget,
            runqgrab, globrunqget, newproc, ready, goexit0, retake.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from random import Random
from sys import _getframe
from types import CoroutineType, MethodType
from typing import Final, NoReturn, Protocol

from cluster.kernel.deferred import Patience
from cluster.kernel.dump import describe
from cluster.kernel.events import Event, Panicked, Returned
from cluster.kernel.far import Borrowed, Far, Lends, NoFar
from cluster.kernel.g import GOSCHED, GOYIELD, PREEMPTED, RESUMED, SLEEP, G, Program, WaitReason
from cluster.kernel.outside import Alone, Outside
from cluster.kernel.parks import parks
from cluster.kernel.racing import begun
from cluster.kernel.runner import Left, keep, new_runner
from cluster.kernel.timers import Timers
from cluster.model.clock import SECOND, Clock, Instant
from cluster.model.errors import FatalError, ForeignAwaitError, Goexit, NotInGoroutineError
from cluster.model.ids import MAIN_GOID, GId, ObjId
from cluster.model.lease import Lease
from cluster.model.limits import GLOBRUNQ_TICKS, RUNQ_SIZE, SLEEP_MAX_S, SLICE_NS

NO_SLICE: Final = -1  # no tick


class Withdrawable(Protocol):
    """A select of another M."""

    def withdraw(self) -> None:
        """It is over."""
        ...


class Sched:
    """The scheduler of one M. All its fields are read by the channel operations; see the essay."""

    __slots__ = (
        "cur", "runnext", "ring", "globrunq", "runq_size", "procs", "tick", "timers", "events", "clock", "far",
        "last", "tokens", "hungry", "serving", "outside", "rng", "enlisted", "borrowed", "loans",
        "_runner", "_slice_tick", "_slice_began", "_fresh",
    )  # fmt: skip

    def __init__(self, clock: Clock, far: Far | None = None, procs: int = 1, runq_size: int = RUNQ_SIZE) -> None:
        self.cur: G | None = None  # the goroutine that is executing
        self.runnext: G | None = None
        self.ring: deque[G] = deque()
        self.globrunq: deque[G] = deque()  # this M's share
        self.runq_size: Final = runq_size
        self.procs = procs  # GOMAXPROCS, for the batch that is taken from globrunq
        self.tick = 0  # schedtick of the P: slices begun
        self.timers: Final = Timers()
        self.events: list[Event] = []
        self.clock: Final = clock
        self.far: Final[Far] = far or NoFar()
        self.last: G | None = None  # dispatched last; for the trace
        self.tokens: Final[list[None]] = []  # one per dispatch that is left; cleared to end `run` early
        self.rng = Random(0)  # chance, for select; who drives this kernel may put another in its place
        self.enlisted: Final[dict[ObjId, Withdrawable]] = {}  # selects of other Ms that wait at channels of this one
        self.borrowed: Final[dict[int, Borrowed]] = {}  # ends of channels of other Ms that are here
        self.loans: Final[dict[int, Lends]] = {}  # channels of this M with an end elsewhere
        self.hungry = False  # other Ms want goroutines: `go` ends the run, so that the shell can give some
        self.serving = False  # `cur` is blocked for a while, and this M does the operations of others
        self.outside: Outside = Alone(self.resize)
        self._runner: Final = new_runner(self._switch)
        self._slice_tick, self._slice_began = NO_SLICE, clock.now()  # of the slice that was found under way then
        self._fresh = False  # the P that comes next is one for a new main

    # -- what the shell calls

    def run(self, lease: Lease, budget: int) -> bool:
        """Switch among goroutines, at most `budget` times; False when nothing is left to run.

        Returns early when an event is waiting in `events`. Raises NoLeaseError when `lease` is over.
        """
        now = self.clock.now()
        lease.check(now)
        self._fresh = False
        if self.tick != self._slice_tick:
            self._slice_tick, self._slice_began = self.tick, now
        elif self.runnext is not None and now - self._slice_began >= SLICE_NS:
            g, self.runnext = self.runnext, None  # one exchange: see stealing.py
            self.globrunq.append(g)
        self.tokens[:] = [None] * budget
        _set_current(self)
        try:
            if not (more := self._runner.run()):
                self._slice_tick = NO_SLICE  # what is readied after a rest has used up nothing
            return more
        finally:
            self.last, self.cur = self.cur, None
            _set_current(None)

    def _switch(self) -> bool:  # the hot loop: all that a switch costs is here
        ring, globrunq, tick, heap, now = self.ring, self.globrunq, self.tick, self.timers.heap, self.clock.now
        swap_max = self.runq_size // 2 if self.procs == 1 else 0
        due = tick + -tick % GLOBRUNQ_TICKS  # the multiple to come: a division per switch would cost 20 ns
        try:
            for _ in self.tokens:
                if heap and heap[0][0] <= (at := now()):  # before any queue, as findRunnable does
                    self._fire(at)
                if tick >= due and globrunq and tick == (due := tick + -tick % GLOBRUNQ_TICKS):
                    g = globrunq.popleft()
                    tick += 1
                elif self.runnext is not None:
                    g = self.runnext
                    self.runnext = None
                elif ring:
                    g = ring.popleft()
                    tick += 1
                elif globrunq:
                    g = globrunq.popleft()
                    tick += 1
                    if globrunq:
                        if len(globrunq) < swap_max:  # the batch is all of it, and the ring is empty
                            self.ring, self.globrunq = ring, globrunq = globrunq, ring
                        else:
                            ring.extend(_take(globrunq, self._globrunq_rest()))
                else:
                    return False
                self.cur, send = g, g.send
                try:
                    if send is not None:
                        if (val := g.val) is not None:
                            g.val = None
                        reason = send(val)
                    else:  # its first slice
                        made = g.fn(*g.args)
                        g.args = ()  # a running goroutine owns its arguments: nobody else keeps them alive
                        if type(made) is not CoroutineType:  # it was a plain function
                            if self._end(g, made):
                                return True
                            continue
                        g.send = send = made.send
                        reason = send(None)
                except BaseException as end:
                    if type(end) is not StopIteration or g.send is None:  # raised by a plain function, it is a panic
                        if self._raised(g, end):
                            return True
                        continue
                    g.program.gs.pop(g.goid, None)  # `_end`, written out: 40 ns of a spawn
                    if g is g.program.main and self._main_returned(g, end.value):
                        return True
                else:
                    if reason is GOSCHED:
                        self.globrunq.append(g)
                    elif type(reason) is WaitReason:
                        g.wait_reason = reason
                    else:
                        self._yielded(g, reason)
            return True
        finally:
            self.tick = max(tick, self.tick)  # a loop that was left by preemption ends after those that came later

    def _fire(self, now: Instant) -> None:
        self.cur = None  # a timer's function is no goroutine's
        self.timers.fire(now, self.ready)

    def take_p(self, tick: int) -> None:
        """A P was leased, and its tick with it; but a new main begins on a fresh one."""
        if not self._fresh:
            self.tick = tick

    def interrupt(self) -> None:
        """Let `run` return at the next switch. May be called from any thread, and from a goroutine."""
        self.tokens.clear()

    def ready(self, g: G) -> None:
        """Make a parked G runnable: it becomes runnext, and what was there goes to the tail of the ring."""
        g.wait_reason = None
        old, self.runnext = self.runnext, g
        if old is not None:
            self.ring.append(old)
            if len(self.ring) > self.runq_size:
                self.spill()

    def spill(self) -> None:
        """Move the older half of the full ring, and the newcomer that did not fit, to globrunq, in order."""
        ring = self.ring
        newcomer = ring.pop()
        self.globrunq.extend(_take(ring, self.runq_size // 2))
        self.globrunq.append(newcomer)

    def runnable(self) -> int:
        """How many goroutines are runnable on this M."""
        return len(self.ring) + len(self.globrunq) + (self.runnext is not None)

    def put(self, gs: list[G]) -> None:
        """Append goroutines that came from elsewhere to the tail of the ring; what does not fit to globrunq."""
        for g in gs:
            if len(self.ring) < self.runq_size:
                self.ring.append(g)
            else:
                self.globrunq.append(g)

    def drop(self, program: Program) -> None:
        """End all goroutines of a program at once: none runs again, no `finally` of theirs is run."""
        program.dropped = True
        if started := [g for g in program.gs.values() if g.send is not None]:
            keep(started)  # Go runs no deferred call at exit; a coroutine that is freed runs its `finally` blocks
        program.gs.clear()
        if self.runnext is not None and self.runnext.program is program:
            self.runnext = None
        for queue in (self.ring, self.globrunq):
            for g in _take(queue, len(queue)):  # one by one: a thief may be there
                if g.program is not program:
                    queue.append(g)
        self.events = [event for event in self.events if program_of(event) is not program]

    def spawn_main(self, program: Program, fn: Callable[..., object], args: tuple[object, ...]) -> G:
        """The main goroutine of a program, at the tail of the ring. Source: newproc in rt0_go.

        On an idle kernel its slice is the first of a fresh P, and so each run has the same order.
        In Go main is in runnext, but main.main begins only some ticks later; here, with the tick
        left at 0, the first `gosched` of main would give it the P again at once.
        """
        if not self.runnable():
            self.tick, self._fresh = 0, True
        g = G(MAIN_GOID, program, fn, args, None, 0)
        program.main = g
        program.gs[g.goid] = g
        self.put([g])
        return g

    def spawn(
        self, program: Program, fn: Callable[..., object], args: tuple[object, ...], creator: tuple[str, ...]
    ) -> G:
        """Start a goroutine that no goroutine's `go` starts, as the one of a timer. Source: newproc."""
        g = G(next(program.ids), program, fn, args, creator, 0)
        program.gs[g.goid] = g
        self.ready(g)
        if self.hungry:
            self.tokens.clear()
        return g

    def throw(self, g: G, error: BaseException) -> None:
        """Ready a parked G; what it awaited raises `error`."""
        self.throw_at_next_await(g, error)
        self.ready(g)

    def throw_at_next_await(self, g: G, error: BaseException) -> None:
        """When a started G runs again, what it awaited raises `error`."""
        resume = g.send

        def throw(coroutine: Coroutine[object, object, object], _: object) -> object:
            g.send = resume
            return coroutine.throw(error)

        # A bound method, as the `send` that it stands for: a dump finds the coroutine through it.
        g.send = MethodType(throw, resume.__self__)  # type: ignore[union-attr]  # a coroutine's own method

    def preempt(self) -> None:
        """Take the M away from the goroutine that is executing, whatever it is doing: it is queued globally.

        Called on top of its frames, by a signal's handler; returns there when it is executed again.
        Source: asyncPreempt, goschedImpl.
        """
        g = self.cur
        assert g is not None, "only what runs can be preempted"
        left = self._runner.here()
        resumes = g.send, g.pinned

        def send(_: object) -> object:
            g.send, g.pinned = resumes
            self._save_tick()
            self.tokens.clear()  # the loop there and the loop here have seen older queues: neither goes on
            self._runner.resume(left)
            self.tokens.clear()
            return RESUMED

        self._save_tick()
        self._slice_tick = NO_SLICE  # the one in runnext inherits no more than this moment
        g.pinned = PREEMPTED
        # A bound method where there is a coroutine, as the `send` that it stands for: a dump finds it through that.
        owner = getattr(resumes[0], "__self__", None)
        g.send = send if owner is None else MethodType(lambda _owner, val: send(val), owner)
        self.globrunq.append(g)
        self._runner.step_aside()

    def _save_tick(self) -> None:
        """Take the tick from the loop below, which is about to be left in the middle and keeps it to itself."""
        frame = _getframe(1)
        while frame.f_code is not Sched._switch.__code__:
            assert frame.f_back is not None, "a goroutine is executed by the loop"
            frame = frame.f_back
        self.tick = max(self.tick, frame.f_locals["tick"])

    def panicked(self, g: G, error: BaseException) -> None:
        """`error` left `g`, or is taken to have left it: an event for the shell."""
        self.events.append(Panicked(g, error))

    def resize(self, procs: int) -> int:
        """There are `procs` Ps from now on; how many there were. Goroutines that run see it at the next switch."""
        old, self.procs = self.procs, procs
        self.tokens.clear()
        return old

    def leave(self, error: BaseException) -> NoReturn:
        """End the program of the running goroutine by `error`, inside this call: no code of it sees that."""
        g = self.cur
        if g is None or not self._runner.is_here:
            raise NotInGoroutineError(type(error).__name__)
        self.events.append(Panicked(g, error, describe(g, g)))
        self._runner.leave()

    # -- parts of the loop

    def _raised(self, g: G, error: BaseException) -> bool:
        """An exception left `g`; True when that ends the program. Goexit of main is no end of it."""
        if isinstance(error, Goexit):
            g.program.gs.pop(g.goid, None)
            g.program.exiting.discard(g.goid)
            return False
        if not isinstance(error, Left):  # else it has said why
            self.events.append(Panicked(g, error))
        return True

    def _end(self, g: G, value: object) -> bool:
        """A goroutine ended by itself; True when it was main."""
        g.program.gs.pop(g.goid, None)
        return g is g.program.main and self._main_returned(g, value)

    def _main_returned(self, g: G, value: object) -> bool:
        """Whether that ends the program; not yet while a panic runs deferred calls. Source: main."""
        if g.program.gs and type(g.send) is not Patience and (patience := Patience(g, value)):
            g.send = patience
            g.program.gs[g.goid] = g
            self.globrunq.append(g)
            return False
        self.events.append(Returned(g.program, value))
        return True

    def _yielded(self, g: G, reason: object) -> None:
        """What is rare. GOYIELD: the G goes to the tail of the ring. Source: goyield_m.

        RESUMED: it went on on its own stack, whose loop has seen to it; this loop has no tokens left.
        """
        if reason is GOYIELD:
            self.ring.append(g)
            if len(self.ring) > self.runq_size:
                self.spill()
        elif reason is not RESUMED:
            self.throw(g, ForeignAwaitError(reason))

    def _globrunq_rest(self) -> int:
        """One G was taken from globrunq to run: how many more make a fair batch. Source: globrunqget."""
        size = len(self.globrunq) + 1
        return min(size, size // self.procs + 1, self.runq_size // 2) - 1


def _take(queue: deque[G], n: int) -> list[G]:
    """Remove up to `n` Gs from the head of a queue. Fewer when a thief was there: see `steal`."""
    taken: list[G] = []
    try:
        while len(taken) < n:
            taken.append(queue.popleft())
    except IndexError:
        pass
    return taken


def program_of(event: Event) -> Program:
    """Whose event it is."""
    return event.program if isinstance(event, Returned) else event.g.program


# The kernel that is running goroutines on this thread of control, if any. A module's global,
# because `go` and `gosched` have no object to find it through; the simulator runs many kernels in
# turn, never nested.
_current: Sched | None = None


def _set_current(sched: Sched | None) -> None:
    global _current
    _current = sched


def here(what: str) -> Sched:
    """The kernel that is executing the calling goroutine; NotInGoroutineError when there is none."""
    sched = _current
    if sched is None or sched.cur is None:
        raise NotInGoroutineError(what)
    return sched


def current_goroutine() -> G | None:
    """The calling goroutine, or None outside of goroutines."""
    sched = _current
    return None if sched is None else sched.cur


def fatal(text: str) -> NoReturn:
    """`fatal error: text`: ends the program inside this call. Raises FatalError where another M's goroutine caused it.

    Source: fatal, runtime/panic.go.
    """
    sched = _current
    if sched is None or sched.cur is None or sched.serving:
        raise FatalError(text)
    sched.leave(FatalError(text))


_new: Final = object.__new__


def go(fn: Callable[..., object] | None, /, *args: object, **kwargs: object) -> None:
    """Start a goroutine: `fn(*args, **kwargs)`, an `async def` or a plain `def`, will run on its own.

    The caller goes on; the new G is in runnext, and what was there at the tail of the ring.
    Source: newproc, newproc1.
    """
    sched = _current
    if sched is None or sched.cur is None:
        raise NotInGoroutineError("go")
    if fn is None:
        fatal("go of nil func value")
    if kwargs:
        fn = partial(fn, **kwargs)
    program = sched.cur.program
    if program.race is not None:
        fn, args = begun(program.race, fn, args)
    caller = _getframe(1)
    g = _new(G)  # its constructor, written out: a twelfth of a spawn
    g.goid = goid = next(program.ids)
    g.program = program
    g.fn = fn
    g.args = args
    g.send = g.val = g.wait_reason = None
    g.creator = caller.f_code
    g.creator_lasti = caller.f_lasti
    g.pinned = ""
    program.gs[goid] = g
    old, sched.runnext = sched.runnext, g
    if old is not None:
        sched.ring.append(old)
        if len(sched.ring) > sched.runq_size:
            sched.spill()
        if sched.hungry:
            sched.tokens.clear()


def goid() -> GId:
    """The id of the calling goroutine, for people who debug; main's is 1."""
    cur = here("goid").cur
    assert cur is not None
    return GId(cur.goid)


@parks
def park(reason: WaitReason) -> Generator[WaitReason, object, object]:
    """Leave the run queues until somebody readies this G; the result is `val` of then."""
    return (yield reason)


@parks
def gosched() -> Generator[WaitReason, object, None]:
    """Let others run: this G goes to the tail of the global queue. Source: goschedImpl."""
    yield GOSCHED


@parks
def goyield() -> Generator[WaitReason, object, None]:
    """Let the others of this P run: this G goes to the tail of the ring. For hand-overs. Source: goyield."""
    yield GOYIELD


@parks
def sleep(seconds: float) -> Generator[WaitReason, object, None]:
    """Park for `seconds`; zero or less returns at once and does not yield. Source: timeSleep."""
    if seconds <= 0:
        return
    sched = here("sleep")
    assert sched.cur is not None
    sched.timers.add(Instant(sched.clock.now() + int(min(seconds, SLEEP_MAX_S) * SECOND)), sched.cur)
    yield SLEEP
