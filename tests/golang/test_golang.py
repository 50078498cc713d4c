"""Every program of the corpus, in Python, does what Go 1.19 did with its twin."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.golang.corpus import ROOT, Ending, as_go_prints, checks, ending, names, recorded
from tests.golang.standing import Standing

TIMEOUT_S: Final = 20

# Run by the real command, too; what may not share a cluster is run by it alone.
SAMPLE: Final = (
    "chans/close_readies_receivers",
    "ending/deadlock_in_a_ring",
    "ending/exit_of_a_goroutine",
    "ending/main_returns",
    "ending/panic_of_a_goroutine",
    "ending/recovered_and_panicked_again",
    "orders/ring_overflows_often",
    "selects/timeout",
)


@pytest.fixture(scope="session")
def standing() -> Iterator[Standing]:
    cluster = Standing()
    yield cluster
    cluster.close()


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("name", [name for name in names() if "alone" not in checks(name)])
def test_on_a_standing_cluster_it_does_what_go_did(name: str, standing: Standing) -> None:
    same(name, standing.run(ROOT / f"{name}.py"))


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("name", [name for name in names() if "alone" in checks(name) or name in SAMPLE])
def test_by_the_command_it_does_what_go_did(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cluster", "run", "-p", "1", "-w", "1", str(ROOT / f"{name}.py")]
    environment = {**os.environ, "GMP_CLUSTER_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    same(name, ending(as_go_prints(done.stdout), done.returncode, done.stderr))


def same(name: str, python: Ending) -> None:
    assert python.seen_by(checks(name)) == recorded(name), f"{name}: Python on the left, Go on the right"


def test_each_program_has_a_twin_and_says_what_it_shows() -> None:
    for name in names():
        go, twin = ((ROOT / f"{name}.{kind}").read_text("utf-8") for kind in ("go", "py"))
        rule = go.split("package main")[0].split("\n//\n")[0].replace("// ", "").split()
        assert rule, f"{name}.go does not begin with its rule"
        assert twin.split('"""')[1].split() == rule, f"{name}.py and {name}.go do not begin with the same rule"


def test_twins_have_a_program_in_go() -> None:
    twins = {f"{path.parent.name}/{path.stem}" for path in ROOT.glob("*/*.py")}
    assert twins == set(names())


def test_the_sample_is_in_the_corpus() -> None:
    assert set(SAMPLE) <= set(names())
