"""Which arguments are written to files, once each, and when these go."""

import pickle
from pathlib import Path

import pytest

numpy = pytest.importorskip("numpy")
arrays = pytest.importorskip("cluster.joblib.arrays", exc_type=ImportError)


def sum_of(array: object) -> object:
    return array


def test_large_arrays_are_mapped_once_and_all_else_goes_as_it_is(tmp_path: Path) -> None:
    large, small, words = numpy.arange(1000.0), numpy.arange(3.0), numpy.array(["a"] * 1000, dtype=object)
    call = arrays.Arrays(800, "r", str(tmp_path))
    tasks = call.replaced([(sum_of, (large, small), {"words": words, "also": large}), (sum_of, (large, 7), {})])
    (fn, (first, kept), named), (_, (again, number), _) = tasks
    assert fn is sum_of and kept is small and named["words"] is words and number == 7
    assert first is again is named["also"]
    read = pickle.loads(pickle.dumps(first))
    assert type(read) is numpy.memmap and not read.flags.writeable
    assert (read == large).all()
    assert len(list(tmp_path.rglob("*"))) == 2  # a folder, and one file
    call.close()
    assert list(tmp_path.iterdir()) == []
    assert (read == large).all()  # who has mapped it still sees it


def test_a_call_without_large_arrays_makes_no_folder(tmp_path: Path) -> None:
    call = arrays.Arrays(1 << 20, "r", str(tmp_path))
    assert call.replaced([(sum_of, (numpy.zeros(8),), {})])[0][1][0].shape == (8,)
    assert list(tmp_path.iterdir()) == []
    call.close()


def test_what_is_mapped_already_is_not_written_again(tmp_path: Path) -> None:
    call = arrays.Arrays(1, "r", str(tmp_path))
    mapped = pickle.loads(pickle.dumps(call.replaced([(sum_of, (numpy.zeros(100),), {})])[0][1][0]))
    assert not arrays.is_array(mapped)
    call.close()


def test_the_files_go_where_joblib_is_told_to_put_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    call = arrays.Arrays(1, "r", None)
    call.replaced([(sum_of, (numpy.zeros(100),), {})])
    assert len(list(tmp_path.iterdir())) == 1
    call.close()
