"""`cluster demo handoff` and `cluster demo preempt` on real processes: what they tell is what happened, in order."""

import re
from pathlib import Path

import pytest

from tests.process.place import Place, until

pytestmark = pytest.mark.timeout(120)

LINE = re.compile(r" +([0-9.]+)  (M\d+)? *(P\d+)? *(G\d+)? *(\S.*)")
CALL = re.compile(r"G(\d+) +M(\d+) +([0-9.]+)  P(\d+) to M(\d+), (new|idle|itself) +[0-9.]+ ms")
TICKS = re.compile(r"(\S.*?)  +(\d+) of (\d+) +([0-9.]+) ms +([0-9.]+) ms +([0-9.]+) ms")


def chapters(text: str) -> dict[str, list[str]]:
    """The lines of each, by its number."""
    made: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if head := re.match(r"─+ (\d)\. ", line):
            lines = made[head[1]] = []
        elif line:
            lines.append(line)
    return made


def told(lines: list[str]) -> list[tuple[float, str, str]]:
    """Time, M and words of each line of a story."""
    return [(float(at), m, words) for at, m, _, _, words in (LINE.fullmatch(line).groups() for line in lines[1:])]  # type: ignore[union-attr]


def place_of(words: list[str], part: str) -> int:
    """Which line says that."""
    return next(i for i, sentence in enumerate(words) if part in sentence)


def test_the_hand_off_is_told_in_the_order_in_which_it_happened(place: Place) -> None:
    def told_whole() -> dict[str, list[str]]:
        """Without its first chapter where the other M was so late that the sleepers were back before."""
        done = place.run("-m", "cluster", "demo", "handoff", "--quick", "--out", "out")
        assert (done.code, done.err) == (0, "")
        chapter = chapters(done.out)
        return chapter if "1" in chapter else {}

    chapter = until(told_whole, "a story with all of its chapters")
    leaving = told(chapter["1"])
    assert [at for at, _, _ in leaving] == sorted(at for at, _, _ in leaving)
    words = [sentence for _, _, sentence in leaving]
    parts = ("runs main.sleeps", "in a call", "is retaken from", "off, with all of its queue", "takes the lease of")
    order = [place_of(words, part) for part in parts]
    assert order == sorted(order)
    blocked, taker = leaving[order[1]][1], leaving[order[4]][1]
    assert blocked != taker, "another M has the P"
    if f"{taker} is started" in "\n".join(words):
        assert order[3] < place_of(words, "is to be forked") < place_of(words, f"{taker} is started") <= order[4]
    back = told(chapter["2"])
    assert "is back from its system call" in back[0][2] and back[0][1] == blocked
    calls = [CALL.match(line) for line in chapter["3"][1:]]
    assert any(call and call[2] == blocked[1:] and call[5] == taker[1:] for call in calls)
    rows = {line.split()[0]: line for line in chapter["4"] if line[0] in "PM"}
    assert "░" in rows[blocked]
    assert any(taker[1:] in row[6:] for name, row in rows.items() if name[0] == "P")
    assert "one after the other: 1.20 s" in chapter["5"][0]
    assert re.search(r" \d+% of \d cores", chapter["5"][2])
    assert (Path(place.path) / "out" / "handoff.svg").exists()


def test_preemption_is_told_and_measured_beside_its_rivals(place: Place) -> None:
    done = place.run("-m", "cluster", "demo", "preempt", "--quick", "--out", "out")
    assert (done.code, done.err) == (0, "")
    chapter = chapters(done.out)
    slices = [sentence for _, _, sentence in told(chapter["1"])]
    signal, preempted = place_of(slices, "sends M0 a signal"), place_of(slices, "is preempted after")
    assert "runs main.hog" in slices[0] and signal < preempted
    assert any("runs main.ticker" in sentence for sentence in slices)
    switched = re.findall(r"G(\d+) is preempted", "\n".join(slices))
    assert len(set(switched)) > 1, "one hog after the other"
    rows = {line.split()[0]: line for line in chapter["2"] if line[0] in "PMG"}
    assert all("█" in rows[f"G{goid}"] for goid in switched[:-1])
    ticks = {match[1]: match for match in map(TICKS.fullmatch, chapter["3"]) if match}
    ours, off, loop = (ticks[name] for name in list(ticks)[:3])
    assert int(ours[2]) > 1 and float(ours[4]) <= float(ours[5]) <= float(ours[6])
    assert off[1] == "GODEBUG=asyncpreemptoff=1" and int(off[2]) <= 2
    assert "asyncio" in loop[1] and int(loop[2]) == 1
    assert (Path(place.path) / "out" / "preempt.svg").exists()


def test_a_story_has_ps_of_its_own(place: Place) -> None:
    done = place.run("-m", "cluster", "demo", "handoff", "-p", "4")
    assert done.code == 2 and "handoff has Ps and Ms of its own: leave -p and -w out" in done.err
