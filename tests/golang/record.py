"""Records what the real Go does with the programs of the corpus: needs Go 1.19.

    python -m tests.golang.record --go PATH [NAME…]

Each program (all of them, without names) is built, and run RUNS times with GOMAXPROCS=1. Runs that differ
in what is compared are an error: the program must be made deterministic, or say what of it is (corpus.py).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.golang.corpus import ROOT, Ending, checks, ending, names, write_recorded

RUNS: Final = 10
TIMEOUT_S: Final = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--go", default="go", help="the go command")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often to run each")
    parser.add_argument("names", nargs="*", metavar="NAME", help="SECTION/NAME, or SECTION")
    arguments = parser.parse_args()
    wanted = [name for name in names() if not arguments.names or {name, name.split("/")[0]} & {*arguments.names}]
    found: dict[str, dict[str, Ending]] = {}
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for name in wanted:
            section, _, short = name.partition("/")
            try:
                found.setdefault(section, {})[short] = record(arguments.go, name, Path(directory), arguments.runs)
            except (AssertionError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"{name}: {error}", file=sys.stderr)
    for section, endings in found.items():
        write_recorded(section, endings)
    print(f"{len(wanted) - failed} programs recorded, {failed} failed")
    return 1 if failed else 0


def record(go: str, name: str, directory: Path, runs: int) -> Ending:
    """What one program does, in all its runs."""
    binary = directory / "program"
    subprocess.run([go, "build", "-p", "1", "-o", binary, ROOT / f"{name}.go"], check=True, timeout=120)
    environment = {key: value for key, value in os.environ.items() if key not in ("GODEBUG", "GOTRACEBACK")}
    endings = []
    for _ in range(runs):
        done = subprocess.run(
            [binary],
            env={**environment, "GOMAXPROCS": "1"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
        endings.append(ending(done.stdout, done.returncode, done.stderr).seen_by(checks(name)))
    different = dict.fromkeys(endings)
    assert len(different) == 1, "its runs differ:\n  " + "\n  ".join(map(str, different))
    return endings[0]


if __name__ == "__main__":
    sys.exit(main())
