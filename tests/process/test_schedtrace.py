"""GODEBUG=schedtrace=N, with and without scheddetail=1: the lines of Go 1.19, on stderr."""

import re
from collections.abc import Callable

import pytest

from tests.process.place import Place, next_line
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

HEAD = (
    r"SCHED (\d+)ms: gomaxprocs=(\d+) idleprocs=(\d+) threads=(\d+) spinningthreads=(\d+) idlethreads=(\d+) "
    r"runqueue=(\d+)"
)
BRIEF = re.compile(HEAD + r" \[(\d+(?: \d+)*)\]")
DETAILED = re.compile(HEAD + r" gcwaiting=\d+ nmidlelocked=\d+ stopwait=\d+ sysmonwait=\d+")
P = re.compile(
    r"  P(\d+): status=(\d) schedtick=(\d+) syscalltick=\d+ m=(-?\d+) runqsize=(\d+) gfreecnt=\d+ timerslen=\d+"
)
M = re.compile(
    r"  M(\d+): p=(-?\d+) curg=(-?\d+) mallocing=\d+ throwing=\d+ preemptoff=\S* locks=\d+ dying=\d+ "
    r"spinning=(?:true|false) blocked=(?:true|false) lockedg=-?\d+"
)
G = re.compile(r"  G(\d+): status=(\d)\(([\w ()]*)\) m=(-?\d+) lockedm=-?\d+")

HOGS = spreading("""
    async def hog(done):
        while not os.path.exists("enough"):
            sum(range(2_000))
            await gosched()
        await done.send(None)
    async def main():
        await spread(nothing)
        done = Chan()
        for _ in range(12):
            go(hog, done)
        for _ in range(12):
            await done.recv()
        print("done")
""")


def traced(place: Place, detail: str, is_enough: Callable[[str], bool]) -> str:
    """What the hogs' program prints on stderr, which they do until that is enough."""
    app, env = place.write("app.py", HOGS), {"GODEBUG": f"schedtrace=50{detail}"}
    process = place.start("-m", "cluster", "run", "-p", "2", app, env=env)
    assert process.stderr is not None
    seen = ""
    while not is_enough(seen):
        line = next_line(process.stderr)
        assert line, seen
        seen += line
    place.write("enough", "")
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "done\n")
    return seen + err


def test_a_line_per_period_in_gos_format(place: Place) -> None:
    def is_enough(text: str) -> bool:
        rows = [match for match in map(BRIEF.fullmatch, text.splitlines()) if match]
        return len(rows) >= 5 and any(int(row[7]) >= 4 for row in rows)  # hogs that gave way wait in the global queue

    told = traced(place, "", is_enough)
    found = [BRIEF.fullmatch(line) for line in told.splitlines()]
    assert all(found), told
    rows = [[int(number) for number in match.groups()[:7]] for match in found if match is not None]
    times = [row[0] for row in rows]
    assert times == sorted(times)
    assert {row[1] for row in rows} == {2}
    threads = [row[3] for row in rows]  # two Ms and what stands for the thread of sysmon; the second M may come later
    assert threads == sorted(threads) and threads[-1] == 3
    assert all(match is not None and match[8].count(" ") == 1 for match in found)  # a ring per P


def test_the_detailed_form_has_ps_ms_and_gs(place: Place) -> None:
    blocks = blocks_of(traced(place, ",scheddetail=1", lambda text: len(blocks_of(text)) > 3 and main_waits(text)))
    for block in blocks:
        head, *rest = block.splitlines()
        assert DETAILED.fullmatch(head), head
        kinds = "".join(
            "P" if P.fullmatch(x) else "M" if M.fullmatch(x) else "G" if G.fullmatch(x) else "?" for x in rest
        )
        assert re.fullmatch("PPM*G*", kinds), f"{kinds} in:\n{block}"
        ms = [int(match[1]) for line in rest if (match := M.fullmatch(line))]
        assert ms == sorted(ms, reverse=True)  # newest first, as in Go


def blocks_of(text: str) -> list[str]:
    """One for each period."""
    return re.split(r"^(?=SCHED)", text, flags=re.MULTILINE)[1:]


def main_waits(text: str) -> bool:
    """Whether one of them shows main, which waits, and its hogs, which do not."""
    blocks = blocks_of(text)
    each = [{int(match[1]): match for line in block.splitlines() if (match := G.fullmatch(line))} for block in blocks]
    whole = [gs for gs in each if len(gs) == 13]  # main and its hogs; at the start and at the end it is others
    busy = [gs for gs in whole if {match[2] for number, match in gs.items() if number != 1} <= {"1", "2"}]
    return any((gs[1][2], gs[1][3]) == ("4", "chan receive") for gs in busy)


def test_it_is_quiet_without_and_with_what_is_no_number(place: Place) -> None:
    for setting in ("", "schedtrace=0", "schedtrace=x", "gctrace=1", "schedtrace", ",,="):
        done = place.program("async def main(): print('quiet')", GODEBUG=setting)
        assert (done.code, done.out, done.err) == (0, "quiet\n", "")


def test_a_script_has_it_too(place: Place) -> None:
    text = "import cluster\nasync def main(): await cluster.sleep(60)\ncluster.run(main, procs=2)"
    process = place.start("-c", text, env={"GODEBUG": "schedtrace=50"})
    assert process.stderr is not None
    lines = [next_line(process.stderr).rstrip("\n") for _ in range(3)]
    process.kill()
    assert all(BRIEF.fullmatch(line) for line in lines)
