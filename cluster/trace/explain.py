"""Steps of the scheduler in plain words, one line each, as they happen: `cluster run --explain`.

A line has the time in ms since the first step, what happened, why it must be so (told the first time
only), and in parentheses the function of Go's runtime that does the same. The words stand in one
table; a kind that the table lacks is printed with its own name, so nothing that is traced is lost.

Processes report in batches: steps that come together are put in the order of their clocks, which on
one machine is one clock, and one that comes late keeps its time.

Source. Functions of Go 1.19, runtime/proc.go, chan.go, panic.go; steps of the bootstrap: rt0_go,
schedinit, newproc, mstart, runtime.main.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from cluster.model.ids import MAIN_GOID
from cluster.wire.messages import Step


class Words(NamedTuple):
    """What a step says. In braces: {m}, {p}, {g} and {fn}, the function of g; {detail}, and its `name=value`s."""

    says: str
    because: str  # "" where what happened speaks for itself
    go: str


WORDS: Final[Mapping[str, Words]] = {
    # The bootstrap, in its order.
    "SchedInit": Words(
        "the scheduler is initialised with GOMAXPROCS {procs}",
        "at most so many goroutines run at the same time, however many Ms there are",
        "schedinit",
    ),
    "ProcCreate": Words(
        "{p} is created, idle",
        "a P is a right to run goroutines, with a queue of those that are runnable",
        "procresize",
    ),
    "MStart": Words(
        "{m} is started: operating system process {pid}",
        "an M of ours is a process with an interpreter of its own, so that Ms run on several cores at once",
        "newm, mstart",
    ),
    "ProgramStart": Words("the program {detail} begins: runtime.main is to run main.main", "", "runtime.main"),
    "GoCreate main": Words(
        "the main goroutine G1 is made and put on {p}'s local queue",
        "main is a goroutine like all others, and waits in a queue until an M takes it",
        "newproc, runqput",
    ),
    "ProcStart": Words(
        "{m} takes the lease of {p}, epoch {epoch}",
        "a thread must be bound to a processor or no goroutine runs on it",
        "acquirep",
    ),
    "GoStart main": Words(
        "{m}, holding {p}, takes G1 from the queue and runs {fn}", "", "schedule, runqget, execute, main.main"
    ),
    # Goroutines.
    "GoCreate": Words(
        "G{goid} is made for {fn} and put on {p}'s local queue",
        "a new goroutine is runnext of its maker's P, and the one that was there goes to the queue's tail",
        "newproc, runqput",
    ),
    "GoStart": Words("{m}, holding {p}, takes {g} from the queue and runs {fn}", "", "schedule, execute"),
    "GoEnd": Words("{g} ends: {fn} has returned", "", "goexit0"),
    "GoEnd main": Words("G1 ends: {fn} has returned", "", "runtime.main"),
    "GoPanic": Words("{g} panics on {m}: {detail}", "", "gopanic"),
    "GoPanic panic": Words(
        "{g} panics on {m}", "a panic that nobody recovers ends the whole program", "gopanic, fatalpanic"
    ),
    "GoPanic fatal": Words("{g} makes a fatal error on {m}", "no program can recover from it", "throw"),
    "GoPanic exit": Words("{g} calls exit on {m}", "the program ends at once", "exit"),
    "GoPanic load": Words("{m} cannot load the program", "", "main"),
    "GoSched": Words("{g} yields, to the tail of the global queue", "", "goschedImpl"),
    "Preempt": Words(
        "sysmon sends {m} a signal: {g} has had {p} for more than 10 ms",
        "one that does not await must be made to leave, in the middle of what it does",
        "retake, preemptone, signalM",
    ),
    "GoPreempt": Words(
        "{g} is preempted after {ran_ms} ms, and goes to the tail of the global queue",
        "a slice is 10 ms, and others wait",
        "asyncPreempt, gopreempt_m",
    ),
    "GoSleep": Words("{g} sleeps; {m} takes the next goroutine", "", "timeSleep"),
    "GoBlock": Words("{g} parks; {m} takes the next goroutine", "", "gopark"),
    "GoBlockSend": Words("{g} parks: nobody receives from the channel, and its buffer has no room", "", "chansend"),
    "GoBlockRecv": Words("{g} parks: the channel is empty and nobody sends", "", "chanrecv"),
    "GoBlockSelect": Words("{g} parks: no case of its select is ready", "", "selectgo"),
    "GoBlockSync": Words("{g} parks: it waits for a lock or a wait group", "", "semacquire1"),
    "GoBlockCond": Words("{g} parks: it waits for a condition", "", "notifyListWait"),
    "GoBlockNet": Words("{g} parks: it waits for the network", "", "netpollblock"),
    "GoUnblock": Words("{g} is ready: runnext of {p}", "", "ready"),
    "GoSysCall": Words("{g} enters a system call", "", "entersyscall"),
    "GoSysExit": Words("{g} is back from its system call", "", "exitsyscall"),
    "GoSysBlock": Words(
        "sysmon sees that {g} blocks {m} in a call: {m} neither computes nor waits for a core",
        "a P must not wait for such a call, which can take for ever",
        "retake",
    ),
    # Ms and Ps.
    "ProcStop": Words(
        "{m} gives the lease of {p} back",
        "an M that has nothing to run must not keep a P from one that has",
        "releasep, pidleput",
    ),
    "ProcStop handed off: its M is blocked": Words(
        "{m} hands {p} off, with all of its queue that can move, and stays in its call",
        "a goroutine blocks the whole M, and the others in the queue can run elsewhere",
        "handoffp",
    ),
    "ProcStop asked back": Words(
        "{m} gives {p} up, for an M that stands in line, with what can move of its queue", "", "releasep, handoffp"
    ),
    "ProcWant": Words(
        "{m} stands in line for a P", "it has a goroutine to run, and no right to run it", "exitsyscall, stopm"
    ),
    "NewM": Words(
        "goroutines wait on an idle P, and no M is idle: one more M is to be forked", "", "handoffp, startm, newm"
    ),
    "ProcStop retaken": Words(
        "{p} is taken from {m}", "its lease is over, and with the epoch all that it still may say", "retake"
    ),
    "Spinning": Words("{m} spins: it holds {p}, has no work, and looks for some", "", "findrunnable"),
    "Steal": Words(
        "half of what {m} has queued is stolen, {detail}",
        "a P that is idle takes half of what a busy one has queued, so that no core stands still beside a queue",
        "runqsteal",
    ),
    "GoMove": Words(
        "{g} has moved to {m} {detail}",
        "any idle thread may take any runnable goroutine; here its frames are written on one M and read on another",
        "runqsteal",
    ),
    "GoPin": Words("{g} stays on {m}: {detail}", "what it holds cannot leave its process", "stoplockedm"),
    "Give": Words("{m} gives away what it cannot run soon: {detail}", "", "injectglist, wakep"),
    "Retake": Words("{p} is asked back from {m}", "it has had its slice, and another M waits for a P", "retake"),
    "Retake spinning": Words("{p} is asked back from {m}", "it has no work for it, and another M waits", "retake"),
    "Retake blocked": Words(
        "{p} is retaken from {m}, which is blocked", "another M, or a new one, can use it", "retake, handoffp"
    ),
    "MExit": Words("{m} is gone: {detail}", "", "mexit"),
    # The end.
    "MainReturn": Words(
        "main.main has returned", "the program is over now, whatever its other goroutines do", "runtime.main"
    ),
    "Deadlock": Words(
        "all goroutines are asleep - deadlock",
        "every M is idle, no timer is set, and no message is under way",
        "checkdead",
    ),
    "ProgramEnd": Words("the program exits with code {code}", "", "exit"),
}
DETAIL_CHARS_MAX: Final = 200


class Explainer:
    """Turns the steps of one program into lines. Remembers what it has explained, and when all began."""

    def __init__(self, origin_ns: int | None = None) -> None:
        self._origin_ns = origin_ns
        self._explained: dict[str, None] = {}
        self._functions: dict[int, str] = {}  # of goroutines, by id, from their GoCreate

    def lines(self, steps: Iterable[Step]) -> Iterator[str]:
        """One line per step, without line ends, in the order of time."""
        for step in sorted(steps, key=lambda step: step.at_ns):
            yield self.line(step)

    def line(self, step: Step) -> str:
        """What the step says."""
        if self._origin_ns is None:
            self._origin_ns = step.at_ns
        return f"{(step.at_ns - self._origin_ns) / 1e6:6.1f} ms  {self.sentence(step)}"

    def sentence(self, step: Step) -> str:
        """The same without the time."""
        detail = _on_one_line(step.detail)
        if step.kind in ("GoCreate", "GoStart") and detail:
            self._functions[step.goid] = detail
        kind = _kind(step)
        words = WORDS.get(kind)
        if words is None:
            return ": ".join(part for part in (_on_one_line(step.kind), _ids(step), detail) if part)
        sentence = words.says.format_map(self._names(step, detail))
        if words.because and kind not in self._explained:
            self._explained[kind] = None
            sentence += f": {words.because}" if ":" not in sentence else f"; {words.because}"
        return f"{sentence} ({words.go})"

    def _names(self, step: Step, detail: str) -> "_Names":
        pairs = dict(pair.split("=", 1) for pair in detail.split() if "=" in pair)
        names = _Names({name.lstrip("_"): value for name, value in pairs.items()})
        names["detail"] = detail or "nobody says why"
        names["m"] = f"M{step.m}" if step.m >= 0 else "an M"
        names["p"] = f"P{step.p}" if step.p >= 0 else "a P"
        names["g"] = f"G{step.goid}" if step.goid >= 0 else "a goroutine"
        names["goid"] = str(step.goid)
        names["fn"] = self._functions.get(step.goid) or detail or "its function"
        names.setdefault("pid", detail)
        names.setdefault("code", detail)
        return names


class _Names(dict[str, str]):
    """What the braces of Words stand for. A detail that its sender left out is not worth an exception."""

    def __missing__(self, name: str) -> str:
        return "?"


def _kind(step: Step) -> str:
    """The key of the step's words: some kinds have other words for main, or for one of their details."""
    for special in (f"{step.kind} main" if step.goid == MAIN_GOID else "", f"{step.kind} {step.detail}"):
        if special in WORDS:
            return special
    return step.kind


def _ids(step: Step) -> str:
    known = (f"{letter}{number}" for letter, number in (("M", step.m), ("P", step.p), ("G", step.goid)) if number >= 0)
    return ", ".join(known)


def _on_one_line(words: str) -> str:
    """The words of a peer as part of one line: no line ends, and nothing that steers a terminal."""
    words = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(words.split()))
    return words if len(words) <= DETAIL_CHARS_MAX else words[: DETAIL_CHARS_MAX - 1] + "…"
