"""The Python files of the project, parsed, and what a rule looks for in one."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent.parent

Problem = tuple[int, str]  # the line, and what is wrong there and what to do
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `path` is relative to the project, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.path).parent)

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem


Project = Mapping[str, Source]


def project_of(texts: Mapping[str, str]) -> Project:
    """Files parsed, by path."""
    return {path: Source(path, text, ast.parse(text, path)) for path, text in texts.items()}


@cache
def the_project() -> Project:
    """Every Python file that is tracked, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [path for path in sorted(set(listing.split("\0"))) if path and (ROOT / path).is_file()]
    return project_of({path: (ROOT / path).read_text("utf-8") for path in paths})


def functions(tree: ast.AST) -> list[Function]:
    """Every function and method, those inside of others too."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def has_logic(tree: ast.Module) -> bool:
    """Whether any function of a module does something: constants, types and protocols do not."""
    return any(not is_declaration(statement) for function in functions(tree) for statement in function.body)


def is_declaration(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(ast.Constant()):  # a docstring, or `...`
            return True
    return False


def names_in(tree: ast.AST) -> list[str]:
    """Every variable and attribute that is mentioned."""
    nodes = list(ast.walk(tree))
    return [n.id for n in nodes if isinstance(n, ast.Name)] + [n.attr for n in nodes if isinstance(n, ast.Attribute)]


def imported(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every module that is imported, with the statement that does it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node, node.module


def aliases(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for: `{"t": "time", "sleep": "time.sleep"}`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def dotted(node: ast.expr, meaning: Mapping[str, str]) -> str:
    """The full name of what an expression refers to; empty when it is not a name."""
    match node:
        case ast.Name(name):
            return meaning.get(name, name)
        case ast.Attribute(value, attr):
            return f"{dotted(value, meaning)}.{attr}"
    return ""
