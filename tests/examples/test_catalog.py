"""The examples: each does what the catalog says, on one kernel; tests/process runs them on many Ms."""

import sys
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cluster.examples
from cluster.examples import mandelbrot, primes, sieve
from cluster.examples.catalog import EXAMPLES, Example
from tests.fakes import run

DIRECTORY = Path(cluster.examples.__file__).parent


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["example.py"])


ALONE = [example for example in EXAMPLES if example.name != "echo"]  # which needs a poller: see tests/process


@pytest.mark.parametrize("example", ALONE, ids=lambda example: example.name)
def test_each_example_ends_with_the_line_of_the_catalog(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    run(import_module(f"cluster.examples.{example.name}").main)
    assert capsys.readouterr().out.splitlines()[-1] == example.last_line


def test_the_catalog_has_every_example_once_and_its_file() -> None:
    files = {path.name for path in DIRECTORY.glob("*.py")} - {"__init__.py", "catalog.py"}
    assert sorted(example.file for example in EXAMPLES) == sorted(files)
    assert all(example.file == f"{example.name}.py" for example in EXAMPLES)


def test_an_argument_changes_the_size(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["primes.py", "1000"])
    assert run(primes.main) == 168
    monkeypatch.setattr(sys, "argv", ["sieve.py", "10"])
    run(sieve.main)
    assert capsys.readouterr().out.splitlines()[-1] == "29"


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 5_000, 5_001])
def test_primes_are_counted_to_the_last_chunk(limit: int) -> None:
    by_definition = sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, limit))
    assert run(primes.main, limit) == by_definition


def test_the_mandelbrot_set_can_be_a_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mandelbrot, "SIZES", {".ppm": (6, 4, 50), ".svg": (6, 4, 50)})
    run(mandelbrot.main, str(tmp_path / "m.ppm"))
    assert (tmp_path / "m.ppm").read_bytes()[:11] == b"P6 6 4 255\n"
    assert len((tmp_path / "m.ppm").read_bytes()) == 11 + 6 * 4 * 3
    run(mandelbrot.main, str(tmp_path / "m.svg"))
    assert len(ElementTree.fromstring((tmp_path / "m.svg").read_bytes())) == 6 * 4
