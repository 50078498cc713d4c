"""The corpus: each program in Go, what the real Go 1.19 did with it, and the same program in Python.

`SECTION/NAME.go` and `SECTION/NAME.py` say in their first lines which rule they show; `SECTION/recorded.json`
holds what record.py saw. A line `//check:WORD` in NAME.go says how the two are compared:

sorted   the lines of stdout in any order: Go promises none
exit     the exit code alone: the texts hold addresses, or Python has other words
alone    not on the standing cluster: the program changes what others would see, such as GOMAXPROCS
"""

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent
RECORDED: Final = "recorded.json"
CHECKS: Final = ("sorted", "exit", "alone")

_SPELLED: Final = {"True": "true", "False": "false", "None": "<nil>"}  # Python's constants, as Go prints them
_PANIC: Final = "panic: "


@dataclass(frozen=True, slots=True)
class Ending:
    """What a program did, as far as it is compared."""

    stdout: str
    code: int
    stderr: str  # the first line: of nested panics the last one, as Python's chained exceptions have it
    waiting: tuple[str, ...]  # what the goroutines of the dump on stderr wait for

    def seen_by(self, checks: tuple[str, ...]) -> "Ending":
        """What is left of it under `//check:` lines."""
        if "exit" in checks:
            return Ending("", self.code, "", ())
        if "sorted" in checks:
            return Ending("\n".join(sorted(self.stdout.splitlines())), self.code, self.stderr, self.waiting)
        return self


def ending(stdout: str, code: int, stderr: str) -> Ending:
    """What a program did, from all that it printed."""
    lines = stderr.splitlines()
    block = lines[: lines.index("")] if "" in lines else lines
    first = block[0] if block else ""
    if first.startswith(_PANIC):
        first = block[-1].lstrip().removesuffix(" [recovered]")
    waiting = re.findall(r"^goroutine \d+ \[(.+)\]:$", stderr, re.MULTILINE) if "deadlock!" in first else []
    return Ending(stdout, code, first, tuple(waiting))


def as_go_prints(text: str) -> str:
    """Python's stdout with Go's spelling of true, false and nil."""
    return re.sub(r"\b(True|False|None)\b", lambda match: _SPELLED[match[1]], text)


def names() -> list[str]:
    """All programs: `SECTION/NAME`."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in ROOT.glob("*/*.go"))


@cache
def checks(name: str) -> tuple[str, ...]:
    """The words of the `//check:` lines of a program."""
    found = tuple(re.findall(r"^//check:(\w+)$", (ROOT / f"{name}.go").read_text("utf-8"), re.MULTILINE))
    unknown = set(found) - set(CHECKS)
    assert not unknown, f"{name}.go asks for {unknown}: there are {CHECKS}"
    return found


@cache
def _section(section: str) -> dict[str, dict[str, object]]:
    path = ROOT / section / RECORDED
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def recorded(name: str) -> Ending:
    """What Go did with a program."""
    section, _, short = name.partition("/")
    assert short in _section(section), f"{section}/{RECORDED} lacks {short}: run record.py, with Go 1.19"
    return Ending(**{**_section(section)[short], "waiting": tuple(_section(section)[short]["waiting"])})  # type: ignore[arg-type]


def write_recorded(section: str, endings: dict[str, Ending]) -> None:
    """Put what Go did with programs of a section into its file; programs that are gone go from there, too."""
    there = {path.stem for path in (ROOT / section).glob("*.go")}
    all_of_it = {**_section(section), **{name: asdict(found) for name, found in endings.items()}}
    kept = {name: all_of_it[name] for name in sorted(all_of_it) if name in there}
    (ROOT / section / RECORDED).write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
