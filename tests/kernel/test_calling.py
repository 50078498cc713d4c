"""Functions of the runtime that call the program's are known by their code."""

from cluster.kernel import errgroup, once, promise, stack, tasks, waitgroup
from cluster.kernel.calling import CALLS_OUT, calls_out


def test_a_function_that_calls_out_is_itself_and_its_code_is_known() -> None:
    def fn() -> int:
        return 3

    assert calls_out(fn) is fn and fn() == 3 and fn.__code__ in CALLS_OUT
    CALLS_OUT.discard(fn.__code__)
    assert (lambda: 0).__code__ not in CALLS_OUT


def test_all_that_call_a_programs_functions_are_among_them() -> None:
    known = {(code.co_filename, code.co_name) for code in CALLS_OUT}
    ours = {
        (waitgroup.__file__, "_member"),
        (errgroup.__file__, "_member"),
        (once.__file__, "do"),
        (stack.__file__, "_call"),
        (stack.__file__, "_trampoline"),
        (promise.__file__, "_keep"),
        (tasks.__file__, "run_task"),
        (tasks.__file__, "_finished"),
        (tasks.__file__, "run_chunk"),
        (tasks.__file__, "_awaited"),
    }
    assert known == ours
