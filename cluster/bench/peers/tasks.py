"""What the workers do: nothing, next to nothing, a stretch of work, and counting what they were given."""

from time import thread_time_ns


def empty() -> None:
    """Nothing."""


def successor(i: int) -> int:
    """One more."""
    return i + 1


def spin(loops: int) -> None:
    """Work that allocates nothing and calls nobody: always the same for the same number."""
    for _ in range(loops):
        pass


def length(data: bytes) -> int:
    """How many bytes came."""
    return len(data)


def loops_per_ms(loops: int) -> float:
    """How many of these this process does in a millisecond of its thread's own CPU time."""
    began = thread_time_ns()
    spin(loops)
    return loops * 1e6 / (thread_time_ns() - began)


def calls_of(n: int) -> int:
    """How many calls a naive Fibonacci of `n` makes, its own included."""
    calls, before = 1, 1
    for _ in range(2, n + 1):
        calls, before = calls + before + 1, calls
    return calls


def fibonacci(n: int) -> int:
    """The n-th, for comparison with what a tree of tasks gave."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
