"""The parent of Ms: forks them after everything is imported, sees them die, and ends with them.

A fork of a process that has imported all costs a few milliseconds; a new interpreter ten times
that. The first Ms are forked before the parent makes its socket and the threads that come with it. One
that the coordinator asks for later (NewM) closes every descriptor that it inherits but those it
needs, and touches nothing of that socket: a fork copies no thread. The parent tells the coordinator of
each death at once, with its signal: the coordinator would else notice by silence, seconds later, and
not know why. It makes another M for one that fell, but not for ever: see RESTARTS_MAX.
"""

import contextlib
import gc
import os
import select
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import zmq

from cluster.launch.connection import Connection
from cluster.launch.dealer import Dealer
from cluster.model.clock import MonotonicClock
from cluster.model.errors import ProtocolError
from cluster.wire.messages import (
    BadFrame,
    EndM,
    Forked,
    MExited,
    NewM,
    NoM,
    RegisterNursery,
    Stop,
    ToNursery,
    Vouch,
)
from cluster.wire.strikes import Strikes, Verdict

FRAMES_MAX: Final = 64  # taken at once
TERM_GRACE_S: Final = 1.0  # between SIGTERM and SIGKILL
RESTARTS_MAX: Final = 60  # in RESTARTS_S: OTP's rule of intensity. Ms that die at their start reach it in two seconds,
RESTARTS_S: Final = 10.0  # goroutines that kill their Ms, three each, when there are six a second
LOST: Final = 75  # of an M that lost its coordinator in the midst of a goroutine: sysexits.h's EX_TEMPFAIL
FOREIGN: Final = 78  # exit code of an M that cannot join, now or later: sysexits.h's EX_CONFIG
LINGER_MS: Final = 200  # for the last words: who died
LOOK_MS: Final = 1000  # between two looks at what the children do; their deaths wake the poll
MEMORY_MIN_KB: Final = 256 << 10  # to make one more M, which takes some 10 MB, and what its goroutines take
# CPU time that shows a child to compute, though others have the core most of the time: one that is stopped has none.
BUSY_S: Final = 0.02  # two ticks of the system's clock


