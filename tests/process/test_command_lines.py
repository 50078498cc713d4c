"""The programs themselves understand the command lines of deploy/, and do there what they should."""

import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.commandline import DEPLOY, OPTIONS
from tests.deploy.unitfile import parse_unit

PATIENCE_S = 20.0


@pytest.mark.parametrize("program", OPTIONS)
def test_a_program_has_the_options_that_deploy_starts_it_with(program: str) -> None:
    page = subprocess.run(
        [sys.executable, "-m", program, "--help"], check=True, capture_output=True, text=True, timeout=PATIENCE_S
    ).stdout
    # A value stands one space behind its option, the explanation at least two.
    has = dict(re.findall(r"^ +(?:-\w, )?(--[\w-]+)(?:[ =](\S+))?", page, re.MULTILINE))
    for option, takes_value in OPTIONS[program].items():
        assert option in has, f"deploy/ starts {program} with {option}, which it has not:\n{page}"
        assert bool(has[option]) == takes_value, f"whether {program} {option} takes a value is not as deploy/ has it"


def test_the_units_start_a_cluster_that_ends_when_systemd_says_so(tmp_path: Path) -> None:
    sockets = tmp_path / "gmp-cluster"
    sockets.mkdir(mode=0o700)
    coordinator, worker = (start(f"gmp-{name}.service", tmp_path) for name in ("coordinator", "worker@"))
    try:
        wait_for(sockets, "coordinator.sock", 1)
        wait_for(sockets, "m-*.sock", 2)
    finally:
        for process in (worker, coordinator):
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(PATIENCE_S) for process in (worker, coordinator)]
    assert codes == [0, 0]


def start(unit: str, runtime: Path) -> subprocess.Popen[bytes]:
    """What systemd would start for a unit, with `runtime` for %t, and this Python's program."""
    service = parse_unit((DEPLOY / "systemd" / unit).read_text("utf-8"))["Service"]
    line = service["ExecStart"][0].replace("%t", str(runtime))
    for setting in service["Environment"]:
        name, _, value = setting.partition("=")
        line = line.replace(f"${{{name}}}", value)
    program, *options = shlex.split(line)
    command = [sys.executable, "-m", Path(program).name, *options]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def wait_for(directory: Path, pattern: str, count: int) -> None:
    """Until so many files are there."""
    give_up = time.monotonic() + PATIENCE_S
    while len(found := sorted(directory.glob(pattern))) < count:
        assert time.monotonic() < give_up, f"{count} × {pattern} expected in {directory}, there are {found}"
        time.sleep(0.02)
