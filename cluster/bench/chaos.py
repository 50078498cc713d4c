"""Real processes under load, and harm done to them at random moments: is anything lost, wrong, or left over?

    python -m cluster.bench.chaos --rounds 300           # rounds of one harm each
    python -m cluster.bench.chaos --minutes 20           # a soak: memory and throughput, minute by minute

In each round programs run and tasks are submitted and mapped; at a random moment an M is killed (SIGKILL), or
stopped and continued (SIGSTOP, SIGCONT; half of the time for longer than a lease), or connections to the
coordinator and between Ms are broken in the middle of what they carry. Every load must end, with the right
result; `run` may end with LostError in a round in which an M was killed or stopped; tasks may not: they are retried.
At the end the cluster is stopped: no process, no socket may be left.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import psutil

from cluster import Cluster, LostError
from cluster.bench import chaosloads as loads
from cluster.bench.proxying import Proxy
from cluster.launch.connection import FILE, SOCKET, ipc_address

HANG_S: Final = 60.0  # a round takes a second; five, when an M is stopped for longer than a lease
READY_S: Final = 30.0
END_S: Final = 10.0
RETRIES: Final = 10
TASKS: Final = 300
STOP_S: Final = (0.05, 4.5)  # of a stop; a lease lasts 3
HARMS: Final = ("kill", "stop", "cut")


@dataclass
class Tally:
    """What came of it all."""

    seen: Counter[str] = field(default_factory=Counter)
    done: int = 0  # programs and tasks
    wrong: list[str] = field(default_factory=list)

    def say(self) -> str:
        """One line."""
        return ", ".join(f"{name} {count}" for name, count in sorted(self.seen.items()))


class Arena:
    """A cluster of processes, with a proxy before each of its sockets."""

    def __init__(self, directory: Path, procs: int, workers: int) -> None:
        self.directory: Final = directory
        self.seen: dict[
            psutil.Process, None
        ] = {}  # every process of ours; known by its start, too: pids are used again
        self.proxies: dict[Path, Proxy] = {}
        self.coordinator: Final = self._start("coordinator", "--dir", str(directory), "--procs", str(procs), "--quiet")
        wait_until((directory / FILE).exists, "the coordinator to listen")
        self._stand_before(directory / SOCKET)
        self.address: Final = ipc_address(directory / SOCKET)
        self.worker: Final = self._start("worker", "--connect", self.address, "--count", str(workers))
        wait_until(lambda: len(self.ms()) >= workers, "the workers")

    def _start(self, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-m", module, *arguments])
        self.seen[psutil.Process(process.pid)] = None
        return process

    def _stand_before(self, path: Path) -> None:
        with contextlib.suppress(OSError):  # it has just ended
            self.proxies[path] = Proxy(path)

    def ms(self) -> list[int]:
        """The Ms that live; a proxy stands before each new one's socket."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.worker.pid).children()
            self.seen.update(dict.fromkeys(children))
            pids = [child.pid for child in children]
            for pid in pids:
                if (path := self.directory / f"m-{pid}.sock").exists() and path not in self.proxies:
                    self._stand_before(path)
            return pids
        return []

    def memory(self) -> tuple[float, float, int]:
        """(MB of the coordinator, MB of an M on average, how many Ms), as resident sets."""
        sizes = []
        for pid in self.ms():
            with contextlib.suppress(psutil.NoSuchProcess):
                sizes.append(psutil.Process(pid).memory_info().rss / 1e6)
        return psutil.Process(self.coordinator.pid).memory_info().rss / 1e6, sum(sizes) / max(1, len(sizes)), len(sizes)

    def end(self) -> list[str]:
        """Stop everything; what is left over, which should be nothing."""
        self.ms()
        for process in (self.coordinator, self.worker):
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            for process in (self.coordinator, self.worker):
                process.wait(END_S)
        wait_until(lambda: not any(map(alive, self.seen)), "", END_S)
        for proxy in self.proxies.values():
            proxy.close()
            proxy.path.unlink(missing_ok=True)
        left = [f"process {process.pid}" for process in self.seen if alive(process)]
        return left + [str(path) for path in self.directory.iterdir() if path.suffix in (".sock", ".json")]


def alive(process: psutil.Process) -> bool:
    """Whether a process runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition: Callable[[], bool], what: str, seconds: float = READY_S) -> None:
    """Until it holds; TimeoutError, unless it is nameless."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            if not what:
                return
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


# -- loads: each says what came of it


def run_programs(cluster: Cluster, rng: Random) -> Iterator[tuple[str, int]]:
    """Two programs, one after the other."""
    for _ in range(2):
        n = rng.randrange(20, 120)
        try:
            if rng.random() < 0.5:
                expected = loads.pipeline_of(3, n)
                got: int = cluster.run(loads.pipeline, 3, n)  # type: ignore[arg-type]  # mypy finds Never for a union
            else:
                expected = loads.fan_of(n)
                got = cluster.run(loads.fan, n)  # type: ignore[arg-type]
        except LostError:
            yield "lost", 1
        else:
            yield ("right" if got == expected else f"wrong: {got} and not {expected}"), 1


