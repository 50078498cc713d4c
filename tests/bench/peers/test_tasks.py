"""What the workers do."""

from cluster.bench.peers import tasks


def test_calls_of_counts_all_calls_of_a_naive_fibonacci() -> None:
    calls = 0

    def naive(n: int) -> int:
        nonlocal calls
        calls += 1
        return n if n < 2 else naive(n - 1) + naive(n - 2)

    for n in range(12):
        calls = 0
        assert naive(n) == tasks.fibonacci(n)
        assert calls == tasks.calls_of(n)


def test_a_rate_is_of_cpu_time_and_positive() -> None:
    assert tasks.loops_per_ms(100_000) > 0
