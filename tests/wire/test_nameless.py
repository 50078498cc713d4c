"""What a client has by name and others would not find by it."""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

import cluster.model.errors
from cluster.wire.nameless import Nameless, found_again, names_under_guards

SCRIPT = """
    def before(): pass

    class Before:
        def method(self): pass

    if __name__ == "__main__":
        def guarded(): return 1

        class Guarded:
            def method(self): pass
            class Inner: pass

        try:
            async def tried(): pass
        except OSError:
            pass
        for _ in range(1):
            def looped():
                def not_bound(): pass

    def after(): pass

    if before:
        def of_another_condition(): pass
"""
MAIN = "nameless_main"


@pytest.fixture
def main(tmp_path: Path) -> Iterator[ModuleType]:
    """A script that runs, as this process has it."""
    module = ModuleType(MAIN)
    path = tmp_path / "script.py"
    path.write_text(dedent(SCRIPT), "utf-8")
    module.__file__ = str(path)
    sys.modules[MAIN] = module
    code = compile(path.read_text("utf-8"), str(path), "exec")
    module.__name__ = "__main__"
    exec(code, module.__dict__)
    module.__name__ = MAIN
    for thing in vars(module).values():
        if callable(thing):
            thing.__module__ = MAIN
    yield module
    del sys.modules[MAIN]


def test_what_a_script_defines_under_its_guard_has_no_name_elsewhere(main: ModuleType) -> None:
    nameless = Nameless(MAIN)
    guarded = [name for name, thing in vars(main).items() if callable(thing) and thing in nameless]
    assert guarded == ["guarded", "Guarded", "tried", "looped"]


def test_the_names_are_those_of_its_blocks_and_not_of_what_these_define() -> None:
    assert list(names_under_guards(dedent(SCRIPT))) == ["guarded", "Guarded", "tried", "looped"]
    assert list(names_under_guards("if True:\n    def f(): pass\n")) == []


def test_a_main_file_without_a_guard_or_without_a_file_hides_nothing(main: ModuleType, tmp_path: Path) -> None:
    Path(str(main.__file__)).write_text("def guarded(): pass", "utf-8")
    assert main.guarded not in Nameless(MAIN)
    main.__file__ = str(tmp_path / "gone.py")
    assert main.guarded not in Nameless(MAIN)
    main.__file__ = None
    assert main.guarded not in Nameless(MAIN)


def test_values_are_nothing_to_be_named() -> None:
    nameless = Nameless("__main__")
    assert 3 not in nameless and [] not in nameless and None not in nameless


def test_what_is_installed_built_in_or_on_the_search_path_is_found_again() -> None:
    for module in (json, sys, cluster.model.errors, pytest):
        assert found_again(module), module
    assert all(thing not in Nameless("__main__") for thing in (int, json.dumps, cluster.model.errors.Panic, Path))


def test_a_module_that_no_import_would_find_hides_all_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "unfound.py"
    path.write_text("def work(): pass\nclass Point: pass\n", "utf-8")
    module = ModuleType("package_of_nowhere.unfound")
    module.__file__ = str(path)
    exec(path.read_text("utf-8"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    nameless = Nameless("__main__")
    assert module.work in nameless and module.Point in nameless


def test_a_module_whose_name_leads_to_another_file_hides_all_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twin.py").write_text("def work(): pass", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    twin = import_module("twin")
    assert twin.work not in Nameless("__main__")
    twin.__file__ = str(tmp_path / "elsewhere" / "twin.py")
    assert twin.work in Nameless("__main__")
    monkeypatch.delitem(sys.modules, "twin")
