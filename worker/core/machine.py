"""One M as a state machine: messages in, runs of the kernel, messages out.

Cycle.      The shell takes what came (`take`), lets time pass (`tick`), sends what may leave (`outgoing`), and then
            loads a program (`load`), runs goroutines (`run`) or waits until `deadline`. Loading and running are
            user code, and happen outside of the shell's lock.
Owner.      The shell's main thread. While that is inside a goroutine, the sysmon thread may stand in, under the
            shell's lock, with `take_aside` and `tick_aside`, which touch only what a goroutine does not: the lease,
            the counts, and Gs that it takes out of the queues.
Invariants. No goroutine runs without a lease in force. The lease is given back only through the
            outbox, after everything that was done under it.
Fenced.     An M that the coordinator has given up drops everything and registers anew.
Sources.    Go 1.19 runtime/proc.go: schedule, execute, stopm, handoffp.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.runtime import exit_syscall, forget_p
from cluster.kernel.sched import Sched
from cluster.model.clock import Clock, Instant, after
from cluster.model.errors import NoLeaseError
from cluster.model.ids import NO_M, NO_P, Epoch, MId, PId, ProgramId
from cluster.model.limits import IO_PERIOD_NS, LEASE_RENEW_NS
from cluster.wire import messages as w
from worker.core import census, inquiries
from worker.core.arrivals import Arrivals
from worker.core.budget import next_budget
from worker.core.find_runnable import Event, FindRunnable, State
from worker.core.hands import Hands
from worker.core.homes import Homes
from worker.core.hunger import Hunger
from worker.core.incall import InCall
from worker.core.lease import LeaseClient
from worker.core.moves import Moves
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted, Loader
from worker.core.queries import Queries
from worker.core.tasks import Tasks
from worker.core.tracing import Tracer
from worker.core.verdicts import Verdicts

CUT_OFF: Final = "the coordinator does not answer, and a goroutine keeps this M"
HOLDS_P: Final = (State.RUNNING, State.WATCHING, State.SEARCHING)


class Machine:
    """An M. `register` is what it says first, and again after it was fenced off."""

    def __init__(
        self,
        clock: Clock,
        loader: Loader,
        hands: Hands,
        register: w.RegisterM,
        cpu: Callable[[], int],
        chaos: Random | None = None,
    ) -> None:
        """`chaos`: see `Moves`."""
        self._clock: Final = clock
        self._loader: Final = loader
        self._hands: Final = hands
        self._register: Final = register
        self._cpu: Final = cpu
        self._chaos: Final = chaos
        self.done = ""  # why the process should end; "" while it should not
        self._begin(clock.now())

    def _begin(self, now: Instant) -> None:
        self.me = NO_M
        self.programs: dict[ProgramId, Hosted] = {}
        self.outbox = Outbox()
        self.homes = Homes(self.outbox, self.programs, self._hands.pump)
        self.sched = Sched(self._clock, self.homes)
        self.sched.rng = Random(self._register.pid)  # chance enough for select: no two Ms make the same choices
        self.homes.sched = self.sched
        self.tasks = Tasks(self.outbox, self.programs, self.sched)
        self.queries = self.sched.outside = Queries(self.outbox, self.programs, self, self._hands.netpoll, self.tasks)
        self.verdicts = Verdicts(self.outbox, self.programs, self.sched, self._close)
        self.lease = LeaseClient(now)
        self.find = FindRunnable()
        self.tracer = Tracer(self._cpu)
        self.moves = Moves(self.programs, self.sched, self._note, self.homes.telling, self._chaos)
        self.hunger = Hunger(self.sched, self.moves, self.lease, self.outbox)
        self.arrivals = Arrivals(self.outbox, self.programs, self.sched, self._note, self.tasks.arrived)
        self.incall = InCall(
            self.lease, self.find, self.outbox, self.programs, self.sched, self.moves, self._load, self._take_from_m
        )
        self._direct: list[tuple[MId, w.Message]] = [(COORDINATOR, self._register)]
        self._last_lease: tuple[PId, Epoch] | None = None
        self._retake = self._blocked = False
        self._spoken_to = False  # by another M, since we last ran out of work
        self._to_ms = 0
        self._budget, self._quiet = 16, 0  # dispatches of a run, and runs since the last message
        self._run_began = self._patient_until = now
        self._welcome_by: Instant | None = None  # of one that has lost its coordinator
        self._tells_due: dict[MId, None] = {}
        self.loading: Hosted | None = None  # the program whose main file is being imported

    # -- what the shell calls

    @property
    def may_run(self) -> bool:
        """Whether goroutines should be run now, rather than waited."""
        return self.find.state is State.RUNNING and not self.done

    def preemptible(self, g: G) -> bool:
        """Whether the program of `g` lets itself be preempted by a signal."""
        return (hosted := self.programs.get(g.program.id)) is None or hosted.preemptible

    @property
    def deadline(self) -> Instant:
        """When `tick` must be called though no message came."""
        if self.me == NO_M:
            return self._patient_until  # only the Welcome can change anything
        due = [self.lease.next_renewal]
        if self.tracer.pending:
            due.append(self.tracer.due)
        for at in (self.find.patient_until, self.sched.timers.next()):
            if at is not None:
                due.append(at)
        return min(due)

    def outgoing(self) -> list[tuple[MId, w.Message]]:
        """All that may leave now, in order."""
        self.tasks.flush()
        leaving, self._direct = self._direct, []
        if not (self._has_short_work and self.outbox.may_wait(self._clock.now())):
            leaving += self.outbox.release()
        leaving += [(m, w.Told(self.homes.tells_taken.get(m, 0))) for m in self._tells_due]
        self._tells_due = {}
        self._to_ms += sum(1 for to, _ in leaving if to != COORDINATOR)
        return leaving

    @property
    def _has_short_work(self) -> bool:
        """Whether goroutines will run now, and several in one turn."""
        average_ns = self.moves.pace.average_ns
        return self.may_run and average_ns is not None and average_ns < IO_PERIOD_NS and self.sched.runnable() > 0

    def take(self, source: MId, message: w.Message) -> None:
        """A message came, from another M or the coordinator."""
        self._quiet = 0
        if source == COORDINATOR:
            if not self._is_for_who_i_was(message) and not self._take_anytime(message):
                self._take_order(message)
        elif self.me != NO_M:
            self._take_from_m(source, message)

    def take_aside(self, source: MId, message: w.Message) -> bool:
        """The main thread is busy: take the message if that can be done beside it; False to keep it for later."""
        if source != COORDINATOR:
            return isinstance(message, w.Told) and self._take_told(source, message)
        if isinstance(message, w.Drop) and (hosted := self.programs.get(message.program)) is not None:
            self._close(hosted)
            self.outbox.post(COORDINATOR, w.Dropped(hosted.id))  # after what it has printed
            return False  # its goroutines are dropped when the main thread comes back
        if self.me == NO_M:
            return False  # before the Welcome is taken nothing overtakes it
        match message:
            case w.Roster() if not message.gone:
                self._meet(message)
            case w.LeaseP() if self.sched.cur is not None:  # for a goroutine that came out of a call
                self._leased(message, self._clock.now(), beside=True)
            case w.Gone(program, goids):
                self.arrivals.gone(program, goids, beside=True)
            case _:
                return self._take_anytime(message)
        return True

    def _is_for_who_i_was(self, message: w.Message) -> bool:
        """Whether it was sent before the coordinator knew that this M, fenced off, registers anew."""
        return self.me == NO_M and not isinstance(message, w.Welcome | w.Stop)

    def tick(self, now: Instant) -> None:
        """Let time pass: renew, look for work, give some away, give the P back."""
        self.incall.ends(now)
        self.tasks.settle()
        self._pass_time(now, beside=False)
        if self.me == NO_M:
            self._patient_until = after(now, LEASE_RENEW_NS)
            if self._welcome_by is not None and now >= self._welcome_by:
                self.done = "the coordinator does not answer"
            return
        self._flush_traces(now)
        if self.find.state is not State.RUNNING:
            self.sched.timers.fire(now, self.sched.ready)
        if self.find.state not in HOLDS_P:
            self._while_idle(now)
        elif self._retake or (self.moves.moody and self.find.state is State.RUNNING):
            self._give_p_back(now, handing_off=True)
        elif self._work():
            self._has_work(now)
            self.hunger.pull()
        elif self.find.state is State.RUNNING:
            self._spoken_to = False
            self.find.move(Event.NO_WORK, now)
        elif self.find.impatient(now):
            self._look_further(now)

    def tick_aside(self, now: Instant) -> None:
        """The part of `tick` that a second thread may do while a goroutine runs."""
        self._pass_time(now, beside=True)
        if self._blocked and self._retake and self.holds_p and self.me != NO_M:
            self._give_p_back(now, blocked=True)
        elif self._retake:
            self.incall.hand_off(now)
        self.incall.inject(now)

    def _pass_time(self, now: Instant, beside: bool) -> None:
        if self.me == NO_M:
            return
        if now >= self.lease.next_renewal:
            self._direct.append((COORDINATOR, self.lease.renew(now, self._load())))
            if beside and self.lease.abandoned(times=2):  # a goroutine keeps the main thread, and hears of no lease
                self.done = CUT_OFF
            elif self.lease.abandoned() and not beside:
                self._fenced(self.lease.welcome_by(now))
        self.hunger.feed(now, self._run_began, beside)

    @property
    def wants_load(self) -> bool:
        """Whether `load` has something to do: goroutines wait for it, or there is time."""
        return self._to_load() is not None

    def _to_load(self) -> Hosted | None:
        for hosted in list(self.programs.values()):  # a second thread may hear of one
            if hosted.unloaded and (hosted.inbox or self.find.state is State.IDLE):
                return hosted
        return None

    def load(self) -> None:
        """Import the main file of a program: user code, which may take long."""
        self.loading = hosted = self._to_load()
        assert hosted is not None, "wants_load said so"
        try:
            hosted.load(self._loader, self.homes, alone=len(self.programs) == 1)
        finally:
            self.loading = None

    def run(self, now: Instant) -> None:
        """Read what came, or run goroutines for about IO_PERIOD_NS; then call `conclude`. User code."""
        if self.verdicts.pending:
            self.verdicts.judge()
            return
        if self.arrivals.waiting:
            for hosted, failure in self.arrivals.read():
                self.verdicts.fail(hosted, failure)
            return
        lease = self.lease.lease
        assert lease is not None, "RUNNING means that a lease is held"
        self._run_began, self._quiet = now, self._quiet + 1
        watched = any(hosted.watched for hosted in list(self.programs.values()))
        budget = 1 if watched else self.moves.bounded(self._budget)
        try:
            more = self.sched.run(lease, budget)
        except NoLeaseError:  # the coordinator is silent: nothing runs until it has answered
            self._hands.pump()
            return
        elapsed = self._clock.now() - now
        if watched and self.sched.last is not None:
            self.tracer.ran(self.sched.last, self.me, lease.p, now, elapsed)
        if self.sched.events:
            self.verdicts.judge()
        elif more:
            if self.sched.tokens:  # else it was ended early, after nobody knows how many
                self.moves.pace.ran(elapsed, budget, self.sched.last if budget == 1 else None)
            self._budget = next_budget(self._budget, budget, elapsed, self._quiet)

    def conclude(self) -> None:
        """What `run` has found out takes effect, and is told. Under the shell's lock."""
        self.homes.flush()
        self.arrivals.queue()
        self.verdicts.conclude(self.lease.lease)

    def returned(self, g: G, val: object, error: BaseException | None) -> None:
        """A helper thread has made the call of `g`. One of before this M was fenced off is of a dropped program."""
        exit_syscall(self.sched, g, val, error)

    # -- for queries: see `Host`

    def block(self) -> None:
        """The running goroutine waits for an answer; meanwhile this M may have to stop for the world."""
        self._blocked = True
        self.homes.pump()  # which calls `tick_aside`
        self._blocked = False

    @property
    def holds_p(self) -> bool:
        return self.find.state in HOLDS_P

    def resized(self, procs: int) -> None:
        self.sched.resize(procs)

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        self._hands.call_aside(g, call)

    # -- messages of the coordinator

    def _take_anytime(self, message: w.Message) -> bool:
        """Messages that do not touch what a running goroutine touches."""
        match message:
            case w.Renewed():
                self.lease.renewed(message)
                self.hunger.hear(message.hungry, message.backlog)
            case w.Hunger(hungry, backlog):
                self.hunger.hear(hungry, backlog)
            case w.Told():
                return self._take_told(COORDINATOR, message)
            case w.Dump(program):
                self._direct.append((COORDINATOR, census.answer_dump(program, self.programs, self.sched.cur)))
            case w.Inquire():
                self._direct.append((COORDINATOR, inquiries.answer(message, self)))
            case w.Survey(round, detail):
                told = census.surveyed(round, self.sched, list(self.programs.values()), detail, self._to_ms)
                self._direct.append((COORDINATOR, told))
            case w.Retake(p, epoch) if self.lease.holds(p, epoch):
                self._retake = True
                self.sched.interrupt()
            case w.HandOff(p, epoch) if self.lease.holds(p, epoch):
                self.incall.hand_off(self._clock.now())
            case w.LoadProgram():
                self.programs[message.program] = Hosted(message)
            case w.Work(p, epoch, came) if self._last_lease == (p, epoch):
                self.arrivals.take(came)
            case w.Withdraw():
                self.tasks.withdraw(message)
            case w.Stop(reason):
                self.done = reason
            case _:
                return False
        return True

    def _take_told(self, source: MId, message: w.Told) -> bool:
        self.outbox.told(source, message.taken)
        self.homes.told(source, message.taken)
        return True

    def _take_order(self, message: w.Message) -> None:
        match message:
            case w.Roster():
                self._meet(message)
            case w.Work() | w.Retake() | w.HandOff():  # of a lease that is no more
                pass
            case w.Welcome(m, renew_ns, give_up_ns, procs):
                self.me = self.homes.me = self.moves.me = self.arrivals.me = m
                self.sched.procs = procs
                self.lease.configure(renew_ns, give_up_ns)
            case w.LeaseP():
                self._leased(message, self._clock.now(), beside=False)
            case w.Back(record):
                self.arrivals.take((record,))
            case w.Gone(program, goids):
                self.arrivals.gone(program, goids, beside=False)
            case w.Drop(program):
                self._drop(program)
            case w.Reply():
                self.queries.take(message)
            case w.Fenced():
                self._fenced()
            case _:
                raise AssertionError(f"the coordinator sends no {type(message).__name__} to an M")

    def _meet(self, roster: w.Roster) -> None:
        self._hands.meet(tuple(peer for peer in roster.peers if peer.m != self.me), roster.gone)
        for m in roster.gone:
            self.homes.lose(m)

    def _leased(self, message: w.LeaseP, now: Instant, beside: bool) -> None:
        self.lease.granted(message)
        if self._last_lease is not None and self._last_lease[0] >= message.procs and not beside:
            forget_p(self.sched)  # the P held before is no more
        self._last_lease = (message.p, message.epoch)
        self.find.move(Event.LEASE, now)
        self.sched.take_p(message.tick)
        self.sched.resize(message.procs)
        self.hunger.leased(message.hungry)
        self._retake = False

    def _drop(self, program: ProgramId) -> None:
        hosted = self.programs.pop(program, None)
        if hosted is not None:
            self._close(hosted)
            self.sched.drop(hosted.kernel)
            hosted.forget(list(hosted.departed))  # some may have left since
            self._hands.netpoll.drop(hosted.kernel)
            self.homes.drop(program)
            self._loader.forget(program)
            self.tasks.drop(program)
            self.tracer.drop(program)
        self.outbox.post(COORDINATOR, w.Dropped(program))

    def _close(self, hosted: Hosted) -> None:
        """The last that the program prints and traces here: lines that have not ended."""
        if not hosted.closed:
            self._flush_traces(None)
            for stream, lines in hosted.lines.items():
                if text := lines.rest():
                    self.outbox.output(hosted.id, stream, text.encode("utf-8", "surrogateescape"))
            hosted.closed = True
            hosted.forget(list(hosted.departed))

    def _fenced(self, welcome_by: Instant | None = None) -> None:
        for hosted in self.programs.values():
            self.sched.drop(hosted.kernel)
            self._hands.netpoll.drop(hosted.kernel)
            hosted.forget(list(hosted.departed))
            self._loader.forget(hosted.id)
        self._begin(self._clock.now())
        self._welcome_by = welcome_by

    # -- messages of other Ms

    def _take_from_m(self, source: MId, message: w.Message) -> None:
        self._spoken_to = True
        match message:
            case w.Ask():
                self.homes.serve_ask(source, message)
            case w.Answer():
                self.homes.take_answer(message)
            case w.Tell():
                self._tells_due[source] = None
                self.homes.serve_tell(source, message)
            case w.TellFailed():
                self.homes.take_failure(message)
            case w.Told():
                self._take_told(source, message)
            case _:
                raise AssertionError(f"an M sends no {type(message).__name__} to another")
        self.homes.flush()

    # -- work and no work

    def _work(self) -> bool:
        """Whether there is something that only a holder of a P may do."""
        return bool(
            self.sched.runnable() or self.verdicts.pending or any(hosted.inbox for hosted in self.programs.values())
        )

    def _while_idle(self, now: Instant) -> None:
        if self._work() and self.find.state is State.IDLE:
            self.find.move(Event.HAS_WORK, now)
            self.outbox.post(COORDINATOR, w.AcquireP(self._load()))

    def _has_work(self, now: Instant) -> None:
        if self.find.state is State.SEARCHING:
            self._post_under_lease(w.FoundWork)
        if self.find.state is not State.RUNNING:
            self.find.in_conversation = self._spoken_to
            self.find.move(Event.HAS_WORK, now)

    def _look_further(self, now: Instant) -> None:
        if self.find.state is State.WATCHING:
            self.find.move(Event.PATIENCE_ENDS, now)
            self._post_under_lease(w.FindWork)
        else:
            self._give_p_back(now)

    def _post_under_lease(self, kind: type[w.FindWork] | type[w.FoundWork]) -> None:
        lease = self.lease.lease
        assert lease is not None
        self.outbox.post(COORDINATOR, kind(lease.p, lease.epoch, self._load()))

    def _give_p_back(self, now: Instant, blocked: bool = False, handing_off: bool = False) -> None:
        """Another is wanted as soon as may be if there is work, or a goroutine `blocked` in a call goes on with it.

        `handing_off`: to an M that wants it, with what can move.
        """
        lease = self.lease.lease
        assert lease is not None
        leaving = self.moves.hand_off() if handing_off else ()
        wants = blocked or self._work()
        self._retake = False
        self.outbox.post(COORDINATOR, w.ReleaseP(lease.p, lease.epoch, self._load(), wants, leaving))
        self.lease.drop()
        self.hunger.left()
        if self.find.state is not State.RUNNING and wants:
            self.find.move(Event.HAS_WORK, now)
        self.find.move(Event.LEAVE_WANTING if wants else Event.LEAVE_IDLE, now)

    def _load(self) -> w.Load:
        return census.load(self.sched, self.programs.values(), self._to_ms)

    def before_output(self, hosted: Hosted) -> None:
        """A goroutine prints: that it runs is told before what it prints."""
        if hosted.options.explain:
            step = self.tracer.speaks(self.sched.cur, self.me, self.lease.lease, self._run_began)
            if step is not None:
                self.outbox.post(COORDINATOR, w.Traced(hosted.id, (), (step,)))

    def _flush_traces(self, now: Instant | None) -> None:
        for program, spans, steps in self.tracer.flush(now):
            self.outbox.post(COORDINATOR, w.Traced(program, spans, steps))

    def _note(self, g: G, kind: str, detail: str) -> None:
        hosted = self.programs[g.program.id]
        if hosted.watched:
            p = self._last_lease[0] if self._last_lease is not None else NO_P
            self.tracer.note(g, kind, detail, self.me, p, self._clock.now())
