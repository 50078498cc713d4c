"""The command lines of deploy/, and what the programs in them accept.

tests/process/test_command_lines.py holds this table against the programs themselves.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
UNIX_PATH_MAX = 107  # sun_path, less its final zero: a longer socket path cannot be bound

# The options of each program, and whether one takes a value.
OPTIONS = {
    "coordinator": {"--bind": True, "--procs": True, "--dir": True, "--connection": True},
    "worker": {"--connect": True, "--connection": True, "--count": True, "--pin": False, "--dir": True},
}


def parse(command: str | Sequence[str]) -> tuple[str, dict[str, str]]:
    """The program and its options; ValueError when the program would refuse the line.

    `${NAME}` stands for any value that its place takes.
    """
    program, *words = shlex.split(command) if isinstance(command, str) else command
    name = PurePosixPath(program).name
    if name not in OPTIONS:
        raise ValueError(f"{program} is none of our programs: {', '.join(OPTIONS)}")
    given: dict[str, str] = {}
    rest = iter(words)
    for option in rest:
        if option not in OPTIONS[name]:
            raise ValueError(f"{name} has no option {option!r}: it has {', '.join(OPTIONS[name])}")
        if option in given:
            raise ValueError(f"{name} is given {option} twice")
        given[option] = next(rest, "") if OPTIONS[name][option] else "yes"
        check_value(name, option, given[option])
    return name, given


def check_value(name: str, option: str, value: str) -> None:
    """Raises ValueError when `option` does not take `value`."""
    match option:
        case "--procs" | "--count":
            good = value.startswith("${") or (value.isdigit() and int(value) >= 1)
        case "--bind" | "--connect":
            path = value.removeprefix("ipc://")
            good = path != value and "/" in path and len(path) <= UNIX_PATH_MAX
            good = good or re.fullmatch(r"tcp://[\w.-]+:\d+", value) is not None
        case _:
            good = bool(value) and not value.startswith("--")
    if not good:
        raise ValueError(f"{name} {option} does not take {value!r}")