class Nursery:
    """Ms of one command line. `body(index, parent_fd)` is the life of an M; it never returns."""

    def __init__(self, body: Callable[[int, int], None], bury: Callable[[int], None]) -> None:
        """`bury(pid)` cleans up after an M, however it died."""
        self._body: Final = body
        self._bury: Final = bury
        self._children: dict[int, int] = {}  # pid: index
        self._made = 0
        self._restarted: deque[float] = deque()  # when, of the last RESTARTS_S
        self._cpu: dict[int, float] = {}  # pid: seconds when it was last seen to compute
        # Children watch the read end: it becomes readable, at its end, when this process is gone.
        self._alive_read, self._alive_write = os.pipe()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        os.set_blocking(self._wake_read, False)

    def fork(self, count: int) -> None:
        """Start `count` Ms."""
        gc.freeze()  # keeps what is imported shared between parent and children
        for _ in range(count):
            self._fork()

    def _fork(self) -> int:
        index = self._made
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
            _close_all_but({0, 1, 2, self._alive_read})
            try:
                self._body(index, self._alive_read)
            except BaseException:  # noqa: BLE001  # a bug of ours, of which nobody else would hear
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(1)
        self._made += 1
        self._children[pid] = index
        return pid

    def _new_m(self) -> Forked | NoM:
        """The coordinator wants one more."""
        if (available := _memory_available_kb()) < MEMORY_MIN_KB:
            return NoM(f"{available >> 10} MB of memory are available")
        try:
            return Forked(self._fork())
        except OSError as error:
            return NoM(f"fork: {error}")

    def watch(self, coordinator: Connection, parent_fd: int | None, grows: bool = False) -> int:
        """Until all children are dead, or the coordinator or our parent says stop; the exit code.

        With `grows` more Ms are made when the coordinator asks for them; if our parent is there to say stop, also when
        all have died.
        """
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        stop = _Flag()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop.set)
        context = zmq.Context()
        strikes = Strikes()

        def bad_frame(error: ProtocolError) -> None:
            verdict = strikes.strike(b"")
            if verdict is not Verdict.COUNT:
                _say(f"dropped a frame of the coordinator: {error}")
            link.send([BadFrame()])
            if verdict is Verdict.CUT_OFF:
                stop.set()

        address, keys = coordinator.address, coordinator.keys
        link = Dealer(context, address, keys, ToNursery, MonotonicClock(), LINGER_MS, bad_frame)
        link.send([RegisterNursery(os.getpid(), tuple(self._children), grows)])
        vouched_at, code = time.monotonic(), 0
        poller = zmq.Poller()
        for source in (link.socket, self._wake_read, *([] if parent_fd is None else [parent_fd])):
            poller.register(source, zmq.POLLIN)
        while (self._children or (grows and parent_fd is not None)) and not stop.is_set:
            ready = dict(poller.poll(link.patience_ms(LOOK_MS)))
            self._hear_signals()
            for message in link.receive(FRAMES_MAX):
                if isinstance(message, NewM):
                    link.send([self._new_m()])
                elif isinstance(message, EndM):
                    if message.pid in self._children:
                        os.kill(message.pid, signal.SIGKILL)
                elif isinstance(message, Stop):
                    link.socket.linger = 0  # the coordinator is going: it hears nothing more
                    stop.set()
            if parent_fd in ready:
                stop.set()
            if time.monotonic() >= vouched_at + LOOK_MS / 1000:
                vouched_at = time.monotonic()
                link.send([Vouch(self._busy())])  # also if there are none: it is a sign of life
            dead = self._reap()
            self._tell(link, dead)
            if not self._replace(link, dead, grows):
                code = 1
                break
        self._end_children(link)
        link.socket.close()
        context.term()
        return code

    def _replace(self, link: Dealer, dead: list[tuple[int, int]], grows: bool) -> bool:
        """Make Ms for those that fell; False when too many do. Source: OTP's supervisor, `intensity` and `period`."""
        now = time.monotonic()
        for pid, code in dead:
            if code in (0, FOREIGN) or (code == LOST and link.is_unheard):
                continue  # it was told to end, or none like it can be used, or nobody is there to use one
            while self._restarted and now - self._restarted[0] > RESTARTS_S:
                self._restarted.popleft()
            if len(self._restarted) >= RESTARTS_MAX:
                how = f"killed by signal {-code}" if code < 0 else f"exited with code {code}"
                _say(
                    f"{RESTARTS_MAX} Ms have died in {RESTARTS_S:.0f} s, the last one, pid {pid}, {how}. "
                    f"No more are made, and all end: find out what kills them."
                )
                return False
            self._restarted.append(now)
            try:
                link.send([RegisterNursery(os.getpid(), (self._fork(),), grows)])
            except OSError as error:
                _say(f"no M can be made for pid {pid}, which died: {error}")
        return True

    def _tell(self, link: Dealer, dead: list[tuple[int, int]]) -> None:
        for pid, code in dead:
            link.send([MExited(pid, max(code, 0), max(-code, 0))])

    def _busy(self) -> tuple[int, ...]:
        """Children that have computed since the last call.

        An M whose goroutine is in a long C call that keeps the GIL can say nothing itself, and would
        be taken for dead. One that is stopped or hangs does not compute, and is not vouched for.
        """
        busy = []
        for pid in self._children:
            now = _cpu_seconds(pid)
            if now - self._cpu.get(pid, 0.0) >= BUSY_S:
                self._cpu[pid] = now
                busy.append(pid)
        return tuple(busy)

    def _reap(self) -> list[tuple[int, int]]:
        """Children that have died, with their exit code, or minus the signal."""
        dead = []
        for pid in list(self._children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._children[pid]
                self._bury(pid)
                dead.append((pid, os.waitstatus_to_exitcode(status)))
        return dead

    def _end_children(self, link: Dealer) -> None:
        os.close(self._alive_write)  # wakes those that wait for messages; a signal alone does not end their poll
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._children:
                os.kill(pid, number)
            give_up = time.monotonic() + TERM_GRACE_S
            while self._children and time.monotonic() < give_up:
                self._tell(link, self._reap())
                if self._children:
                    select.select([self._wake_read], [], [], 0.02)
                    self._hear_signals()

    def _hear_signals(self) -> None:
        """Empty the pipe that wakes us."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)


def _say(text: str) -> None:
    os.write(2, f"worker: {text}\n".encode())


def _close_all_but(kept: set[int]) -> None:
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd not in kept:
            with contextlib.suppress(OSError):  # the one that listed them is closed already
                os.close(fd)


def _memory_available_kb() -> int:
    """Memory that processes may still take; very much where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 1 << 62
    return next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 1 << 62)


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process so far; 0.0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime: fields 14, 15 of proc(5)


class _Flag:
    """Set by a signal."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        self.is_set = True
