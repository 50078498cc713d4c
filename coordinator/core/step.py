"""A message in, the messages out: the one entrance to the coordinator's decisions.

Order.      Messages are taken one at a time, each with all its consequences, as under Go's
            `sched.lock`. After each batch Ps and goroutines are placed and the time is looked at.
Fences.     Who is no member is told so. Who speaks for a P must hold it under the current epoch;
            else the message is refused with the reason, and has no effect.
"""

from collections.abc import Iterable
from typing import Final, assert_never

from cluster.model.clock import Instant
from cluster.model.errors import StaleLeaseError
from cluster.model.ids import NO_P, Epoch, PId
from cluster.model.lease import ONE_MACHINE, Periods
from cluster.model.limits import CLIENTS_MAX, GLOBRUNQ_MAX, MS_MAX, NURSERIES_MAX
from cluster.model.status import MEvent, MStatus
from cluster.wire import messages as w
from coordinator.core import ending, newm, pools, queries, sysmon, why
from coordinator.core.membership import M, Nursery, PeerId
from coordinator.core.placement import balance, given, ship, took
from coordinator.core.ptable import P, PTable
from coordinator.core.state import Command, State

FULL: Final = f"fatal error: more than {GLOBRUNQ_MAX} goroutines wait in the coordinator's global queue\n"


