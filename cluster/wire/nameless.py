"""What a client has by name and other processes would not find by it: it goes by value.

Guarded.    What a script defines under `if __name__ == "__main__":` is there in the process that runs the script
            only: whoever imports the file passes the guard by.
Unfound.    A module that is loaded and that no import would find again: a test file under pytest's import mode
            `importlib`, a file that was executed by its path, a module made by hand.
Cost.       A look into a dictionary for each function or class; a parse of the main file only if it has a guard, and
            something below the guard is asked for.
Unlike.     multiprocessing's spawn fails at both, in the other process.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib.machinery import ModuleSpec
from pathlib import Path
from sysconfig import get_paths
from types import FunctionType, ModuleType
from typing import Final

_INSTALLED: Final = tuple({get_paths()[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")})
_GUARD: Final = re.compile(r"^if\b.*\b__name__\b", re.MULTILINE)


class Nameless:
    """Which functions and classes of this process have no name elsewhere. `main`: its name for the main file."""

    def __init__(self, main: str) -> None:
        self._main: Final = main
        self._unfound: dict[str, bool] = {}

    def __contains__(self, obj: object) -> bool:
        """Whether this function or class is to go by value though it has a name here."""
        if not isinstance(obj, FunctionType | type):
            return False
        module = obj.__module__
        if module == self._main:
            return self._is_guarded(obj)
        unfound = self._unfound.get(module)
        if unfound is None:
            unfound = self._unfound[module] = module in sys.modules and not found_again(sys.modules[module])
        return unfound

    def _is_guarded(self, obj: FunctionType | type) -> bool:
        if self._guard is None:
            return False
        text, line = self._guard
        if isinstance(obj, FunctionType) and obj.__code__.co_firstlineno < line:
            return False  # the usual script, and no parse for it
        return obj.__qualname__.split(".")[0] in self._guarded(text)

    @cached_property
    def _guard(self) -> tuple[str, int] | None:
        """The text of the main file, and the line of its first guard."""
        file = getattr(sys.modules.get(self._main), "__file__", None)
        try:
            text = Path(file).read_text("utf-8") if file is not None else ""
        except (OSError, UnicodeError):
            return None  # then nobody else can read it either: what follows says so
        found = _GUARD.search(text)
        return (text, text.count("\n", 0, found.start()) + 1) if found else None

    def _guarded(self, text: str) -> frozenset[str]:
        if "_names" not in self.__dict__:
            self._names = frozenset(names_under_guards(text))
        return self._names


def names_under_guards(text: str) -> Iterator[str]:
    """Functions and classes that a source file defines under an `if` about `__name__`."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.If) and any(
            isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test)
        ):
            yield from _defined(node)


def _defined(node: ast.AST) -> Iterator[str]:
    """Names of this block, and of blocks in it; not of functions and classes in it."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inner.name
        else:
            yield from _defined(inner)


def found_again(module: ModuleType) -> bool:
    """Whether an import of this name in a fresh process, with our search path, would come to the same file."""
    file = getattr(module, "__file__", None)
    if not file:
        return module.__name__ in sys.builtin_module_names or getattr(module, "__spec__", None) is not None
    if file.startswith(_INSTALLED):
        return True  # the usual case, without a look at any directory
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    parts = module.__name__.split(".")
    for depth in range(1, len(parts) + 1):
        spec = _search(".".join(parts[:depth]), path)
        path = list(spec.submodule_search_locations or ()) if spec is not None else []
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == Path(file).resolve()


def _search(name: str, path: list[str] | None) -> ModuleSpec | None:
    """What an import would find; `importlib.util.find_spec` says what is loaded already."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None
