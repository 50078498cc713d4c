"""The rules of style that a program can check and no linter knows, over every Python file of the project.

A rule looks at one file and yields where it is broken and what to do. Each stands in RULES with a small
project that breaks it, where `# bad` marks the lines that it must find and no others, so that no rule
can stop working unseen. Formatter, linter, types and import contracts are `make lint`.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from tests.tidy.order import no_walk_over_a_set
from tests.tidy.source import (
    ROOT,
    Problem,
    Project,
    Source,
    aliases,
    dotted,
    functions,
    has_logic,
    imported,
    names_in,
    project_of,
    the_project,
)

PACKAGES = ("cluster", "coordinator", "worker")
CORES = ("cluster/kernel", "coordinator/core", "worker/core")  # what decides
MIRRORED = (*CORES, "cluster/model", "cluster/wire")  # a test file for each file, and a line in the package's map
UNTESTED = {"cluster/model/errors.py": "texts only: each is checked by the test of what raises it"}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
ESSAY_LINES_MIN, ESSAY_LINES_MAX = 5, 40
ESSAY_LABELS = ("Owner.", "Invariants.", "Order.", "Rejected.", "Unlike Go.", "Sources.")
NAMES_OF_NOTHING = ("common", "helper", "helpers", "manager", "managers", "util", "utils")


def files_are_short(source: Source, _: Project) -> Iterator[Problem]:
    lines = len(source.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield 1, f"{lines} lines, {FILE_LINES_MAX} is the end: find the second idea in it and move that out"


def functions_are_short(source: Source, _: Project) -> Iterator[Problem]:
    for function in functions(source.tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            what = f"{function.name} has {lines} lines, {FUNCTION_LINES_MAX} is the end"
            yield function.lineno, f"{what}: give a name to a part of it that computes and returns"


def files_have_telling_names(source: Source, _: Project) -> Iterator[Problem]:
    for part in PurePosixPath(source.path).with_suffix("").parts:
        for word in part.split("_"):
            if word in NAMES_OF_NOTHING:
                yield 1, f"{word!r} names nothing: name it for the idea in it"


def imports_stand_at_the_top(source: Source, _: Project) -> Iterator[Problem]:
    for function in functions(source.tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield (
                    node.lineno,
                    f"import inside {function.name}: import at the top; a cycle ends by moving a word down",
                )


def imports_are_not_for_the_type_checker_only(source: Source, _: Project) -> Iterator[Problem]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in names_in(node.test):
            yield node.lineno, "TYPE_CHECKING hides a cycle of imports: move the word that both need down"


def imports_are_declared(source: Source, _: Project) -> Iterator[Problem]:
    if PurePosixPath(source.path).parts[0] not in PACKAGES:
        return
    for node, module in imported(source.tree):
        top = module.partition(".")[0]
        if top in PACKAGES or top in sys.stdlib_module_names:
            continue
        if not any(spelled(name) in dependencies() for name in distributions().get(top, [top])):
            yield node.lineno, f"pyproject.toml knows no {top}: add the dependency, and say what it spares us"


def no_test_sleeps(source: Source, _: Project) -> Iterator[Problem]:
    if not is_test_without_processes(source):
        return
    meaning = aliases(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func, meaning) in ("time.sleep", "asyncio.sleep"):
            yield node.lineno, "a test sleeps: advance a fake clock, or wait for the event itself"


def no_test_opens_a_socket(source: Source, _: Project) -> Iterator[Problem]:
    if not is_test_without_processes(source):
        return
    for node, module in imported(source.tree):
        if module.partition(".")[0] in ("socket", "zmq"):
            yield node.lineno, f"{module} in a test: use a fake link, or move the test to tests/process/"


def sources_are_mirrored_by_tests(source: Source, project: Project) -> Iterator[Problem]:
    if source.folder not in MIRRORED or source.path in UNTESTED or not has_logic(source.tree):
        return
    test = mirror_of(source.path)
    if test not in project:
        yield 1, f"there is no {test}: write it"


def core_modules_open_with_an_essay(source: Source, _: Project) -> Iterator[Problem]:
    if source.folder not in CORES or source.stem == "__init__":
        return
    text = ast.get_docstring(source.tree)
    if text is None:
        yield 1, "a core module opens with an essay: style, section 4"
        return
    if not has_logic(source.tree):  # names and types: a sentence may do
        return
    lines = len(text.splitlines())
    if not ESSAY_LINES_MIN <= lines <= ESSAY_LINES_MAX:
        yield 1, f"the essay has {lines} lines: {ESSAY_LINES_MIN} to {ESSAY_LINES_MAX} say what the code cannot"
    labels = re.findall(r"^([A-Z][A-Za-z ]*\.)(?=\s+\S)", text, re.MULTILINE)
    known = [label for label in labels if label in ESSAY_LABELS]
    if len(labels) < 2 or not known:
        yield 1, f"the essay lacks paragraphs that open with {' '.join(ESSAY_LABELS)}: at least two that apply"
    if known != sorted(known, key=ESSAY_LABELS.index):
        yield 1, f"the essay says {' '.join(known)}: the order is {' '.join(ESSAY_LABELS)}"


def packages_have_a_map(source: Source, project: Project) -> Iterator[Problem]:
    if source.folder not in MIRRORED or source.stem != "__init__":
        return
    entries = re.findall(r"^(\w+)  +\S", ast.get_docstring(source.tree) or "", re.MULTILINE)
    modules = [other.stem for other in project.values() if other.folder == source.folder and other.stem != "__init__"]
    for module in sorted(set(modules) - set(entries)):
        yield 1, f"the map in the docstring has no line for {module}: add it"
    for entry in sorted(set(entries) - set(modules)):
        yield 1, f"the map in the docstring has a line for {entry}, which does not exist: take it out"


def cores_walk_no_set(source: Source, project: Project) -> Iterator[Problem]:
    if source.folder in CORES:
        yield from no_walk_over_a_set(source, project)


def mirror_of(path: str) -> str:
    """Where the tests of a file are: `tests/worker/core/test_runq.py`, or `tests/kernel/test_chan.py`."""
    folder, _, name = path.removeprefix("cluster/").rpartition("/")
    return f"tests/{folder}/test_{name}"


def is_test_without_processes(source: Source) -> bool:
    return source.path.startswith("tests/") and not source.path.startswith(("tests/process/", "tests/golang/"))


@cache
def distributions() -> Mapping[str, list[str]]:
    """The installed distributions, by the names that they are imported by."""
    return packages_distributions()


@cache
def dependencies() -> frozenset[str]:
    """The distributions that the project says it needs, to run or for an extra that is not for its own tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [needs for name, needs in project["optional-dependencies"].items() if name != "test"]
    needed = [text for needs in (project["dependencies"], *extras) for text in needs]
    return frozenset(spelled(re.split(r"[^\w.-]", text)[0]) for text in needed)


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


