"""The shell of an M: its main loop, and the sysmon thread that stands in while a goroutine keeps it.

The main thread holds `lock` whenever it uses the sockets or the machine, and lets go of it while
user code runs. Sysmon looks every SYSMON_PERIOD_NS; if the main thread has not been at the sockets
for that long, it takes the lock and keeps the lease alive, answers questions and gives goroutines
to the hungry. What it cannot do beside a running goroutine it leaves for the main thread, in order.
A main thread that computes is taken its goroutine by a signal; one that blocks in a call loses its P, and
sysmon listens in its place: what others ask of this M is then done in a signal's handler, which
the call survives (PEP 475); or by sysmon, if the call hears no signal. So it is, together with due
timers and ready files, beside a goroutine that computes and may not be left.
While the main thread waits for messages, sysmon sleeps on an event: an idle M costs nothing.
Source: sysmon, Go runtime/proc.go; it polls the network when nobody did for 10 ms.
"""

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.netpoll import inject
from cluster.model.clock import SECOND, Clock, Instant
from cluster.model.ids import MId
from cluster.model.limits import LINK_FRAMES_MAX, PRINTED_MAX, SYSMON_PERIOD_NS
from cluster.wire.messages import Message, Peer, RegisterM
from worker import preempt
from worker.aside import Aside
from worker.core.machine import CUT_OFF, Machine
from worker.core.outbox import COORDINATOR
from worker.link import Link
from worker.loading import FileLoader
from worker.netpoll import Epoll
from worker.nursery import LOST
from worker.output import capture
from worker.preempt import Preemptor
from worker.watch import MainThread

LOOK_NS: Final = SYSMON_PERIOD_NS // 2  # between two looks: so a call that blocks is seen within one period
HOG_NS: Final = LOOK_NS // 3  # of CPU time between two looks: the main thread computes
KEPT_NS: Final = 2 * SYSMON_PERIOD_NS  # a blocked M that still has its P then has it because nobody can take it
BRIEF_NS: Final = 50_000  # of a run: less than a frame costs those who send and take it
RETRY_NS: Final = 1_000_000  # between two requests to leave a goroutine that refuses
FORCE_NS: Final = 3 * SYSMON_PERIOD_NS  # of a slice: from here on it is left in the middle of an expression, too
SWITCH_INTERVAL_S: Final = (
    0.0002  # in which a computing main thread lets sysmon have the GIL; Python's 5 ms are half a slice
)
PUMP_NS: Final = 50_000_000  # how long a blocked M waits before it lets time pass


