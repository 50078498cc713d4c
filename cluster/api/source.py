"""Where a program's code is: what every M must know to import it.

A function of a script is found by importing the script's file; of `python -m module`, by the
module's name; of a REPL or a notebook there is no file, and everything goes by value.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cluster.wire.messages import Source


def of_this_process() -> Source:
    """The main module of this process, as Ms import it."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    file = getattr(main, "__file__", None)
    module = spec.name if spec is not None and file is not None else ""
    path = os.path.abspath(file) if file is not None and os.path.isfile(file) and file.endswith(".py") else ""
    if not path or _is_command(main):
        module = path = ""
    return _source(path, module if path else "", sys.argv, _search_path())


def of_file(path: Path, arguments: Sequence[str]) -> Source:
    """A program file, run with arguments: as `python FILE ARGS` would see it."""
    full = path.resolve()
    return _source(str(full), "", [str(path), *arguments], [str(full.parent), *_search_path()[1:]])


def _is_command(main: object) -> bool:
    """Whether the main module is a launcher of somebody else's code, as pytest: then its functions go by value."""
    return getattr(main, "__package__", None) in ("pytest", "_pytest", "IPython", "ipykernel")


def _search_path() -> list[str]:
    return [os.path.abspath(entry) for entry in sys.path]


def _source(path: str, module: str, argv: Sequence[str], search: Sequence[str]) -> Source:
    return Source(path, module, tuple(argv), tuple(search), os.getcwd(), os.environ.get("GODEBUG", ""))