Rule = Callable[[Source, Project], Iterator[Problem]]

LONG_BODY = "    pass\n" * FUNCTION_LINES_MAX


def module_with(first: str, *essay: str) -> str:
    """A core module that decides something and opens with an essay of these lines."""
    return "\n".join((f'"""{first}', "", *essay, '"""', "def f():", "    return 1"))


ESSAY = ("Owner.      An M.", "Invariants. None.", "Order.      FIFO.")

# Each rule, and files that break it in the marked lines.
RULES: dict[Rule, dict[str, str]] = {
    files_are_short: {
        "cluster/long.py": "# bad\n" + "\n" * FILE_LINES_MAX,
        "cluster/short.py": "\n" * FILE_LINES_MAX,
    },
    functions_are_short: {
        "cluster/x.py": f"def long():  # bad\n{LONG_BODY}class C:\n  async def long(self):  # bad\n{LONG_BODY}",
        "cluster/y.py": "def short():\n" + LONG_BODY.replace("    pass\n", "", 1),
    },
    files_have_telling_names: {
        "cluster/utils.py": "# bad",
        "worker/socket_helpers.py": "# bad",
        "worker/common/x.py": "# bad",
        "worker/commonplace.py": "",
    },
    imports_stand_at_the_top: {
        "cluster/x.py": """
            import os
            def f():
                import sys  # bad
                if os:
                    async def g():
                        from sys import argv  # bad
            class C:
                import sys
        """,
    },
    imports_are_not_for_the_type_checker_only: {
        "cluster/x.py": """
            import typing
            from typing import TYPE_CHECKING
            if TYPE_CHECKING:  # bad
                from cluster import y
            if not typing.TYPE_CHECKING:  # bad
                y = None
        """,
    },
    imports_are_declared: {
        "worker/x.py": """
            import os.path
            import zmq.asyncio
            import cluster.model
            import pytest  # bad
            from nowhere.to import be_found  # bad
            from msgpack import packb
        """,
        "tests/x.py": "import pytest",
    },
    no_test_sleeps: {
        "tests/test_x.py": """
            import asyncio, time as t
            from time import sleep as rest
            from cluster import sleep
            async def test_x():
                t.sleep(1)  # bad
                rest(1)  # bad
                await asyncio.sleep(1)  # bad
                await sleep(1)
                t.monotonic()
        """,
        "tests/process/test_x.py": "import time\ntime.sleep(1)",
        "tests/golang/orders/blocks.py": "import time\ntime.sleep(1)",
        "worker/x.py": "import time\ntime.sleep(1)",
    },
    no_test_opens_a_socket: {
        "tests/test_x.py": """
            import json, socket  # bad
            import zmq.asyncio  # bad
            from zmq import Context  # bad
            import socketserver
        """,
        "tests/process/test_x.py": "import zmq",
        "worker/x.py": "import zmq",
    },
    sources_are_mirrored_by_tests: {
        "worker/core/runq.py": "def f(): # bad\n    return 1",
        "worker/core/ptable.py": "def f():\n    return 1",
        "tests/worker/core/test_ptable.py": "",
        "cluster/model/lease.py": "def f():\n    return 1",
        "tests/model/test_lease.py": "",
        "cluster/model/clock.py": "class Clock(Protocol):\n    def now(self):\n        ...",
        "cluster/model/errors.py": "def f():\n    return 1",
        "worker/loop.py": "def f():\n    return 1",
    },
    core_modules_open_with_an_essay: {
        "worker/core/none.py": "# bad\nx = 1",
        "worker/core/short.py": module_with("A queue. # bad", *ESSAY[:2]),
        "worker/core/long.py": module_with("A queue. # bad", *ESSAY, *["More."] * ESSAY_LINES_MAX),
        "worker/core/plain.py": module_with("A queue. # bad", *["Owners and orders."] * ESSAY_LINES_MIN),
        "worker/core/upside_down.py": module_with("A queue. # bad", *ESSAY, "Owner. Nobody."),
        "worker/core/good.py": module_with("A queue.", *ESSAY, "Sources.    proc.go."),
        "worker/core/words.py": '"""Commands of the core."""\nX = 1',
        "worker/loop.py": "def f(): return 1",
    },
    packages_have_a_map: {
        "worker/core/__init__.py": '"""Decisions. # bad\n\nrunq    a queue\nptable  the table of Ps\n"""',
        "worker/core/runq.py": "",
        "worker/core/spinning.py": "",
        "coordinator/core/__init__.py": '"""Decisions.\n\nrunq    a queue\n"""',
        "coordinator/core/runq.py": "",
        "cluster/kernel/__init__.py": "# bad",
        "cluster/kernel/g.py": "",
    },
    cores_walk_no_set: {
        "worker/core/x.py": """
            idle: set[int] = set()
            class Table:
                holders: Final[set[int]]
                order: list[int]
                def __init__(self, gs: frozenset[int], seen: dict[int, None]):
                    self.waiting = {1, 2}
                    for g in gs: pass  # bad
                    for g in seen: pass
                    for g in sorted(gs): pass
                    for w in self.waiting: pass  # bad
                    for h in self.order: pass
                def walk(self, gs):
                    for g in gs: pass
                    for i in idle | {3}: pass  # bad
                    first, *rest = self.holders  # bad
                    yield from self.holders  # bad
            def f(a: dict[int, int], b: dict[int, int], table):
                both = {*a, *b}
                x = [k for k in both]  # bad
                x = {k for k in both}
                x = any(k for k in both)
                x = max(k for k in both if k)
                x = list(a.keys() - b)  # bad
                x = list(a.keys())
                x = tuple(set(x))  # bad
                x = ",".join({"a"})  # bad
                x = [*table.holders]  # bad
                x = {*table.holders}
                x = both.pop()  # bad
                return len(both), 1 in both, a.pop()
        """,
        "worker/core/y.py": "def f(t):\n    for h in t.holders: pass  # bad",
        "coordinator/core/y.py": "def f(t):\n    for h in t.holders: pass",
        "worker/y.py": "for x in {1, 2}: pass",
    },
}


