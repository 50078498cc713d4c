"""Code by name: which code of which module, and proof that it is the same on both sides.

Name.       (module, top, nth, path, digest, file). `top` is the qualified name of a function in the module,
            `nth` which of the functions behind it when it is decorated, `path` the way from there down
            through the constants of the code, where nested functions, lambdas and comprehensions are.
            With top "" the path begins at the module's own code, compiled anew from its source: so are
            found lambdas and what a decorator hides. Module "" is the program's main file, which has
            another name on every M.
Digest.     Bytecode, constants, names, exception table, flags, first line, version of Python. A suspended
            frame is a position in bytecode: in any other it would crash. `file` is for the message.
Functions.  A nested function is (its code, its cells): cells are shared with the frame and with each
            other by identity. Its globals are those of the module on the reader's side. Annotations
            stay behind.
Bounds.     Names and functions are kept for as long as the program: as many as it has code objects.
Rejected.   A hash of marshal.dumps(code): it depends on reference counts. Code itself on the wire: bigger
            than all the rest of a goroutine, and cloudpickle must then copy its globals.
"""

import sys
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from hashlib import blake2b
from importlib import import_module
from importlib.abc import InspectLoader
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from cluster.model.errors import CannotShipError
from cluster.wire import frame, rebuilding

CodeRef = tuple[str, str, int, tuple[int, ...], bytes, str]
Globals = dict[str, Any]

_DIGEST_BYTES: Final = 8
_BEHIND_MAX: Final = 20  # decorators on one function; a chain of __wrapped__ may be a circle
_LOCALS: Final = ".<locals>"
_OWN_ATTRIBUTES: Final = ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__")


class NoNameError(Exception):
    """A function has no name by which another process would find it: it can go by value only."""


def frame_of(ref: CodeRef) -> object:
    """What a pickled coroutine calls when it is read. Replaced by the reader's own: see `Codes.makers`."""
    raise CannotShipError(f"a coroutine of {ref[1]} was read by plain pickle: it can only be sent through the runtime")


def function_of(ref: CodeRef, cells: tuple[CellType, ...] | None) -> FunctionType:
    """What a pickled nested function calls when it is read. Replaced by the reader's own."""
    raise CannotShipError(f"a function of {ref[1]} was read by plain pickle: it can only be sent through the runtime")


def main_module() -> ModuleType:
    """What the program's main module calls when it is read. Replaced by the reader's own."""
    raise CannotShipError("the main module of a program was read by plain pickle")


class Codes:
    """The code of one program in this process, by name.

    `main` is this process's name for its main module; `main_by_value` when others have no such file.
    """

    def __init__(self, main: str, *, main_by_value: bool = False) -> None:
        self._main: Final = main
        self._main_by_value: Final = main_by_value
        self._refs: dict[int, tuple[CodeType, CodeRef]] = {}  # by address: hashing code is slow
        self._functions: dict[CodeRef, FunctionType] = {}
        self._trees: dict[str, dict[tuple[int, ...], CodeType]] = {}
        # What reads names is called under these names in the pickle.
        self.makers: Final[dict[str, Callable[..., object]]] = {
            "frame_of": self.frame_of,
            "function_of": self.function_of,
            "main_module": self.main_module,
        }

    # -- writing

    def ref(self, function: FunctionType) -> CodeRef:
        """The name of a function's code; NoNameError when it has none."""
        known = self._refs.get(id(function.__code__))
        if known is not None:
            return known[1]
        code = function.__code__
        name = function.__globals__.get("__name__")
        module = sys.modules.get(name) if isinstance(name, str) else None
        is_here = module is not None and module.__dict__ is function.__globals__
        if module is None or not is_here or (name == self._main and self._main_by_value):
            raise NoNameError(f"{code.co_qualname} is of no module that can be imported")
        ref = self._search(code, module.__name__)
        self._refs[id(code)] = code, ref
        return ref

    def _search(self, code: CodeType, module: str) -> CodeRef:
        wire_name = "" if module == self._main else module
        top = code.co_qualname.split(_LOCALS)[0]
        for nth, function in enumerate(functions_behind(attribute(sys.modules[module], top))):
            path = next((path for path, inner in walk(function.__code__) if inner is code), None)
            if path is not None:
                return wire_name, top, nth, path, digest(code), code.co_filename
        for path, inner in self._tree(module).items():
            if inner == code:
                return wire_name, "", 0, path, digest(code), code.co_filename
        raise NoNameError(f"{code.co_qualname} is not found in the source of {module}")

    def _tree(self, module: str) -> dict[tuple[int, ...], CodeType]:
        """All code objects of a module's source, by path."""
        if module not in self._trees:
            code = _code_of(sys.modules[module])
            self._trees[module] = dict(walk(code)) if code is not None else {}
        return self._trees[module]

    # -- reading

    def frame_of(self, ref: CodeRef) -> object:
        """An empty coroutine, generator or async generator of that code."""
        function = self._functions.get(ref)
        return frame.primitives.alloc(self.function(ref) if function is None else function)

    def function_of(self, ref: CodeRef, cells: tuple[CellType, ...] | None) -> FunctionType:
        """A function of that code over these cells."""
        model = self.function(ref)
        return FunctionType(model.__code__, model.__globals__, model.__code__.co_name, None, cells)

    def main_module(self) -> ModuleType:
        """The program's main module."""
        return sys.modules[self._main]

    def function(self, ref: CodeRef) -> FunctionType:
        """Some function of that code; CannotShipError when this process has no such code, or another."""
        function = self._functions.get(ref)
        if function is not None:
            return function
        name, top, nth, path, theirs, file = ref
        module = sys.modules.get(name or self._main) or import_module(name)
        code = self._find(module, top, nth, path)
        if code is None or digest(code) != theirs:
            ours = code.co_filename if code is not None else getattr(module, "__file__", None) or module.__name__
            raise CannotShipError(
                f"the code of {top or 'a function'} in {file}, where the goroutine comes from, is not that of {ours} "
                f"here. A started goroutine goes on in the middle of its code, which must be the same everywhere. "
                f"Give all workers the same source files, and the same version of Python."
            )
        cells = tuple(CellType() for _ in code.co_freevars) or None
        function = self._functions[ref] = FunctionType(code, module.__dict__, code.co_name, None, cells)
        return function

    def _find(self, module: ModuleType, top: str, nth: int, path: tuple[int, ...]) -> CodeType | None:
        if not top:
            return self._tree(module.__name__).get(path)
        behind = functions_behind(attribute(module, top))
        code: object = behind[nth].__code__ if nth < len(behind) else None
        for step in path:
            code = code.co_consts[step] if isinstance(code, CodeType) and step < len(code.co_consts) else None
        return code if isinstance(code, CodeType) else None


