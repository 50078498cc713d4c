"""Programs of ours in other languages, built where a compiler is at hand: floor.c, native.go."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cluster.bench.sampling import UnavailableError

BUILD_TIMEOUT_S: Final = 120.0  # Go compiles its runtime first, where it has not yet
C_SOURCE: Final = Path(__file__).with_name("floor.c")
GO_SOURCE: Final = Path(__file__).with_name("native.go")
C_COMPILERS: Final = ("cc", "gcc", "clang")


def floor(directory: Path) -> Path:
    """The rungs in C, built in a directory. UnavailableError when there is no compiler, or it fails."""
    compiler = next(filter(None, map(shutil.which, C_COMPILERS)), None)
    if compiler is None:
        raise UnavailableError(f"no C compiler ({', '.join(C_COMPILERS)}) is on the PATH: the floor in C is left out")
    target = directory / "floor"
    _run([compiler, "-O2", "-o", str(target), str(C_SOURCE), "-lpthread"], directory, "the floor in C is left out")
    return target


def native(directory: Path) -> Path:
    """The rungs in Go, likewise."""
    if shutil.which("go") is None:
        raise UnavailableError("no go is on the PATH: the rungs in Go are left out")
    target = directory / "native"
    _run(["go", "build", "-o", str(target), str(GO_SOURCE)], directory, "the rungs in Go are left out")
    return target


def go_environment(directory: Path) -> dict[str, str]:
    """Ours, so that Go leaves nothing behind outside of the directory."""
    return {**os.environ, "GOCACHE": str(directory / "cache"), "GOFLAGS": "-mod=mod", "GOENV": "off"}


def _run(command: Sequence[str], directory: Path, without: str) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, env=go_environment(directory)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} does not work, and {without}: {error}") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        raise UnavailableError(f"{command[0]} fails, and {without}: {lines[-1] if lines else error}") from error