class Loop:
    """Drives one machine until it is done. Implements the machine's `Hands`."""

    def __init__(
        self, link: Link, clock: Clock, register: RegisterM, directory: Path | None, chaos: Random | None = None
    ) -> None:
        """`directory`: see FileLoader. `chaos`: see worker/core/moves.py."""
        self._link: Final = link
        self._aside: Final = Aside()
        self.netpoll: Final = Epoll()
        link.watch(self._aside.wake_fd)
        link.watch(self.netpoll.fd)
        self._clock: Final = clock
        self._lock: Final = threading.RLock()
        self._busy: Final = threading.Event()  # cleared while the main thread waits for messages
        self._deferred: deque[tuple[MId, Message]] = deque()
        self._looked_at = self._pumped_at = clock.now()
        self.machine: Final = Machine(clock, FileLoader(directory), self, register, cpu_reader(), chaos)
        self._preemptor: Final = Preemptor(
            lambda: self.machine.sched, self.machine.preemptible, self._serve, self._let_finish, self._unwanted
        )
        self._from_ms: deque[tuple[MId, Message]] = deque()  # came while the main thread was in a call
        self._serving = False  # sysmon does the main thread's work, under the lock
        self._listening = False  # sysmon waits for messages, under the lock
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        link.watch(self._wake_read)
        self._me = self.machine.me
        self._brief = False  # the last run took less time than a frame
        self._main: Final = threading.main_thread().ident or 0
        self._in_call_since = clock.now()
        self._patience_ns = RETRY_NS  # of listening in the main thread's place; grows as Go's sysmon's does

    # -- Hands

    def meet(self, peers: tuple[Peer, ...], gone: tuple[MId, ...]) -> None:
        """See `Hands`."""
        if self.machine.me != self._me:
            self._me = self.machine.me
            self._link.forget_peers()
        self._link.meet(self._me, peers, gone)

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        """See `Hands`."""
        self._aside.call(g, call)

    def pump(self) -> None:
        """See `Hands`."""
        with self._lock:
            self._link.send(self.machine.outgoing())
            self._sleep(PUMP_NS)
            self._pumped_at = self._clock.now()
            self._take_all()
            self.machine.tick_aside(self._clock.now())
            self._link.send(self.machine.outgoing())
            self._leave_if_done()

    # -- the main thread

    def run(self) -> str:
        """Until the machine is done; why."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        capture(self.machine, self._aside.caller)
        threading.Thread(target=self._sysmon, name="sysmon", daemon=True).start()
        signal.signal(signal.SIGTERM, self._on_term)
        while not self.machine.done:
            self._turn()
        with self._lock:
            self._link.send(self.machine.outgoing())
            self._link.close()
        return self.machine.done

    def _turn(self) -> None:
        machine = self.machine
        hushed = self._listening and self._hush()
        with self._lock:
            if hushed:
                self._forget_hush()
            now = self._clock.now()
            self._looked_at = now
            self._take_all()
            machine.tick(now)
            reads = machine.may_run and machine.arrivals.waiting
            if not reads:
                self._link.send(machine.outgoing())
                if self._held or not (machine.may_run or machine.wants_load):
                    self._wait(machine.deadline - now)
                    return
        if reads:
            self._read()
        if machine.wants_load:
            machine.load()
        elif machine.may_run:
            began = self._clock.now()
            machine.run(began)
            self._brief = self._clock.now() - began < BRIEF_NS
            with self._lock:
                machine.conclude()

    def _read(self) -> None:
        """Read what came. What is to be said of it waits for its results, if the last run took no time."""
        self.machine.run(self._clock.now())
        with self._lock:
            self.machine.conclude()
            if self._held or not self._brief:
                self._link.send(self.machine.outgoing())

    @property
    def _held(self) -> bool:
        """Whether a peer does not read: nothing more should be made for it."""
        return self._link.full or self.machine.outbox.printed > PRINTED_MAX

    def _take_all(self) -> None:
        while self._from_ms:
            self.machine.take(*self._from_ms.popleft())
        while self._deferred:
            self.machine.take(*self._deferred.popleft())
        for source, message in self._link.receive():
            self.machine.take(source, message)
        self._take_returned()

    def _take_returned(self) -> None:
        """Goroutines whose system calls are done, or whose files are ready."""
        for outcome in self._aside.outcomes():
            self.machine.returned(*outcome)
        if ready := self.netpoll.ready():
            inject(self.machine.sched, ready)

    def _wait(self, timeout_ns: int) -> None:
        self._busy.clear()
        self._sleep(min(timeout_ns, SECOND))
        self._busy.set()

    def _sleep(self, timeout_ns: int) -> None:
        if self._link.wait(timeout_ns):
            self.machine.done = "its parent process ended"

    def _leave_if_done(self) -> None:
        """For when the main thread is in a goroutine, which must not go on."""
        if self.machine.done:
            os._exit(LOST if self.machine.done == CUT_OFF else 0)

    def _on_term(self, _signal: int, _frame: FrameType | None) -> None:
        if self.machine.sched.cur is not None:
            os._exit(128 + signal.SIGTERM)  # a goroutine is executing: as in Go, nothing of it runs any more
        self.machine.done = "it was terminated"

    # -- the sysmon thread

    def _sysmon(self) -> None:
        main = MainThread({preempt.__file__, __file__})
        while not self.machine.done:
            self._busy.wait()
            main.look()  # it may have been idle
            if self.machine.incall.active:
                self._listen()
            else:
                time.sleep(LOOK_NS / SECOND)
            main.look()
            since = self._looked_at
            elapsed = self._clock.now() - since
            if elapsed < LOOK_NS:
                continue
            blocked = main.blocked and (elapsed >= SYSMON_PERIOD_NS or self.machine.incall.keeps_others)
            blocked = blocked or (self._preemptor.unheard and elapsed >= FORCE_NS)  # in a long call of C
            if self._lock.acquire(blocking=False):
                try:
                    self._stand_in(self._clock.now(), main, blocked)
                except BaseException:  # noqa: BLE001  # without this thread the M would fall silent at its next long slice
                    traceback.print_exc(file=sys.__stderr__)
                    os._exit(1)
                finally:
                    self._lock.release()
            self._end_unwanted()
            if elapsed >= SYSMON_PERIOD_NS and main.computed_ns >= HOG_NS and not self.machine.incall.active:
                self._preempt(since)
                if self._looked_at == since and self._to_serve:  # it may not be left
                    self._preemptor.ask(self._main)

    @property
    def _to_serve(self) -> bool:
        """Whether others wait for what the main thread would do at its next scheduling point."""
        incall = self.machine.incall
        return bool(self._from_ms or incall.timers_due or self._aside.returned or self.netpoll.is_ready)

    def _unwanted(self, g: G) -> bool:
        return self.machine.tasks.unwanted(g)

    def _end_unwanted(self) -> None:
        """The task that is executing may be one that is to end wherever it is; and if it does not, this M."""
        g = self.machine.sched.cur
        if g is not None and self._unwanted(g):
            self._preemptor.request(self._main, force=True)
        if self.machine.tasks.overdue:
            os.kill(os.getpid(), signal.SIGKILL)

    def _preempt(self, since: Instant) -> None:
        """The main thread is in one goroutine since `since`: take it away, unless it comes by itself."""
        for _ in range(SYSMON_PERIOD_NS // RETRY_NS):
            if self._looked_at != since:
                return
            self._preemptor.request(self._main, force=self._clock.now() - since >= FORCE_NS)
            time.sleep(RETRY_NS / SECOND)

    def _listen(self) -> None:
        """The main thread is in a call that blocks: wait for messages in its place, until it is back."""
        self._listening = True
        if self._preemptor.unserved or self._aside.returned or self.netpoll.is_ready:
            time.sleep(RETRY_NS / SECOND)  # what the main thread has yet to take would end each wait at once
        else:
            with self._lock:
                if self.machine.incall.active:
                    self._sleep(self._patience_ns)
        self._listening = False
        self._patience_ns = min(2 * self._patience_ns, SYSMON_PERIOD_NS)

    def _hush(self) -> bool:
        """The main thread is back, and wants the lock: end the wait for messages under it. True."""
        try:  # noqa: SIM105  # frames of `suppress` on top of the call would be taken for a move: see watch.py
            os.write(self._wake_write, b"!")
        except BlockingIOError:
            pass  # it has been waked often enough
        return True

    def _forget_hush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 64)

    def _stand_in(self, now: Instant, main: MainThread, blocked: bool) -> None:
        machine = self.machine
        for source, message in self._link.receive(of_ms=len(self._from_ms) < LINK_FRAMES_MAX):
            if not machine.take_aside(source, message):
                (self._deferred if source == COORDINATOR else self._from_ms).append((source, message))
        if machine.incall.active:
            self._in_call(now, main)
        elif blocked and now - self._pumped_at >= LOOK_NS:  # else it waits for an answer, and is at the sockets itself
            main.mark()
            self._in_call_since, self._patience_ns = now, RETRY_NS
            machine.incall.begins()
        machine.tick_aside(now)
        self._link.send(machine.outgoing())
        self._leave_if_done()

    def _in_call(self, now: Instant, main: MainThread) -> None:
        """The main thread was in a call that blocks: is it still? Then it is asked to do what others wait for."""
        machine = self.machine
        if main.has_moved:
            machine.incall.resumes(now)
            return
        machine.incall.begins()
        if self._to_serve:
            if self._preemptor.unserved:
                self._serve_aside()
            else:
                self._preemptor.ask(self._main)
        elif machine.holds_p and machine.sched.runnable() and now - self._in_call_since >= KEPT_NS:
            # Nobody takes the P: leave the goroutine in its call.
            self._preemptor.request(self._main, force=True, blocked_at=main.place)

    def _serve_aside(self) -> None:
        """The main thread does not hear that it is asked to: do it here, while it is in C. Under the lock."""
        self._serving = True
        try:
            if self._preemptor.deaf(self._main):
                self._serve_now()
            else:
                self._preemptor.ask(self._main)
        finally:
            self._serving = False

    def _let_finish(self) -> None:
        """On the main thread, in a signal's handler: see `_serve_aside`."""
        if self._serving:
            with self._lock:
                pass

    def _serve(self) -> None:
        """On the main thread, in the handler of a signal that interrupted a call."""
        hushed = self._listening and self._hush()
        with self._lock:
            if hushed:
                self._forget_hush()
            self._serve_now()

    def _serve_now(self) -> None:
        self._take_returned()
        messages = list(self._from_ms)
        self._from_ms.clear()
        self.machine.incall.serve(messages, self._clock.now())
        self._link.send(self.machine.outgoing())


def cpu_reader() -> "CpuReader":
    """Tells the core that the calling thread runs on."""
    return CpuReader()


class CpuReader:
    """Reads the kernel's word for the core of the thread that made it: 5 us; -1 where it is not told."""

    def __init__(self) -> None:
        try:
            self._fd = os.open("/proc/thread-self/stat", os.O_RDONLY)
        except OSError:
            self._fd = -1

    def __call__(self) -> int:
        if self._fd < 0:
            return -1
        fields = os.pread(self._fd, 1024, 0).rpartition(b")")[2].split()
        return int(fields[36])  # `processor`, field 39 of proc(5); the name in brackets ends field 2