def named(rule: Rule) -> str:
    return rule.__name__


def broken(rule: Rule, project: Project) -> list[tuple[str, int, str]]:
    """Where a rule is broken: path, line, and what to do."""
    return sorted({(path, *problem) for path, source in project.items() for problem in rule(source, project)})


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_the_project_keeps(rule: Rule) -> None:
    found = broken(rule, the_project())
    if found:
        pytest.fail("\n".join(f"{path}:{line}: {what}" for path, line, what in found), pytrace=False)


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_project_that_breaks_it_is_found_by(rule: Rule) -> None:
    project = project_of({path: dedent(text) for path, text in RULES[rule].items()})
    marked = {
        (path, line)
        for path, source in project.items()
        for line, text in enumerate(source.text.splitlines(), 1)
        if "# bad" in text
    }
    assert marked
    assert {(path, line) for path, line, _ in broken(rule, project)} == marked


def test_the_project_is_not_empty() -> None:
    assert {"tests/test_tidy.py", "cluster/model/ids.py"} <= the_project().keys()


def test_whatever_is_exempt_from_a_test_of_its_own_exists_and_has_none() -> None:
    for path in UNTESTED:
        assert path in the_project(), f"{path} is gone: take it out of UNTESTED"
        assert mirror_of(path) not in the_project(), f"{path} has a test: take it out of UNTESTED"
