"""The shell of an M: its main loop, and the sysmon thread that stands in while a goroutine keeps it.

The main thread holds `lock` whenever it uses the sockets or the machine, and lets go of it while
user code runs. Sysmon looks every SYSMON_PERIOD_NS; if the main thread has not been at the sockets
for that long, it takes the lock and keeps the lease alive, answers questions and gives goroutines
to the hungry. What it cannot do beside a running goroutine it leaves for the main thread, in order.
While the main thread waits for messages, sysmon sleeps on an event: an idle M costs nothing.
Source: sysmon, Go runtime/proc.go.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from random import Random
from types import FrameType
from typing import Final

from cluster.kernel.g import G
from cluster.model.clock import SECOND, Clock, Instant
from cluster.model.ids import MId
from cluster.model.limits import SYSMON_PERIOD_NS
from cluster.wire.messages import Message, Peer, RegisterM
from worker.aside import Aside
from worker.core.machine import Machine
from worker.link import Link
from worker.loading import FileLoader
from worker.netpoll import Epoll
from worker.output import capture
from worker.preempt import Preemptor

HOG_NS: Final = 3_000_000  # of CPU time in a period of sysmon: the main thread computes, and does not block
RETRY_NS: Final = 1_000_000  # between two requests to leave a goroutine that refuses
FORCE_NS: Final = 100_000_000  # of a slice: from here on the goroutine is left in the middle of an expression, too
SWITCH_INTERVAL_S: Final = (
    0.0002  # in which a computing main thread lets sysmon have the GIL; Python's 5 ms are half a slice
)
PUMP_NS: Final = 50_000_000  # how long a blocked M waits before it lets time pass


class Loop:
    """Drives one machine until it is done. Implements the machine's `Hands`."""

    def __init__(self, link: Link, clock: Clock, register: RegisterM, chaos: Random | None = None) -> None:
        """`chaos`: see worker/core/moves.py."""
        self._link: Final = link
        self._aside: Final = Aside()
        self.netpoll: Final = Epoll()
        link.watch(self._aside.wake_fd)
        link.watch(self.netpoll.fd)
        self._clock: Final = clock
        self._lock: Final = threading.RLock()
        self._busy: Final = threading.Event()  # cleared while the main thread waits for messages
        self._deferred: deque[tuple[MId, Message]] = deque()
        self._looked_at = clock.now()
        self.machine: Final = Machine(clock, FileLoader(), self, register, cpu_reader(), chaos)
        self._preemptor: Final = Preemptor(lambda: self.machine.sched, self.machine.preemptible)
        self._me = self.machine.me

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
        with self._lock:
            now = self._clock.now()
            self._looked_at = now
            self._take_all()
            machine.tick(now)
            self._link.send(machine.outgoing())
            if not machine.may_run and not machine.wants_load:
                self._wait(machine.deadline - now)
                return
        if machine.wants_load:
            machine.load()
        elif machine.may_run:
            machine.run(self._clock.now())
            with self._lock:
                machine.conclude()

    def _take_all(self) -> None:
        while self._deferred:
            self.machine.take(*self._deferred.popleft())
        for source, message in self._link.receive():
            self.machine.take(source, message)
        for outcome in self._aside.outcomes():
            self.machine.returned(*outcome)
        if ready := self.netpoll.ready():
            self.machine.polled(ready)

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
            os._exit(0)

    def _on_term(self, _signal: int, _frame: FrameType | None) -> None:
        if self.machine.sched.cur is not None:
            os._exit(128 + signal.SIGTERM)  # a goroutine is executing: as in Go, nothing of it runs any more
        self.machine.done = "it was terminated"

    # -- the sysmon thread

    def _sysmon(self) -> None:
        main_clock = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
        computed = 0
        while not self.machine.done:
            self._busy.wait()
            time.sleep(SYSMON_PERIOD_NS / SECOND)
            before, computed = computed, time.clock_gettime_ns(main_clock)
            since = self._looked_at
            if self._clock.now() - since < SYSMON_PERIOD_NS:
                continue
            if self._lock.acquire(blocking=False):
                try:
                    self._stand_in(self._clock.now())
                except BaseException:  # noqa: BLE001  # without this thread the M would fall silent at its next long slice
                    traceback.print_exc(file=sys.__stderr__)
                    os._exit(1)
                finally:
                    self._lock.release()
            if computed - before >= HOG_NS:
                self._preempt(since)

    def _preempt(self, since: Instant) -> None:
        """The main thread computes in one goroutine since `since`: take it away, unless it comes by itself."""
        main = threading.main_thread().ident
        assert main is not None, "the main thread is running"
        for _ in range(SYSMON_PERIOD_NS // RETRY_NS):
            if self._looked_at != since:
                return
            self._preemptor.request(main, force=self._clock.now() - since >= FORCE_NS)
            time.sleep(RETRY_NS / SECOND)

    def _stand_in(self, now: Instant) -> None:
        for source, message in self._link.receive():
            if not self.machine.take_aside(source, message):
                self._deferred.append((source, message))
        self.machine.tick_aside(now)
        self._link.send(self.machine.outgoing())
        self._leave_if_done()


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