def nested_function(function: FunctionType, codes: Codes) -> tuple[object, ...] | None:
    """How a function is written whose code has a name, though it has none itself; None when the code has none."""
    try:
        ref = codes.ref(function)
    except NoNameError:
        return None
    model = codes.function_of(ref, function.__closure__)
    own = {name: getattr(function, name) for name in _OWN_ATTRIBUTES}
    differing = {name: value for name, value in own.items() if value != getattr(model, name)}
    state = (differing, function.__dict__) if differing or function.__dict__ else None
    # The cells come with the function, before its state, and by identity: a frame may share them.
    return function_of, (ref, function.__closure__), state, None, None, rebuilding.fill_function


def cell(obj: CellType) -> tuple[object, ...]:
    """How a variable of a closure is written: first the cell, which may be part of a circle, then its contents."""
    try:
        contents = (obj.cell_contents,)
    except ValueError:  # it is empty
        return rebuilding.cell, ()
    return rebuilding.cell, (), contents, None, None, rebuilding.fill_cell


def attribute(module: object, qualname: str) -> object:
    """What has that qualified name, descriptors as they are; None when nothing has."""
    found, owner = module, ""
    for part in qualname.split("."):
        is_private = part.startswith("__") and not part.endswith("__") and owner != ""
        name = f"_{owner.lstrip('_')}{part}" if is_private else part  # as the compiler writes it
        space = getattr(found, "__dict__", None)
        found, owner = space.get(name) if space is not None else None, part
    return found


def functions_behind(named: object) -> list[FunctionType]:
    """The plain functions behind a method, a property or a decorated function, outermost first. Runs no user code."""
    found: list[FunctionType] = []
    for _ in range(_BEHIND_MAX):
        if isinstance(named, FunctionType):
            found.append(named)
            named = named.__dict__.get("__wrapped__")
        elif isinstance(named, staticmethod | classmethod | MethodType):
            named = named.__func__
        elif isinstance(named, property):
            found += [f for f in (named.fget, named.fset, named.fdel) if isinstance(f, FunctionType)]
            return found
        elif isinstance(named, partial | cached_property):
            named = named.func
        else:
            space = getattr(named, "__dict__", None)
            named = space.get("__wrapped__") if isinstance(space, dict) else None
        if named is None:
            break
    return found


def walk(code: CodeType, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], CodeType]]:
    """`code` and all code objects below it, with the way to each through the constants."""
    yield path, code
    for i, inner in enumerate(code.co_consts):
        if isinstance(inner, CodeType):
            yield from walk(inner, (*path, i))


def digest(code: CodeType) -> bytes:
    """Equal for equal code on all machines and in all runs; computed once for each code object of a program."""
    state = blake2b(sys.version.encode(), digest_size=_DIGEST_BYTES)
    for part in _parts(code):
        state.update(part)
    return state.digest()


def _parts(constant: object) -> Iterator[bytes]:
    if isinstance(constant, CodeType):
        code = constant
        yield code.co_code
        yield code.co_exceptiontable
        names = code.co_qualname, code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars
        counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_stacksize
        yield repr((names, counts, code.co_flags, code.co_firstlineno)).encode()
        for inner in code.co_consts:
            yield from _parts(inner)
    elif isinstance(constant, tuple):
        yield b"("
        for inner in constant:
            yield from _parts(inner)
        yield b")"
    elif isinstance(constant, frozenset):  # whose order differs between processes
        yield repr(sorted(map(repr, constant))).encode()
    else:
        yield f"{type(constant).__name__} {constant!r}".encode("utf-8", "surrogatepass")


def _code_of(module: ModuleType) -> CodeType | None:
    """The code of a module, from its loader or, as of a main file, compiled anew; None when there is no source."""
    spec = module.__spec__
    try:
        if spec is not None and isinstance(spec.loader, InspectLoader):
            return spec.loader.get_code(spec.name)
        if module.__file__ is None:
            return None
        with open(module.__file__, "rb") as source:
            return compile(source.read(), module.__file__, "exec", dont_inherit=True)
    except (ImportError, OSError, SyntaxError, ValueError, AttributeError):
        return None