class Core:
    """The coordinator as a state machine. `python` is the version that all Ms must run."""

    def __init__(
        self,
        procs: int,
        pid: int,
        python: str,
        now: Instant,
        max_threads: int = MS_MAX,
        idle_exit_ns: int | None = None,
        periods: Periods = ONE_MACHINE,
    ) -> None:
        self.state = State(PTable(procs), pid, now, max_threads=max_threads, idle_exit_ns=idle_exit_ns, periods=periods)
        self._python = python
        ending.boot(self.state)

    @property
    def done(self) -> bool:
        """Whether the shell may stop."""
        return self.state.stopping

    @property
    def deadline(self) -> Instant | None:
        """When `step` must be called though no message came; None for never."""
        return sysmon.deadline(self.state)

    def step(self, inputs: Iterable[tuple[PeerId, w.ToCoordinator]], now: Instant) -> list[Command]:
        """Take messages, in their order, at time `now`; what to do about them, in order."""
        s = self.state
        s.now = now
        for peer, message in inputs:
            self._take(peer, message)
        self._place()
        sysmon.tick(s)
        self._place()
        s.acknowledged()
        return self._decided()

    def _place(self) -> None:
        if not queries.resize(self.state):
            balance(self.state)

    def stop(self, now: Instant) -> list[Command]:
        """The shell ends: tell everybody."""
        s = self.state
        s.now = now
        sysmon.stop(s)
        for peer in [*s.members.by_peer, *s.members.nurseries]:
            s.send(peer, w.Stop("the cluster was stopped"))
        return self._decided()

    def _decided(self) -> list[Command]:
        commands, self.state.out = self.state.out, []
        return commands

    def knows(self, peer: PeerId) -> bool:
        """Whether that is an M, a client with programs, or a parent of Ms."""
        s = self.state
        return peer in s.members.by_peer or peer in s.clients or peer in s.members.nurseries

    def is_full(self, peer: PeerId, full: bool) -> None:
        """A peer does not read what it is sent, or does again: then call `step`."""
        if full:
            self.state.full[peer] = None
        else:
            self.state.full.pop(peer, None)

    def cut_off(self, peer: PeerId, now: Instant) -> list[Command]:
        """The shell will not listen to this peer any more: it sent bytes that are no messages."""
        s = self.state
        s.now = now
        if (m := s.members.by_peer.get(peer)) is not None:
            ending.lose(s, m, "sent bytes that are no messages")
        if peer in s.clients:
            sysmon.lose_client(s, peer)
        return self.step([], now)

    def _take(self, peer: PeerId, message: w.ToCoordinator) -> None:
        s = self.state
        match message:
            case w.RegisterM():
                self._register(peer, message)
            case w.RegisterNursery() | w.MExited() | w.Vouch() | w.Forked() | w.NoM():
                if peer not in s.members.nurseries and len(s.members.nurseries) >= NURSERIES_MAX:
                    s.send(peer, w.Stop(f"there are {NURSERIES_MAX} parents of Ms: no more can join"))
                    return
                s.members.nurseries.setdefault(peer, Nursery(s.now)).heard_at = s.now
                self._take_from_nursery(peer, message)
            case w.Alive():
                if peer in s.members.nurseries:
                    s.members.nurseries[peer].heard_at = s.now
                elif peer in s.clients:
                    s.clients[peer] = s.now
                s.send(peer, message)
            case w.BadFrame():
                if (m := s.members.by_peer.get(peer)) is not None:
                    m.bad_frames += 1
                else:
                    s.bad_frames += 1
            case (
                w.StartProgram() | w.Interrupt() | w.AskStatus() | w.Dump() | w.StopCluster() | w.Submit()
                | w.Withdraw() | w.AskWhy()
            ):  # fmt: skip
                self._take_from_client(peer, message)
            case _:
                m = s.members.by_peer.get(peer)
                if m is None:
                    s.send(peer, w.Fenced(NO_P, Epoch(0), "You are no member of this cluster, or no longer: register."))
                    return
                m.heard_at = m.spoke_at = s.now
                s.tally.messages += 1
                try:
                    self._take_from_m(m, message)
                except StaleLeaseError as error:
                    s.warn("message under a stale lease refused", m=m.id, error=str(error))
                    p, epoch = getattr(message, "p", NO_P), getattr(message, "epoch", Epoch(0))
                    s.tell(m, w.Fenced(p, epoch, str(error)))

    def _register(self, peer: PeerId, message: w.RegisterM) -> None:
        s = self.state
        if message.python != self._python:
            reason = (
                f"Python {message.python} cannot join a cluster of Python {self._python}: goroutines move between Ms"
            )
            s.send(peer, w.Stop(reason))
            return
        if s.members.is_dead(message.pid, s.now):
            return
        if len(s.members.ms) >= MS_MAX:
            s.send(peer, w.Stop(f"there are {MS_MAX} Ms: no more can join"))
            return
        if (known := s.members.by_peer.get(peer)) is not None:
            s.warn("m lost", m=known.id, pid=known.pid, why="registered anew")
            ending.leave(s, known, "registered anew")
        m = s.members.join(peer, message.pid, message.endpoint, s.now, message.immobile)
        m.unpreempted, m.key = message.unpreempted, message.key
        s.tell(m, w.Welcome(m.id, s.periods.renew_ns, s.periods.give_up_ns, len(s.table)))
        s.step("MStart", m=m.id, detail=f"pid={m.pid}")
        for program in s.programs.values():
            if program.result is None:
                ending.introduce(s, m, program)
        ending.tell_roster(s)

    def _take_from_nursery(
        self, peer: PeerId, message: w.RegisterNursery | w.MExited | w.Vouch | w.Forked | w.NoM
    ) -> None:
        s = self.state
        match message:
            case w.RegisterNursery(_, children, grows):
                newm.registered(s, peer, children, grows)
            case w.MExited():
                self._m_exited(message)
            case w.Vouch(pids):
                for child in s.members.ms.values():
                    if child.pid in pids:
                        child.heard_at = s.now
            case w.Forked(pid):
                newm.forked(s, peer, pid)
            case w.NoM(reason):
                newm.declined(s, peer, reason)
            case _:
                assert_never(message)

    def _m_exited(self, message: w.MExited) -> None:
        s = self.state
        s.members.exited(message.pid, s.now)
        why = f"was killed by signal {message.signal}" if message.signal else f"exited with code {message.code}"
        for m in list(s.members.ms.values()):
            if m.pid == message.pid:
                ending.lose(s, m, why)

    def _take_from_client(
        self,
        peer: PeerId,
        message: w.StartProgram | w.Interrupt | w.AskStatus | w.Dump | w.StopCluster | w.Submit | w.Withdraw | w.AskWhy,
    ) -> None:
        s = self.state
        match message:
            case w.StartProgram():
                if peer not in s.clients and len(s.clients) >= CLIENTS_MAX:
                    s.send(peer, w.Refused(f"there are {CLIENTS_MAX} clients: no more can join"))
                    return
                s.clients[peer] = s.now
                ending.start(s, peer, message)
            case w.Interrupt(program_id):
                program = s.programs.get(program_id)
                if program is not None and program.client == peer:
                    ending.finish(s, program, "interrupted", 1, "interrupted")
            case w.Submit():
                pools.submit(s, peer, message)
            case w.Withdraw():
                pools.withdraw(s, peer, message)
            case w.AskStatus():
                s.surveys.ask_status(peer)
            case w.Dump(program_id):
                queries.view(s, peer, program_id)
            case w.AskWhy():
                why.ask(s, peer, message)
            case w.StopCluster():
                sysmon.stop(s)
            case _:
                assert_never(message)

    def _take_from_m(self, m: M, message: w.FromM) -> None:
        s = self.state
        match message:
            case w.Renew(nonce, p_id, epoch, load):
                m.load, m.nonce = load, nonce
                if p_id != NO_P:
                    s.table.check(m.id, p_id, epoch)
                p = s.table.ps[m.p] if m.p is not None else None
                s.tell(
                    m, w.Renewed(nonce, p.id if p else NO_P, p.epoch if p else Epoch(0), m.told_hungry, m.told_backlog)
                )
            case w.AcquireP(load):
                m.load = load
                if m.status in (MStatus.IDLE, MStatus.BLOCKED):
                    s.members.move(m, MEvent.WANT)
                    s.step("ProcWant", m=m.id)
            case w.Returned(p_id, epoch):
                self._returned(m, p_id, epoch)
            case w.Inject(records):
                s.globrunq.put(self._received(m, records))
            case w.Took(program_id, goids):
                s.owe(m)
                took(s, m, program_id, goids)
            case w.Unfit(record):
                ending.refused(s, m, record)
            case w.Output(program_id):
                s.owe(m)
                if (program := s.programs.get(program_id)) is not None:
                    s.send(program.client, message)
                    if program.client in s.full:
                        s.slowed.setdefault(m.peer, {})[program.client] = None
            case w.Results():
                pools.results(s, message)
            case w.Traced(program_id):
                if (program := s.programs.get(program_id)) is not None:
                    s.send(program.client, message)
            case w.Surveyed():
                m.load = message.load
                if (done := s.surveys.answer(m.id, message)) is not None:
                    sysmon.conclude_survey(s, done)
            case w.Dumped():
                ending.dumped(s, m, message)
                queries.described(s, m, message)
            case w.Query():
                queries.take(s, m, message)
            case w.Inquired():
                why.answered(s, m, message)
            case w.Dropped(program_id):
                ending.dropped(s, m, program_id)
            case w.RegisterM() | w.BadFrame():
                raise AssertionError("taken before")
            case _:
                self._take_under_lease(m, s.table.check(m.id, message.p, message.epoch), message)

    def _take_under_lease(
        self,
        m: M,
        p: P,
        message: w.FindWork | w.FoundWork | w.ReleaseP | w.Blocked | w.Pull | w.Give | w.MainReturned | w.MainFailed,
    ) -> None:
        s = self.state
        match message:
            case w.FindWork():
                m.load = message.load
                if m.status is MStatus.RUNNING:
                    s.members.move(m, MEvent.SEARCH)
                sysmon.look_for_deadlock(s)
            case w.FoundWork():
                m.load = message.load
                if m.status is MStatus.SPINNING:
                    s.members.move(m, MEvent.FIND)
            case w.ReleaseP():
                self._release(m, p, message)
            case w.Blocked(load=load):
                m.load, m.blocked = load, m.status is MStatus.RUNNING
            case w.Pull():
                if records := s.globrunq.one():
                    ship(s, m, records)
            case w.Give(records=records):
                m.told_hungry = False
                given(s, m, self._received(m, records))
            case w.MainReturned():
                if (program := s.programs.get(message.program)) is not None:
                    s.step("MainReturn", m=m.id, goid=1, program=program)
                    ending.finish(s, program, "returned", 0, "", message.value)
            case w.MainFailed():
                if (program := s.programs.get(message.program)) is not None:
                    s.step("GoPanic", m=m.id, detail=message.kind, program=program)
                    if message.kind == "fatal":
                        ending.fatal(s, program, message.text)
                    else:
                        ending.finish(s, program, message.kind, message.code, message.text)
            case _:
                assert_never(message)

    def _returned(self, m: M, p_id: PId, epoch: Epoch) -> None:
        s = self.state
        if p_id != NO_P:
            s.table.check(m.id, p_id, epoch)
            m.blocked = False
        elif m.status is MStatus.BLOCKED:
            s.members.move(m, MEvent.RETURN)
            sysmon.look_for_deadlock(s)

    def _received(self, m: M, records: tuple[w.Record, ...]) -> tuple[w.Record, ...]:
        """Goroutines that an M sends: those of living programs. One more than GLOBRUNQ_MAX ends its program."""
        s = self.state
        living: list[w.Record] = []
        for record in records:
            if (program := s.programs.get(record.program)) is not None and program.result is None:
                program.received += 1
                m.untaken.pop((record.program, record.goid), None)
                if program.options.pool:
                    pools.left(program, record)
                if len(s.globrunq) + len(living) >= GLOBRUNQ_MAX:
                    ending.finish(s, program, "fatal", 2, FULL)
                else:
                    living.append(record)
        return tuple(living)

    def _release(self, m: M, p: P, message: w.ReleaseP) -> None:
        s = self.state
        m.load = message.load
        p.runq += self._received(m, message.records)
        p.tick = message.load.tick
        s.table.release(p)
        asked = "asked back" if m.retake_asked_at is not None else ""
        m.p, m.blocked, m.told_hungry = None, False, False
        s.tally.handoffs += message.blocked
        s.step("ProcStop", m=m.id, p=p.id, detail="handed off: its M is blocked" if message.blocked else asked)
        s.members.move(m, MEvent.HAND_OFF if message.blocked else MEvent.RELEASE)
        if message.wants:
            s.members.move(m, MEvent.WANT)
        sysmon.look_for_deadlock(s)
