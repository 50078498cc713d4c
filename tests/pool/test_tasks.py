"""Which tasks leave when, and what becomes of those that an M died with."""

from cluster.model.clock import MILLISECOND
from cluster.model.errors import ClusterError
from cluster.pool.futures import Future
from cluster.pool.tasks import CARRIER_MAX, DEATHS_MAX, OUT_BYTES_MAX, OUT_MAX, OUT_MIN, WORK_NS, Task, Tasks


def task(data: bytes = b"", retries: int = 2, parks: bool = False) -> Task:
    return Future(b"f", data, retries, parks)


def blame(runs: int) -> ClusterError:
    return ClusterError(f"lost {runs} times")


def full(procs: int, n: int, parks: bool = False) -> tuple[Tasks, list[Task]]:
    """A pool with `n` tasks."""
    tasks, made = Tasks(procs), [task(parks=parks) for _ in range(n)]
    for one in made:
        tasks.add(one)
    return tasks, made


def leave(tasks: Tasks) -> list[Task]:
    return [one for _, carried in tasks.cut() for one in carried]


def end(tasks: Tasks, *ended: Task, ran_ns: int = MILLISECOND, size: int = 0) -> None:
    tasks.ended([one.number for one in ended], ran_ns * len(ended), size * len(ended))


def together(n: int) -> tuple[Tasks, int, list[Task]]:
    """A pool for one P, of which one carrier of `n` tasks is out; the number of that, and the tasks."""
    tasks, made = full(1, 2 + n)
    warm, rest = made[:2], made[2:]
    leave(tasks)
    end(tasks, *warm, ran_ns=1)
    tasks.done()
    left = [tasks._queue.popleft() for _ in rest]
    for one in left:
        assert one.set_running_or_notify_cancel()
        tasks._leaves(one)
    number, carried = tasks._carry(left)
    assert carried == rest
    return tasks, number, carried


def test_a_lone_task_leaves_by_itself_at_once() -> None:
    tasks, (one,) = full(2, 1)
    ((number, carried),) = tasks.cut()
    assert carried == [one] and number == one.number == one.carrier and one.running()
    assert tasks.cut() == [] and tasks.out == len(tasks) == 1


