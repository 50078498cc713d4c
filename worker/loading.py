"""Imports a program's main file, under a name of its own, as the module that its goroutines name.

Each program gets a fresh module, so that a second run of an edited file sees the edit; so do the
modules that it imports from outside of the installed packages, when no other program is running.
Source of the idea: multiprocessing's spawn, which imports the main file as `__mp_main__`.
"""

import importlib.abc
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from cluster.kernel.sched import current_goroutine
from cluster.launch import premises
from cluster.launch.depot import Depot
from cluster.model.errors import ClusterError
from cluster.model.ids import ProgramId
from cluster.wire.messages import Source
from cluster.wire.pickling import MAIN_PREFIX
from worker.argv import ProgramArgv
from worker.core.programs import LoadError

_INSTALLED: Final = ("site-packages", "dist-packages")


class FileLoader:
    """The `Loader` of a real process."""

    def __init__(self, directory: Path | None = None) -> None:
        """`directory` is that of the cluster, if all its processes share one."""
        self._directory: Final = directory
        self._ours: Final = dict.fromkeys(sys.modules)  # imported before any program: never imported anew
        self._path: Final = list(sys.path)
        self._argv: Final[dict[ProgramId, list[str]]] = {}
        self._loading: ProgramId | None = None

    def load(self, program: ProgramId, source: Source, by_path: bool, alone: bool) -> str:
        """See `Loader`."""
        self._argv[program] = list(source.argv)
        sys.argv = ProgramArgv(self._arguments)  # type: ignore[assignment]  # a list in all but its type
        if alone:
            self._forget_modules()
            sys.path[:] = self._path
            if os.path.isdir(source.cwd):
                os.chdir(source.cwd)
        entries = [entry for entry in source.sys_path if "\0" not in entry]  # such a one would end every import here
        sys.path[:] = [*entries, *(entry for entry in sys.path if entry not in entries)]
        self._loading = program
        try:
            return self._load(program, source, by_path)
        finally:
            self._loading = None

    def depot(self, name: str) -> Depot | None:
        """See `Loader`."""
        if self._directory is None:
            return None
        try:
            return Depot(premises.find(self._directory, name), once=False)
        except ClusterError:  # its client has gone meanwhile
            return None

    def _load(self, program: ProgramId, source: Source, by_path: bool) -> str:
        name = f"{MAIN_PREFIX}{program}__"
        module = ModuleType(name)
        sys.modules[name] = module
        try:
            self._execute(module, source)
        except LoadError:
            del sys.modules[name]
            raise
        if by_path and not callable(getattr(module, "main", None)):
            del sys.modules[name]
            raise LoadError(
                f"error: {source.path} has no function `main`: a program needs `async def main():` or `def main():` "
                f"at its top level.\n"
            )
        return name

    def _execute(self, module: ModuleType, source: Source) -> None:
        if not source.path and not source.module:
            return  # a REPL or a notebook: everything goes by value
        try:
            code = self._code(module, source)
            exec(code, module.__dict__)  # this is what importing a file is
        except BaseException as error:
            raise LoadError(_report(source, error)) from error

    def _code(self, module: ModuleType, source: Source) -> CodeType:
        module.__file__ = source.path
        if source.module:
            spec = importlib.util.find_spec(source.module)
            loader = spec.loader if spec is not None else None
            code = loader.get_code(source.module) if isinstance(loader, importlib.abc.InspectLoader) else None
            if spec is None or code is None:
                raise ImportError(f"no code for module {source.module}")
            module.__package__, module.__spec__ = spec.parent, spec
            return code
        with open(source.path, "rb") as file:
            return compile(file.read(), source.path, "exec", dont_inherit=True)

    def _forget_modules(self) -> None:
        """Forget what earlier programs imported, unless it is installed: it may have been edited since."""
        places = [(name, _place(module)) for name, module in list(sys.modules.items()) if name not in self._ours]
        for name, place in places:
            if place and not place.startswith(sys.base_prefix) and not any(part in place for part in _INSTALLED):
                del sys.modules[name]
        importlib.invalidate_caches()

    def forget(self, program: ProgramId) -> None:
        """See `Loader`."""
        sys.modules.pop(f"{MAIN_PREFIX}{program}__", None)
        self._argv.pop(program, None)

    def _arguments(self) -> list[str]:
        """Of the program that is executing, or being imported."""
        g = current_goroutine()
        program = self._loading if g is None else g.program.id
        return self._argv.get(program, []) if program is not None else []


def _place(module: ModuleType) -> str:
    """Where it is from; "" when it is built in. A package without a file has its first directory."""
    if file := getattr(module, "__file__", None):
        return str(file)
    return next((str(part) for part in getattr(module, "__path__", ())), "")


def _report(source: Source, error: BaseException) -> str:
    """What the user reads when the main file cannot be imported: Python's report, from the file on."""
    if isinstance(error, SyntaxError):
        lines = traceback.format_exception_only(error)
    else:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        lines = traceback.format_exception(type(error), error, frames)
    return f"error: {source.path or source.module} cannot be imported:\n{''.join(lines)}"
