"""Programs on one M: loaded once, or with the reason why not."""

from cluster.model.ids import MAIN_GOID, ProgramId
from cluster.wire.messages import LoadProgram, Options, Output, Record, Source
from cluster.wire.pickling import NoObjects
from tests.fakes import FakeDepot
from worker.core.outbox import Outbox
from worker.core.programs import Hosted, LoadError

SOURCE = Source("/p.py", "", ("a",), (), "", "")


class CountingLoader:
    def __init__(self, failure: str = "") -> None:
        self.loaded: list[tuple[ProgramId, Source, bool, bool]] = []
        self._failure = failure
        self.depots: dict[str, FakeDepot] = {}

    def load(self, program: ProgramId, source: Source, by_path: bool, alone: bool) -> str:
        self.loaded.append((program, source, by_path, alone))
        if self._failure:
            raise LoadError(self._failure)
        return "__gmp_main_1__"

    def forget(self, program: ProgramId) -> None:
        raise AssertionError("nobody asked for this")

    def depot(self, name: str) -> FakeDepot | None:
        return self.depots.get(name)


def hosted(explain: bool = False, trace: bool = False, race: bool = False, godebug: str = "") -> Hosted:
    source = SOURCE._replace(godebug=godebug)
    return Hosted(LoadProgram(ProgramId(1), source, Options(explain, trace, True, race), 2, 3))


def test_a_program_is_loaded_once() -> None:
    loader, program = CountingLoader(), hosted()
    first = program.load(loader, NoObjects(), alone=True)
    assert first is not None and program.load(loader, NoObjects(), alone=False) is first
    assert loader.loaded == [(1, SOURCE, True, True)] and program.module == "__gmp_main_1__"


def test_a_program_with_a_depot_has_it_when_it_is_loaded_if_it_can_be_reached() -> None:
    loader, depot = CountingLoader(), FakeDepot()
    loader.depots["large-1"] = depot
    for name, found in (("large-1", depot), ("large-2", None), ("", None)):
        message = LoadProgram(ProgramId(1), SOURCE, Options(False, False, False, pool=True, depot=name), 2, 3)
        pickling = Hosted(message).load(loader, NoObjects(), alone=True)
        assert pickling is not None and pickling.depot is found


def test_a_program_that_cannot_be_loaded_says_why_and_is_not_tried_again() -> None:
    loader, program = CountingLoader("no such file"), hosted()
    assert program.load(loader, NoObjects(), alone=True) is None
    assert program.load(loader, NoObjects(), alone=True) is None
    assert program.failure == "no such file" and len(loader.loaded) == 1


def test_a_program_knows_whether_its_main_is_about_to_start_here() -> None:
    program = hosted()
    program.inbox.append(Record(program.id, 17, b""))
    assert not program.runs_main
    program.inbox.append(Record(program.id, MAIN_GOID, b""))
    assert program.runs_main


def test_what_the_main_file_printed_ahead_is_printed_where_main_comes_and_only_once() -> None:
    program, outbox = hosted(), Outbox()
    program.printed_early += [(1, b"a"), (1, b"\n"), (2, b"b\n")]
    program.take(Record(ProgramId(1), 5, b""), outbox)
    assert not outbox.release(), "this goroutine is not main"
    for _ in range(2):
        program.take(Record(ProgramId(1), MAIN_GOID, b""), outbox)
    printed = [message for _, message in outbox.release()]
    assert printed == [Output(ProgramId(1), 1, b"a\n"), Output(ProgramId(1), 2, b"b\n")]
    assert program.received == 3 and len(program.inbox) == 3


def test_a_program_is_watched_for_a_story_or_a_trace_and_its_ids_are_of_its_stripe() -> None:
    assert [hosted(*flags).watched for flags in ((False, False), (True, False), (False, True))] == [False, True, True]
    assert next(hosted().kernel.ids) == 33


def test_a_program_that_races_copies_as_its_pickling_does_from_when_it_is_loaded() -> None:
    for race in (False, True):
        program = hosted(race=race)
        program.load(CountingLoader(), NoObjects(), alone=True)
        assert (program.kernel.race is not None) == race
    xs = [1]
    assert program.kernel.race is not None and (copy := program.kernel.race(xs)) == xs and copy is not xs


def test_what_is_shared_is_looked_for_when_the_program_says_so_and_told_on_its_stderr_until_it_is_over() -> None:
    assert hosted().sharing is None and hosted(godebug="sharecheck=0").sharing is None
    program, outbox = hosted(godebug="schedtrace=1,sharecheck=1"), Outbox()
    assert program.sharing is not None
    program.warn("nobody knows yet where to\n")
    program.take(Record(program.id, 17, b""), outbox)
    program.warn("told\n")
    program.closed = True
    program.warn("too late\n")
    assert [message for _, message in outbox.release()] == [Output(program.id, 2, b"told\n")]