def submit_tasks(cluster: Cluster, rng: Random) -> Iterator[tuple[str, int]]:
    """Many tasks, one by one."""
    numbers = [rng.randrange(1000) for _ in range(TASKS)]
    futures = [cluster.submit(loads.task, n, retries=RETRIES) for n in numbers]
    got = [future.result(HANG_S) for future in futures]
    yield ("right" if got == [loads.task(n) for n in numbers] else "wrong: a task's result"), TASKS


def map_tasks(cluster: Cluster, rng: Random) -> Iterator[tuple[str, int]]:
    """Many tasks, at once."""
    numbers = [rng.randrange(1000) for _ in range(TASKS)]
    got = list(cluster.map(loads.task, numbers, retries=RETRIES))
    yield ("right" if got == [loads.task(n) for n in numbers] else "wrong: a mapped result"), TASKS


LOADS: Final = {"run": run_programs, "submit": submit_tasks, "map": map_tasks}


class Rounds:
    """Round after round on one arena."""

    def __init__(self, arena: Arena, rng: Random) -> None:
        self._arena: Final = arena
        self._rng: Final = rng
        self.tally: Final = Tally()

    def round(self) -> bool:
        """One; False when somebody hangs, so that no other makes sense."""
        rng = self._rng
        harm = rng.choice(HARMS)
        self.tally.seen[f"harm {harm}"] += 1
        said: list[tuple[str, str, int]] = []
        threads = [
            threading.Thread(target=self._load, args=(name, rng.getrandbits(32), said), daemon=True) for name in LOADS
        ]
        for thread in threads:
            thread.start()
        time.sleep(rng.random() * 0.3)
        self._harm(harm)
        give_up = time.monotonic() + HANG_S
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        hanging = [name for name, thread in zip(LOADS, threads, strict=True) if thread.is_alive()]
        for name in hanging:
            self.tally.wrong.append(f"{name} hangs after {harm}")
        for name, outcome, count in said:
            self.tally.done += count
            if outcome == "right" or (outcome == "lost" and harm != "cut"):
                self.tally.seen[f"{name} {outcome}"] += count
            else:
                self.tally.wrong.append(f"{name}: {outcome} ({harm})")
        return not hanging

    def _load(self, name: str, seed: int, said: list[tuple[str, str, int]]) -> None:
        try:
            with Cluster(address=self._arena.address) as cluster:
                for outcome, count in LOADS[name](cluster, Random(seed)):
                    said.append((name, outcome, count))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            said.append((name, f"{type(error).__name__}: {error}", 1))

    def _harm(self, harm: str) -> None:
        arena, rng = self._arena, self._rng
        if harm == "cut":
            arena.ms()
            for proxy in rng.sample(list(arena.proxies.values()), min(2, len(arena.proxies))):
                proxy.cut(rng)
            return
        if not (ms := arena.ms()):
            return
        victim = rng.choice(ms)
        with contextlib.suppress(ProcessLookupError):
            if harm == "kill":
                os.kill(victim, signal.SIGKILL)
            else:
                os.kill(victim, signal.SIGSTOP)
                time.sleep(rng.uniform(*STOP_S))
                os.kill(victim, signal.SIGCONT)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m cluster.bench.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--minutes", type=float, help="go on for so long instead, and tell how it is each minute")
    parser.add_argument("--seed", type=int, default=None, help="of the harm; the moments are the machine's")
    parser.add_argument("--procs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    arguments = parser.parse_args()
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    with tempfile.TemporaryDirectory(prefix="gmp-chaos-") as directory:
        arena = Arena(Path(directory) / "c", arguments.procs, arguments.workers)
        rounds, began = Rounds(arena, Random(seed)), time.monotonic()
        print(f"seed {seed}, {arguments.procs} Ps, {arguments.workers} Ms, Python {sys.version.split()[0]}", flush=True)
        done = _go_on(rounds, arena, arguments.rounds, arguments.minutes)
        seconds = time.monotonic() - began
        left = arena.end()
    tally = rounds.tally
    print(f"{done} rounds in {seconds:.0f} s, {tally.done} programs and tasks: {tally.say()}")
    print(f"connections broken: {sum(proxy.cuts for proxy in arena.proxies.values())}")
    print(f"hangs and wrong or lost results: {len(tally.wrong)}; processes and sockets left over: {len(left)}")
    for finding in [*tally.wrong, *left]:
        print("  ", finding)
    return 1 if tally.wrong or left else 0


def _go_on(rounds: Rounds, arena: Arena, count: int, minutes: float | None) -> int:
    """Rounds, and a line now and then; how many there were."""
    began = told_at = time.monotonic()
    told_done = done = 0
    while done < count if minutes is None else time.monotonic() - began < minutes * 60:
        done += 1
        if not rounds.round():
            break
        now = time.monotonic()
        if now - told_at >= 60:
            rate = (rounds.tally.done - told_done) / (now - told_at)
            coordinator, each, ms = arena.memory()
            print(
                f"{(now - began) / 60:5.1f} min  {done:5} rounds  {rate:6.0f} results/s  "
                f"coordinator {coordinator:.1f} MB  M {each:.1f} MB ({ms})  findings {len(rounds.tally.wrong)}",
                flush=True,
            )
            told_at, told_done = now, rounds.tally.done
    return done


if __name__ == "__main__":
    sys.exit(main())
