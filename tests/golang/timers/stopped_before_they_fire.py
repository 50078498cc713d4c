"""Functions whose timers are stopped in time never run; those that ran were not stopped."""

from cluster import WaitGroup, after_func, sleep


async def main():
    wg = WaitGroup()
    ran = stopped = 0

    def function():
        nonlocal ran
        ran += 1
        wg.done()

    for i in range(100):
        wg.add(1)
        t = after_func(i % 2 * 3600, function)
        await sleep(0.00005)
        if t.stop():
            stopped += 1
            wg.done()
    await wg.wait()
    print(ran + stopped, stopped >= 50)
