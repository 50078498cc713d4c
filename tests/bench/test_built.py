"""Compilers that are missing, broken or slow: each time the text says what is left out."""

import os
from pathlib import Path

import pytest

from cluster.bench import built
from cluster.bench.sampling import UnavailableError


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH, to put tools on."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def put(directory: Path, name: str, script: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_without_compilers_their_rungs_are_left_out(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no C compiler .* the floor in C is left out"):
        built.floor(tmp_path)
    with pytest.raises(UnavailableError, match="no go is on the PATH: the rungs in Go are left out"):
        built.native(tmp_path)


def test_a_compiler_that_fails_is_quoted(tools: Path, tmp_path: Path) -> None:
    put(tools, "gcc", "echo 'first' >&2; echo 'no such header' >&2; exit 1")
    with pytest.raises(UnavailableError, match="gcc fails, and the floor in C is left out: no such header"):
        built.floor(tmp_path)
    put(tools, "go", "exit 3")
    with pytest.raises(UnavailableError, match=r"go fails, and the rungs in Go are left out: .*3"):
        built.native(tmp_path)


def test_a_compiler_that_cannot_be_run_is_left_out_too(tools: Path, tmp_path: Path) -> None:
    (tools / "go").write_bytes(b"\x7fELF")
    os.chmod(tools / "go", 0o755)
    with pytest.raises(UnavailableError, match="go does not work"):
        built.native(tmp_path)


def test_the_program_is_in_the_directory(tools: Path, tmp_path: Path) -> None:
    put(tools, "cc", 'echo "$@" > ' + str(tmp_path / "arguments"))
    assert built.floor(tmp_path) == tmp_path / "floor"
    assert str(built.C_SOURCE) in (tmp_path / "arguments").read_text()
    assert built.go_environment(tmp_path)["GOCACHE"] == str(tmp_path / "cache")
