"""Go's package time: Timer, Ticker, `after` and `after_func`.

Channel.    Of capacity 1; when a timer is due the time goes into it if there is room, and is lost
            otherwise: a slow reader finds one tick, not all. The time is that of `time.time()`.
Functions.  `after_func` starts a goroutine on the M of the timer; in dumps time.goFunc made it. `stop`
            does not wait for one that has begun.
Order.      See timers: what a timer wakes takes over runnext, and so does a goroutine that it starts.
Handles.    The channel is a handle of its own. `stop` and `reset` have an answer and are not awaited, so
            they block the M of the caller for a round trip.
Unlike Go.  A Ticker says of `stop` and `reset`, as a Timer does, whether it was running.
Sources.    Go 1.19 time/sleep.go, time/tick.go.
"""

from collections.abc import Callable
from typing import Final, Self

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.g import Waiter
from cluster.kernel.handles import caller, demand
from cluster.kernel.nilchan import nil
from cluster.kernel.racing import begun_by_timer
from cluster.kernel.sched import Sched, here
from cluster.kernel.timers import RuntimeTimer
from cluster.model.clock import SECOND, Instant
from cluster.model.errors import Panic
from cluster.model.ids import ObjId, ProgramId
from cluster.model.limits import SLEEP_MAX_S


class Timed:
    """What Timer and Ticker have in common: a channel of times, and a timer at its home."""

    __slots__ = ("_sched", "_timer", "c", "id", "home", "program", "__weakref__")

    def __init__(self, seconds: float, period: int) -> None:
        what = f"{type(self).__name__}()"
        self._sched: Sched = here(what)
        program = caller(self._sched, what).program
        self.program: ProgramId | None = program.id  # None on handles
        self.c: Chan[float] = Chan(1)
        self._timer: RuntimeTimer | None = RuntimeTimer(program, _sender(self._sched, self.c), period)
        self.id: ObjId | None = None
        self.home: ObjId | None = None
        self._sched.timers.start(self._timer, due(self._sched, seconds))

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, c: Chan[float]) -> Self:
        """A stand-in on this M for the one `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self.c = sched, home, home, c
        self.program = self._timer = None
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return (self.c,)

    def stop(self) -> bool:
        """Send no more on `c`; whether it would have. The channel is neither drained nor closed."""
        if self.home is not None:
            return demand(self.home, FarOp.TIMER_STOP, None, "stop") is True
        assert self._timer is not None
        return self._sched.timers.stop(self._timer)

    def _start(self, seconds: float, period: int) -> bool:
        if self.home is not None:
            return demand(self.home, FarOp.TIMER_RESET, seconds, "reset") is True
        assert self._timer is not None
        self._timer.period = period
        return self._sched.timers.start(self._timer, due(self._sched, seconds))

    def reset(self, seconds: float) -> bool:
        """See the subclasses."""
        raise NotImplementedError

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M."""
        match op:
            case FarOp.TIMER_STOP:
                waiter.wake(self.stop())
            case FarOp.TIMER_RESET:
                assert isinstance(arg, int | float)
                waiter.wake(self.reset(arg))
            case _:
                raise AssertionError(f"a timer was asked for {op.name}")

    def __repr__(self) -> str:
        name = type(self).__name__
        if self._timer is None:
            return f"<{name} at {self.home}>"
        return f"<{name}, {'pending' if self._timer.serial else 'not pending'}>"


class Timer(Timed):
    """Sends the time on `c` once, `seconds` from now. One object for goroutines of all Ms."""

    __slots__ = ()

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds, period=0)

    @classmethod
    def calling(cls, sched: Sched, seconds: float, fn: Callable[..., object], args: tuple[object, ...]) -> Self:
        """A timer that starts a goroutine. Its channel is nil, as in Go."""
        self = cls.__new__(cls)
        self._sched, self.c, self.id, self.home = sched, nil, None, None
        program = caller(sched, "after_func").program
        self.program = program.id
        self._timer = RuntimeTimer(program, lambda: go_func(sched, self._timer, fn, args))
        sched.timers.start(self._timer, due(sched, seconds))
        return self

    def reset(self, seconds: float) -> bool:
        """Let it fire `seconds` from now; whether it was to fire anyway. For timers stopped or drained."""
        return self._start(seconds, period=0)


class Ticker(Timed):
    """Sends the time on `c` every `seconds`. One object for goroutines of all Ms."""

    __slots__ = ()

    def __init__(self, seconds: float) -> None:
        if seconds <= 0:
            raise Panic("non-positive interval for NewTicker")
        super().__init__(seconds, nanoseconds(seconds))

    def reset(self, seconds: float) -> bool:
        """Tick every `seconds` from now on, also after `stop`; whether it was ticking."""
        if seconds <= 0:
            raise Panic("non-positive interval for Ticker.Reset")
        return self._start(seconds, nanoseconds(seconds))


def after(seconds: float) -> Chan[float]:
    """A channel on which the time comes, once, `seconds` from now."""
    return Timer(seconds).c


def after_func(seconds: float, fn: Callable[..., object], /, *args: object) -> Timer:
    """Start a goroutine, `fn(*args)`, plain or async, `seconds` from now; the Timer to stop that with."""
    return Timer.calling(here("after_func"), seconds, fn, args)


def go_func(sched: Sched, timer: RuntimeTimer | None, fn: Callable[..., object], args: tuple[object, ...]) -> None:
    """What such a timer calls. Source: goFunc."""
    assert timer is not None
    if (copy := timer.program.race) is not None:
        fn, args = begun_by_timer(copy, fn, args)
    sched.spawn(timer.program, fn, args, GO_FUNC)


GO_FUNC: Final = ("created by time.goFunc", f"\t{go_func.__code__.co_filename}:{go_func.__code__.co_firstlineno}")


def due(sched: Sched, seconds: float) -> Instant:
    """The instant `seconds` from now; now when it is not positive. Source: when."""
    return Instant(sched.clock.now() + (nanoseconds(seconds) if seconds > 0 else 0))


def nanoseconds(seconds: float) -> int:
    """At least 1, at most Go's longest Duration."""
    return max(1, int(min(seconds, SLEEP_MAX_S) * SECOND))


def _sender(sched: Sched, c: Chan[float]) -> Callable[[], object]:
    """What a timer with a channel calls. Source: sendTime."""
    return lambda: c.offer(sched.clock.unix_s())