def test_of_a_burst_as_much_leaves_as_keeps_every_p_busy_and_the_rest_waits() -> None:
    tasks, made = full(2, 100)
    assert leave(tasks) == made[: 2 * OUT_MIN]
    end(tasks, *made[: 2 * OUT_MIN], ran_ns=WORK_NS // 10)
    assert leave(tasks) == made[2 * OUT_MIN : 2 * OUT_MIN + 20]


def test_of_tasks_that_take_no_time_only_so_many_are_out() -> None:
    tasks, made = full(1, 3 * OUT_MAX)
    leave(tasks)
    end(tasks, *made[:OUT_MIN], ran_ns=1)
    assert len(leave(tasks)) == OUT_MAX


def test_a_burst_is_shared_by_several_carriers_of_a_rings_size_at_most() -> None:
    tasks, made = full(2, 10_000)
    leave(tasks)
    end(tasks, *made[: 2 * OUT_MIN], ran_ns=1)
    sizes = [len(carried) for _, carried in tasks.cut()]
    assert max(sizes) <= CARRIER_MAX and len(sizes) >= 4
    numbers = [one.number for one in made if one.number]
    assert len(set(numbers)) == len(numbers)


def test_room_is_filled_when_there_is_some_for_several_or_for_all() -> None:
    tasks, made = full(1, 300)
    leave(tasks)
    end(tasks, *made[:2], ran_ns=WORK_NS // 100)
    out = leave(tasks)
    assert len(out) == 100
    end(tasks, *out[:10], ran_ns=WORK_NS // 100)
    assert leave(tasks) == []
    end(tasks, *out[10:25], ran_ns=WORK_NS // 100)
    assert len(leave(tasks)) >= 25


def test_tasks_that_can_wait_do_not_stand_in_the_way_of_others() -> None:
    tasks, _ = full(1, 1000, parks=True)
    assert len(leave(tasks)) == 1000
    tasks.add(one := task())
    assert leave(tasks) == [one]


def test_large_arguments_leave_as_far_as_there_is_room_and_large_results_are_few() -> None:
    tasks = Tasks(1)
    tasks._bytes = OUT_BYTES_MAX
    for _ in range(2):
        tasks.add(task(b"x"))
    assert len(leave(tasks)) == 1, "one leaves alone, however large"
    tasks, made = full(1, 5000)
    leave(tasks)
    end(tasks, *made[:2], ran_ns=1, size=4 * OUT_BYTES_MAX // 10)
    assert tasks.window <= 10


def test_a_limit_below_the_number_of_ps_bounds_what_is_out() -> None:
    tasks = Tasks(4, limit=1)
    for one in [task(), task(parks=True)]:
        tasks.add(one)
    assert len(leave(tasks)) == 1 and leave(tasks) == []
    assert Tasks(4, limit=9).window == Tasks(4).window


def test_a_task_that_was_cancelled_in_the_queue_never_leaves() -> None:
    tasks, made = full(1, 3)
    assert made[1].cancel()
    assert leave(tasks) == [made[0], made[2]] and made[1].cancelled()


def test_what_ends_twice_ends_once() -> None:
    tasks, (one,) = full(1, 1)
    leave(tasks)
    assert tasks.ended([one.number], 5, 0) == [one]
    assert tasks.ended([one.number], 5, 0) == [None] and len(tasks) == 0


def test_a_carrier_is_told_of_when_all_that_it_carried_has_ended() -> None:
    tasks, number, (first, second) = together(2)
    end(tasks, first)
    assert tasks.finished == 0
    end(tasks, second)
    assert tasks.finished == 1 and tasks.done() == (number,) and tasks.done() == ()


def test_what_died_with_an_m_is_run_again_alone_one_after_the_other() -> None:
    tasks, number, (first, second) = together(2)
    tasks.add(other := task())
    assert tasks.lost([number], [], blame) == [] and tasks.out == 0
    assert leave(tasks) == [first] and leave(tasks) == [], "nothing else beside a suspect on the only P"
    end(tasks, first)
    assert leave(tasks) == [second]
    end(tasks, second)
    assert leave(tasks) == [other]


def test_beside_a_suspect_the_other_ps_have_a_task_each() -> None:
    tasks, made = full(3, 20)
    carriers = tasks.cut()
    tasks.lost([carriers[0][0]], [], blame)
    for one in made[:5]:
        if one.number and not one.suspect:
            end(tasks, one)
    assert len([one for one in leave(tasks) if not one.suspect]) <= 2


def test_tasks_that_were_carried_and_are_elsewhere_are_not_lost() -> None:
    tasks, number, (first, second) = together(2)
    tasks.lost([number], [second.number], blame)
    assert tasks.out == 1
    end(tasks, second)
    assert leave(tasks) == [first]


def test_a_task_is_run_again_as_often_as_it_may_be() -> None:
    for retries, runs in ((0, 1), (1, 2), (2, 3), (9, DEATHS_MAX)):
        tasks, one, failed = Tasks(1), task(retries=retries), []
        tasks.add(one)
        for _ in range(runs):
            assert failed == []
            (left,) = leave(tasks)
            failed = tasks.lost([left.number], [], blame)
        assert [(t, str(e)) for t, e in failed] == [(one, f"lost {runs} times")] and len(tasks) == 0


def test_one_that_was_cancelled_while_it_was_out_is_not_run_again() -> None:
    tasks, (one,) = full(1, 1)
    leave(tasks)
    one.unwanted = True
    assert tasks.lost([one.number], [], blame) == [] and one.cancelled() and len(tasks) == 0


def test_with_its_program_all_that_was_out_is_run_again_but_one_that_was_alone() -> None:
    tasks, _ = full(1, 2)
    leave(tasks)
    assert tasks.over(blame) == [] and tasks.out == 0
    tasks, (one,) = full(1, 1)
    leave(tasks)
    assert [t for t, _ in tasks.over(blame)] == [one]


def test_a_pool_that_is_over_hands_out_all_its_tasks() -> None:
    tasks, made = full(1, 5)
    leave(tasks)
    assert sorted(map(id, tasks.clear())) == sorted(map(id, made)) and len(tasks) == 0
    tasks, made = full(1, 5)
    leave(tasks)
    tasks.cancel_queued()
    assert [one.cancelled() for one in made] == [False, False, True, True, True]


def test_one_that_is_not_wanted_any_more_since_it_was_lost_is_not_run_again() -> None:
    tasks, (first, second) = full(2, 2)
    leave(tasks)
    assert tasks.lost([first.number, second.number], [], blame) == []
    assert first.cancel(running=True) is False or first.unwanted
    first.unwanted = True
    assert leave(tasks) == [second] and first.cancelled() and not second.cancelled()


def test_a_lone_one_that_was_out_when_its_program_ended_is_to_blame_unless_an_m_has_died() -> None:
    for died in (False, True):
        tasks, (one,) = full(2, 1)
        leave(tasks)
        failed = tasks.over(blame, died)
        assert [task for task, _ in failed] == ([] if died else [one]) and leave(tasks) == ([one] if died else [])
