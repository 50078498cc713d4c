"""The examples as users run them: by `cluster run`, on as many Ms as there are Ps."""

import json
from pathlib import Path

import pytest

import cluster.examples
from cluster.examples.catalog import EXAMPLES, Example
from tests.process.place import Place, until

pytestmark = pytest.mark.timeout(60)

DIRECTORY = Path(cluster.examples.__file__).parent


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_each_example_prints_what_the_catalog_says_on_two_ms(place: Place, example: Example) -> None:
    done = place.run("-m", "cluster", "run", "-p", "2", DIRECTORY / example.file)
    assert (done.code, done.err) == (0, "")
    assert done.lines[-1] == example.last_line


@pytest.mark.parametrize("name", ["pipeline", "primes", "mandelbrot", "sieve"])
def test_goroutines_of_an_example_run_on_two_ms(place: Place, name: str) -> None:
    example = next(example for example in EXAMPLES if example.name == name)
    place.cluster(procs=2, workers=2)  # both Ms are members before there is work: who comes late may find it done

    def ms_of_a_run() -> set[object]:
        done = place.run("-m", "cluster", "run", "--trace", "t.json", DIRECTORY / example.file)
        assert (done.code, done.lines[-1]) == (0, example.last_line)
        return ms_of_trace(place.path / "t.json")

    until(lambda: len(ms_of_a_run()) >= 2, "a run whose work was not over before the other M came")


def ms_of_trace(path: Path) -> set[object]:
    """The Ms on which goroutines ran."""
    events = json.loads(path.read_text("utf-8"))["traceEvents"]
    return {event["args"]["m"] for event in events if event["ph"] == "X"}
