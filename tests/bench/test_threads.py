"""The kernel's account, read from a directory that looks like /proc."""

from pathlib import Path

from cluster.bench.threads import Used, busy_by_core, children_of, describe, read

NURSERY, M0, M1, COORDINATOR = 10, 11, 12, 20


def thread(proc: Path, pid: int, tid: int, schedstat: str, children: str = "") -> None:
    directory = proc / str(pid) / "task" / str(tid)
    directory.mkdir(parents=True)
    (directory / "schedstat").write_text(schedstat)
    (directory / "children").write_text(children)


def cluster(proc: Path) -> None:
    thread(proc, NURSERY, NURSERY, "900 0 1", f"{M0} ")
    thread(proc, NURSERY, 13, "5 0 1", f"{M1} ")  # a child of another of its threads
    thread(proc, M0, M0, "100 7 1")
    thread(proc, M0, 14, "3 50 1")
    thread(proc, M1, M1, "200 9 1")
    thread(proc, COORDINATOR, COORDINATOR, "40 1 1")


def test_main_threads_of_ms_are_told_from_all_others(tmp_path: Path) -> None:
    cluster(tmp_path)
    assert sorted(children_of(NURSERY, tmp_path)) == [M0, M1]
    used = read(NURSERY, [COORDINATOR], tmp_path)
    assert used == Used(main_cpu_ns=300, main_kept_ns=16, helpers_cpu_ns=43, ms=2)


def test_what_came_between_two_readings_is_their_difference(tmp_path: Path) -> None:
    cluster(tmp_path)
    before = read(NURSERY, [COORDINATOR], tmp_path)
    (tmp_path / str(M0) / "task" / str(M0) / "schedstat").write_text("150 17 2")
    used = read(NURSERY, [COORDINATOR], tmp_path).since(before)
    assert used == Used(50, 10, 0, 2)
    assert Used(**describe(used)) == used


def test_processes_that_are_gone_and_kernels_that_do_not_tell_count_nothing(tmp_path: Path) -> None:
    assert read(NURSERY, [COORDINATOR], tmp_path) == Used(0, 0, 0, 0)
    thread(tmp_path, NURSERY, NURSERY, "", str(M0))
    assert read(NURSERY, [], tmp_path) == Used(0, 0, 0, 1)
    assert busy_by_core(tmp_path) == []


def test_a_core_is_at_work_but_for_idle_and_waiting_for_a_disk(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(
        "cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 1 2 3 90 80 4 5 6 7 7\ncpu1 0 0 0 5 0 0 0 0 0 0\nintr 1\n"
    )
    first, second = busy_by_core(tmp_path)
    assert (first, second) == (21 * 10_000_000, 0)  # guest time is in user time already
