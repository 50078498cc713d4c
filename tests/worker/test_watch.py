"""What the main thread does, seen from another."""

import threading
from collections.abc import Callable

from worker.watch import MainThread

PERIOD_S = 0.05


def seen_during(act: Callable[[threading.Event], None]) -> MainThread:
    """Two looks of another thread, and a mark between them, while this one acts."""
    main, over = MainThread({threading.__file__}), threading.Event()

    def looks() -> None:
        pause.wait(PERIOD_S)
        main.look()
        main.mark()
        pause.wait(PERIOD_S)
        main.look()
        over.set()

    pause = threading.Event()
    thread = threading.Thread(target=looks)
    thread.start()
    act(over)
    thread.join()
    return main


def computes(over: threading.Event) -> None:
    while not over.is_set():
        sum(range(1000))


def test_one_that_waits_is_blocked() -> None:
    """It may have waited for a core before it came to that, and then computed in the second period: once more."""
    while not (main := seen_during(lambda over: over.wait() and None)).blocked:
        pass
    assert main.computed_ns < PERIOD_S * 1e9 / 3


def test_one_that_computes_is_not() -> None:
    """A process that stood still for most of the period has computed in none of its threads: once more."""
    while (main := seen_during(computes)).blocked:
        pass
    assert main.computed_ns > 0


def test_one_that_comes_out_of_its_call_has_moved() -> None:
    main = MainThread(())
    main.mark()
    assert main.has_moved, "the next line is another place"
    seen: list[bool] = []
    over = threading.Event()

    def looks() -> None:
        main.mark()
        seen.append(main.has_moved)
        over.set()

    thread = threading.Thread(target=looks)
    thread.start()
    thread.join()
    assert seen == [False] and over.is_set() and main.has_moved
