"""What holds for every test: which ones start processes, that these leave none behind, and where chance comes from."""

import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from cluster.wire.pickling import MAIN_PREFIX

PROCESS_TESTS = tuple(Path(__file__).parent / name for name in ("process", "golang"))
SIMULATED = Path(__file__).parent / "sim"
SIM_TIMEOUT_S = 300  # they compute for up to 20 s, wait for nothing, and end by themselves, after so many steps
RUN_VARIABLE = "GMP_TEST_RUN"  # in the environment of every process that a test starts, and so in all that these start
SEED_VARIABLE = "GMP_TEST_SEED"  # so that the workers of pytest-xdist use the seed that their parent prints
SEED = 1  # what was green stays green: whoever looks for what nobody has seen names another, or runs `make storms`
EXIT_TIMEOUT_S = 15.0  # for what a test has told to end to be gone; who has lost its coordinator ends after six
LOOK_S = 0.5  # between two looks who is a zombie: those of whom nobody waits for the end stay that

# Whether an example was slow says more about who shares the machine than about us; and see SEED.
settings.register_profile(
    "gmp", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("gmp")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help=f"of the random tests, which a run prints (default: {SEED})")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(RUN_VARIABLE, f"{os.getpid()}-{secrets.token_hex(8)}")
    if config.option.seed is None:
        config.option.seed = int(os.environ.setdefault(SEED_VARIABLE, str(SEED)))


def pytest_report_header(config: pytest.Config) -> str:
    return f"random tests: --seed={config.option.seed}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(directory) for directory in PROCESS_TESTS):
            item.add_marker(pytest.mark.process)
        if item.path.is_relative_to(SIMULATED):
            item.add_marker(pytest.mark.timeout(SIM_TIMEOUT_S))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance for one test: its own sequence, the same in every run under the same `--seed`."""
    seed = request.config.option.seed
    print(f"repeat this test with --seed={seed}")  # pytest shows it when the test fails
    return random.Random(f"{seed} {request.node.nodeid}")


@pytest.fixture(autouse=True)
def no_main_left() -> Iterator[None]:
    """Forget the main files that simulated Ms have imported: who finds one takes this process for an M."""
    yield
    for name in [name for name in sys.modules if name.startswith(MAIN_PREFIX)]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def no_process_left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the process test that leaves a process behind, and end that process."""
    if request.node.get_closest_marker("process") is None:
        yield
        return
    run = f"{os.environ[RUN_VARIABLE]}.{secrets.token_hex(8)}"
    monkeypatch.setenv(RUN_VARIABLE, run)
    yield
    give_up = time.monotonic() + EXIT_TIMEOUT_S
    while (left := started_under(run)) and time.monotonic() < give_up:
        psutil.wait_procs(left, timeout=LOOK_S)
    lines = [describe(process) for process in left]
    for process in left:
        process.kill()
    assert not left, "processes that this test started are still there: " + "; ".join(lines)


def started_under(run: str) -> list[psutil.Process]:
    """The processes whose environment says that they, or who started them, were started under `run`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_VARIABLE) == run and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # gone, or somebody else's
            continue
    return found


def describe(process: psutil.Process) -> str:
    """Its pid and command line."""
    try:
        return f"pid {process.pid}: {' '.join(process.cmdline())}"
    except psutil.Error:
        return f"pid {process.pid}, gone meanwhile"
