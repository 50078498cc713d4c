"""What happens by the passing of time: silent Ms and clients, slices, schedtrace, second looks.

Order.      First who is lost, because that frees Ps; then what was waiting for an instant.
Unlike Go.  Go's sysmon polls every 20 us to 10 ms. This one says when it wants to be called next.
Sources.    Go 1.19 runtime/proc.go: sysmon, retake.
"""

from cluster.model.clock import MILLISECOND, Instant, after
from cluster.model.ids import MId
from cluster.model.limits import CLIENT_EXPIRE_NS
from cluster.model.status import MStatus
from cluster.wire.messages import Ended, Output, Survey, Surveyed
from coordinator.core import ending, newm, pools, queries, schedtrace, why
from coordinator.core.membership import PeerId
from coordinator.core.placement import next_retake
from coordinator.core.programs import Program
from coordinator.core.state import Forget, State
from coordinator.core.status import describe
from coordinator.core.survey import Round, stacks, totals

SURVEY_RETRY_NS = 10 * MILLISECOND  # messages take under 1 ms; a second look costs a message per M
STATUS_PATIENCE_NS = 300 * MILLISECOND  # then a status is told without the Ms that have not answered
STABLE_MIN = 100  # surveys in a row, SURVEY_RETRY_NS apart, that saw nothing change: then nothing is under way
SURVEY_PERIOD_NS = 250 * MILLISECOND  # with several programs, the Ms need never be idle together


def tick(s: State) -> None:
    """Do what is due at `s.now`."""
    for m in list(s.members.ms.values()):
        silent = s.now - m.heard_at
        if silent > s.periods.expire_ns:
            ending.lose(s, m, ending.silence_text(silent))
    for client, heard in list(s.clients.items()):
        if s.now - heard > CLIENT_EXPIRE_NS:
            lose_client(s, client)
    for program in list(s.programs.values()):
        ending.conclude_if_dropped(s, program)
        pools.end_deaf(s, program)
        if program.dumping:
            ending.end_when_dumped(s, program)
        if program.schedtrace_ns and program.result is None and s.now >= program.schedtrace_due:
            program.schedtrace_due = after(program.schedtrace_due, program.schedtrace_ns)
            s.surveys.want_traces.append(program.id)
    if (done := s.surveys.await_only(s.members.ms)) is not None:
        conclude_survey(s, done)
    if s.surveys.retry_at is not None and s.now >= s.surveys.retry_at:
        s.surveys.retry_at = None
        s.surveys.want_deadlock = True
    current = s.surveys.round
    if current is not None and s.now >= after(current.began_at, STATUS_PATIENCE_NS):
        # Also those that asked since: the round may last until an M that is stopped is given up.
        _tell_status(s, [*current.clients, *s.surveys.want_status], current.answers)
        current.clients, s.surveys.want_status = [], []
    queries.tick(s)
    why.tick(s)
    newm.retire(s)
    _survey_now_and_then(s)
    begin_survey(s)


def lose_client(s: State, client: PeerId) -> None:
    """A client is gone: its programs are ended."""
    del s.clients[client]
    s.out.append(Forget(client))
    for program in list(s.programs.values()):
        if program.client == client:
            ending.finish(s, program, "interrupted", 1, "the client is gone")


def deadline(s: State) -> Instant | None:
    """When `tick` has something to do next; None when only a message can change anything."""
    due = [after(m.heard_at, s.periods.expire_ns + 1) for m in s.members.ms.values()]
    due += [after(heard, CLIENT_EXPIRE_NS + 1) for heard in s.clients.values()]
    for program in s.programs.values():
        if (at := pools.next_deaf(program)) is not None:
            due.append(at)
        if program.result is not None:
            due.append(program.drop_deadline)
        elif program.dumping:
            due.append(program.dump_deadline)
        elif program.schedtrace_ns:
            due.append(program.schedtrace_due)
    if s.surveys.round is not None and (s.surveys.round.clients or s.surveys.want_status):
        due.append(after(s.surveys.round.began_at, STATUS_PATIENCE_NS))
    due += [
        Instant(at)
        for at in (s.surveys.retry_at, next_retake(s), newm.next_retirement(s), queries.next_view(s), why.deadline(s))
        if at is not None
    ]
    return min(due, default=None)


def look_for_deadlock(s: State) -> None:
    """Ask for a survey if the cluster looks as if some program could do nothing more."""
    busy = any(m.status in (MStatus.RUNNING, MStatus.WANTING) for m in s.members.ms.values())
    if not busy and not s.globrunq and s.members.ms and _in_question(s):
        s.surveys.want_deadlock = True


def _survey_now_and_then(s: State) -> None:
    """With several programs one may be dead while another keeps the Ms busy, and a pool though it has none: look
    every SURVEY_PERIOD_NS.
    """
    pools = any(program.holder and program.result is None for program in s.programs.values())
    if s.surveys.retry_at is None and s.members.ms and (pools or len(_in_question(s)) > 1):
        s.surveys.retry_at = after(s.now, SURVEY_PERIOD_NS)


def _in_question(s: State) -> list[Program]:
    """Programs that may be dead without anybody knowing; pools are asked after now and then."""
    living = (p for p in s.programs.values() if p.result is None and not p.dumping)
    return [program for program in living if not program.options.pool]


def begin_survey(s: State) -> None:
    """Start the next round if one is wanted."""
    if not s.surveys.wanted:
        return
    if not s.members.ms:
        _tell_status(s, s.surveys.want_status, {})
        s.surveys.want_status = []
        return
    detail = any(s.programs[id].schedtrace_detail for id in s.surveys.want_traces if id in s.programs)
    current = s.surveys.begin(list(s.members.ms), detail, s.now)
    for m in s.members.ms.values():
        s.tell(m, Survey(current.id, detail))


def conclude_survey(s: State, done: Round) -> None:
    """All Ms have answered: print traces, find the dead."""
    for id in done.traces:
        if (program := s.programs.get(id)) is not None and program.result is None:
            s.send(program.client, Output(id, 2, schedtrace.lines(s, program, done.answers).encode()))
    if done.deadlock:
        for program in list(s.programs.values()):
            if program.result is None and not program.dumping:
                _judge(s, program, done)
    _tell_status(s, done.clients, done.answers)
    queries.counted(s, done)
    begin_survey(s)


def _tell_status(s: State, clients: list[PeerId], answers: dict[MId, Surveyed]) -> None:
    for client in clients:
        s.send(client, describe(s, answers))


def _judge(s: State, program: Program, done: Round) -> None:
    _, active, sent, received = totals(done.answers, program.id)
    counts = sent + program.sent, received + program.received
    waiting = s.globrunq.count(program.id) + sum(r.program == program.id for p in s.table.ps for r in p.runq)
    if program.options.pool and not stacks(done.answers, program.id)[0]:
        return  # no goroutine anywhere: it waits for tasks
    before, program.quiet = program.quiet, counts
    if active or waiting:
        program.quiet, program.stable = None, 0
    elif counts[0] != counts[1] and not (program.crippled and program.stable >= STABLE_MIN):
        program.stable = program.stable + 1 if before == counts else 0
        s.surveys.retry_at = after(s.now, SURVEY_RETRY_NS)
    elif before != counts:
        s.surveys.want_deadlock = True
    else:
        ending.deadlock(s, program)


def stop(s: State) -> None:
    """End every program now; their clients hear of it before the cluster goes."""
    s.stopping = True
    for program in list(s.programs.values()):
        if program.result is None:
            s.send(program.client, Ended(program.id, "interrupted", 1, "the cluster was stopped", b""))
    s.programs.clear()
