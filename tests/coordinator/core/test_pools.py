"""Programs without a main: what is submitted goes to Ms, what ends goes to the client, and what dies is told."""

from cluster.model.clock import MILLISECOND
from cluster.model.ids import MId, ProgramId
from cluster.wire import messages as w
from coordinator.core.sysmon import STABLE_MIN, SURVEY_PERIOD_NS, SURVEY_RETRY_NS
from tests.coordinator.office import LOAD, OPTIONS, PYTHON, SOURCE, Office, records

CLIENT = "client"


def pool(office: Office) -> ProgramId:
    """A pool starts; its id."""
    office.say(CLIENT, w.StartProgram("pool", SOURCE, OPTIONS._replace(pool=True), b""))
    (accepted,) = office.heard(CLIENT, w.Accepted)
    return accepted.program


def submit(office: Office, program: ProgramId, *numbers: int, done: tuple[int, ...] = (), client: str = CLIENT) -> None:
    office.say(client, w.Submit(program, records(program, *numbers), done))


def results(program: ProgramId, *numbers: int) -> w.Results:
    return w.Results(program, numbers, bytes(len(numbers)), (b"",) * len(numbers), 5)


def shipped(office: Office, *indices: int) -> list[int]:
    """The numbers of what was shipped in the last step."""
    return [r.goid for i in indices for work in office.heard(f"w{i}", w.Work) for r in work.records]


def one_each(office: Office, program: ProgramId) -> tuple[int, int]:
    """Task -1 is on one M, and -2 on the other: which."""
    holders = []
    for number in (-1, -2):
        submit(office, program, number)
        holders.append(0 if shipped(office, 0) else 1)
        office.took(holders[-1], program, number)
    assert sorted(holders) == [0, 1]
    return holders[0], holders[1]


def test_a_pool_has_no_main_and_runs_what_is_submitted() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    assert not shipped(office, 0, 1) and office.heard(CLIENT, w.Ended) == []
    submit(office, program, -1, -2)
    assert sorted(shipped(office, 0, 1)) == [-2, -1]


def test_an_m_that_comes_later_hears_what_is_not_wanted_any_more_and_has_not_ended() -> None:
    office = Office(procs=2, ms=1)
    program = pool(office)
    submit(office, program, -1, -2, -3, -4)
    office.took(0, program, -1, -2, -3, -4)
    office.say(CLIENT, w.Withdraw(program, (-1, -2), force=True))
    office.say(CLIENT, w.Withdraw(program, (-3,), force=True, end=True))
    office.say("w0", results(program, -2))
    office.say("late", w.RegisterM(200, PYTHON, "at late"))
    told = [message for to, message in office.said if to == "late" and isinstance(message, w.LoadProgram | w.Withdraw)]
    assert isinstance(told[0], w.LoadProgram), "before anything else of it"
    assert told[1:] == [w.Withdraw(program, (-1,), force=True), w.Withdraw(program, (-3,), force=True, end=True)]


def test_results_go_to_the_client_as_they_are() -> None:
    office = Office(procs=1, ms=1)
    program = pool(office)
    submit(office, program, -1)
    office.took(0, program, -1)
    message = results(program, -1)
    office.say("w0", message)
    assert office.heard(CLIENT, w.Results) == [message]
    assert not office.state.programs[program].holder


def test_nobody_else_submits_to_a_pool_nor_withdraws_from_it() -> None:
    office = Office(procs=1, ms=1)
    program = pool(office)
    submit(office, program, -1, client="another")
    assert not shipped(office, 0)
    office.say("another", w.Withdraw(program, (-1,)))
    assert not office.heard("w0", w.Withdraw)
    main = office.start()
    submit(office, main, -1)
    assert -1 not in shipped(office, 0), "a program with a main is no pool"


def test_a_task_that_is_not_wanted_any_more_is_told_to_all_that_may_have_it() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    submit(office, program, -1)
    message = w.Withdraw(program, (-1,), True)
    office.say(CLIENT, message)
    assert office.heard("w0", w.Withdraw) == office.heard("w1", w.Withdraw) == [message]


def test_the_client_hears_what_died_with_an_m_and_the_pool_goes_on() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    first, _ = one_each(office, program)
    pid = office.m(first).pid
    office.say("nursery", w.MExited(pid, -1, 9))
    (lost,) = office.heard(CLIENT, w.TasksLost)
    assert (lost.lost, {*lost.kept}, lost.pid) == (
        (-1,),
        {-2},
        pid,
    ) and lost.why == f"M {first} (pid {pid}) was killed by signal 9"
    assert not office.heard(CLIENT, w.Ended)
    submit(office, program, -3)
    assert not office.heard(CLIENT, w.Ended) and program in office.state.programs


