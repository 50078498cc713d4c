"""INVENTORY.md answers for Go's own tests, and what it names exists."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

from tests.golang.corpus import ROOT, names

PROJECT: Final = ROOT.parent.parent


def rows() -> list[tuple[str, str]]:
    """The rows of all tables: a test of Go, and the answer."""
    text = (ROOT / "INVENTORY.md").read_text("utf-8")
    found = re.findall(r"^\| ([^|]+) \| ([^|]*) \|$", text, re.MULTILINE)
    return [row for row in found if row[0] != "---" and not row[1].startswith("ours, or")]


@cache
def functions(path: Path) -> frozenset[str]:
    """The functions of a file; none when there is no such file."""
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    )


def exists(name: str) -> bool:
    path, colons, test = name.partition("::")
    return test in functions(PROJECT / path) if colons else name in names()


def test_every_test_that_the_inventory_names_exists() -> None:
    named = [name for _, answer in rows() for name in re.findall(r"`([^`\s]+/[^`\s]+)`", answer)]
    assert len(named) > 150
    assert [name for name in named if not exists(name)] == []


def test_every_test_of_go_has_an_answer_and_none_stands_there_twice() -> None:
    assert [test for test, answer in rows() if not answer.strip()] == []
    tests = [test for test, _ in rows()]
    assert [test for test in tests if tests.count(test) > 1] == []
