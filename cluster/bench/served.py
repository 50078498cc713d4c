"""Rungs that run in a process of their own: it is told counts, and answers with readings. parties.py says how.

A process for each rung: no rung leaves threads, children or a heap behind for the next, and the one who draws the
progress bar is not the one who is measured. It ends when its standard input is closed, and so when we die.
"""

import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cluster.bench import parties
from cluster.bench.sampling import Measure, Reading, Rung, UnavailableError

ANSWER_TIMEOUT_S: Final = 120.0  # of one count: samples last a second, and a slow machine is not a hundred times slower
END_TIMEOUT_S: Final = 5.0
PARTIES: Final = (sys.executable, "-I", "-S", parties.__file__)  # the interpreter and its library, and nothing else
INSIDERS: Final = (sys.executable, "-m", "cluster.bench.insiders")


def served(
    name: str,
    command: Sequence[str],
    *,
    switches: float | None = None,
    baseline: str = "",
    timeout_s: float = ANSWER_TIMEOUT_S,
) -> Rung:
    """The rung that this process serves."""

    @contextmanager
    def opened() -> Iterator[Measure]:
        with started(command) as process:
            yield lambda count: asked(process, count, timeout_s)

    return Rung(name, opened, switches, baseline)


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """The process, which is gone afterwards. UnavailableError when it cannot be started."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=_root())
    except OSError as error:
        raise UnavailableError(f"{command[0]} cannot be started: {error}") from error
    with process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            try:
                process.stdin.close()
                process.wait(END_TIMEOUT_S)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                process.kill()


def asked(process: subprocess.Popen[str], count: int, timeout_s: float) -> Reading:
    """What it answers. UnavailableError when it says that it cannot, dies, or does not answer in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{count}\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it has said why: that is in its output
    if not select.select([process.stdout], [], [], timeout_s)[0]:
        process.kill()
        raise UnavailableError(f"{' '.join(process.args)} has not answered within {timeout_s:.0f} s")  # type: ignore[arg-type]
    return reading_of(process.stdout.readline()) or died(process)


def reading_of(answer: str) -> Reading | None:
    """The reading in a line; None when there is no line. UnavailableError when it says why there is none."""
    if answer.startswith("!"):
        raise UnavailableError(answer.removeprefix("!").strip())
    if not answer:
        return None
    done, ns, switches = map(int, answer.split())
    return Reading(done, ns, switches if switches >= 0 else None)


def died(process: subprocess.Popen[str]) -> Reading:
    """Raises UnavailableError with its last words."""
    assert process.stderr is not None
    last = process.stderr.read().strip().rpartition("\n")[2]
    raise UnavailableError(f"the process of the rung ended with code {process.wait()}: {last or 'it said nothing'}")


def once(command: Sequence[str], count: int) -> Reading:
    """One reading of a process that is started for it."""
    with started(command) as process:
        return asked(process, count, ANSWER_TIMEOUT_S)


def _root() -> Path:
    """Where `cluster` can be imported from, also in a checkout that is not installed."""
    return Path(__file__).parents[2]