def test_what_an_m_that_died_had_not_said_to_have_taken_may_have_killed_it_and_is_lost_too() -> None:
    office = Office(procs=1, ms=2)
    program = pool(office)
    submit(office, program, -1)
    office.say(
        "nursery", w.MExited(office.m(1).pid, -1, 9) if shipped(office, 1) else w.MExited(office.m(0).pid, -1, 9)
    )
    (lost,) = office.heard(CLIENT, w.TasksLost)
    assert lost.lost == (-1,) and lost.kept == () and not shipped(office, 0, 1)


def test_a_task_that_was_stolen_is_its_thiefs() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    submit(office, program, -1)
    giver, thief = (0, 1) if shipped(office, 0) else (1, 0)
    office.took(giver, program, -1)
    office.give(giver, *records(program, -5, -6))  # which -1 has carried
    office.took(thief, program, -5)
    office.say("nursery", w.MExited(office.m(giver).pid, -1, 9))
    (lost,) = office.heard(CLIENT, w.TasksLost)
    assert lost.lost == (-1,) and sorted(lost.kept) == [-6, -5]


def test_a_pool_whose_goroutines_may_know_of_each_other_ends_with_an_m() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    submit(office, program, -1)
    giver = 0 if shipped(office, 0) else 1
    office.took(giver, program, -1)
    office.give(giver, *records(program, 77))  # which the task has started
    office.say("nursery", w.MExited(office.m(giver).pid, -1, 9))
    office.drop(program, 1 - giver)
    (ended,) = office.heard(CLIENT, w.Ended)
    assert ended.kind == "lost" and "was killed by signal 9" in ended.text


def test_what_the_client_has_heard_of_is_forgotten() -> None:
    office = Office(procs=1, ms=1)
    program = pool(office)
    submit(office, program, -1)
    office.took(0, program, -1)
    assert office.state.programs[program].holder == {-1: MId(0)}
    submit(office, program, done=(-1,))
    assert not office.state.programs[program].holder


def survey(office: Office, *answers: tuple[int, int, int, int], stacks: int = 2048) -> None:
    """All Ms answer, if they were asked: (goroutines, active, sent, received)."""
    for i, answer in enumerate(answers):
        for asked in office.heard(f"w{i}", w.Survey):
            census = (w.Census(ProgramId(1), *answer, stacks, stacks),)
            office.say(f"w{i}", w.Surveyed(asked.round, census, LOAD, ()))


def idle_pool_with_a_task() -> tuple[Office, ProgramId]:
    office = Office(procs=1, ms=1)
    program = pool(office)
    submit(office, program, -1)
    office.took(0, program, -1)
    office.find_work(0)
    return office, program


def test_a_pool_that_waits_for_tasks_is_no_deadlock() -> None:
    office, program = idle_pool_with_a_task()
    for _ in range(4):
        office.wait(SURVEY_PERIOD_NS)
        survey(office, (0, 0, 0, 1), stacks=0)
    assert not office.heard("w0", w.Dump) and program in office.state.programs


def test_tasks_that_wait_for_ever_are_one() -> None:
    office, _ = idle_pool_with_a_task()
    dumps = []
    for _ in range(6):
        office.wait(SURVEY_PERIOD_NS)
        survey(office, (1, 0, 0, 1))
        dumps += office.heard("w0", w.Dump)
        survey(office, (1, 0, 0, 1))
        dumps += office.heard("w0", w.Dump)
    assert dumps


def test_after_a_death_tasks_that_wait_for_ever_are_found_though_the_counts_never_agree_again() -> None:
    office = Office(procs=2, ms=2)
    program = pool(office)
    first, second = one_each(office, program)
    office.say("nursery", w.MExited(office.m(first).pid, -1, 9))
    office.find_work(second)
    dumps = []
    for _ in range(3 * STABLE_MIN):
        office.wait(max(SURVEY_RETRY_NS, 10 * MILLISECOND))
        for asked in office.heard(f"w{second}", w.Survey):
            census = (w.Census(ProgramId(1), 1, 0, 7, 1, 2048, 2048),)
            office.say(f"w{second}", w.Surveyed(asked.round, census, LOAD, ()))
            dumps += office.heard(f"w{second}", w.Dump)
    assert dumps
