"""Timers, tickers and functions that wait for their time are no goroutines."""

from cluster import Ticker, Timer, after_func, num_goroutine


async def main():
    kept = [Ticker(3600), Timer(3600), after_func(3600, print)]
    print(await num_goroutine())
    assert len(kept) == 3
