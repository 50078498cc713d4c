"""Programs and tasks from asyncio."""

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

APP = """
    import asyncio
    import cluster


    async def twice(n):
        print("goroutine", cluster.goid())
        await cluster.sleep(0.01)
        return 2 * n


    async def for_ever(file):
        open(file, "w").close()
        await cluster.Chan().recv()


    async def ticks(file):
        while True:
            open(file, "w").close()
            await cluster.sleep(0.01)


    def boom():
        raise KeyError("x")
"""


def test_run_returns_what_main_returns_while_other_tasks_go_on(place: Place) -> None:
    place.write("work.py", APP)
    app = place.write(
        "app.py",
        """
        import asyncio
        import cluster
        from work import boom, twice

        async def top():
            one, other = await asyncio.gather(cluster.aio.run(twice, 3, procs=1), cluster.aio.run(twice, 4, procs=1))
            print(one, other)
            try:
                await cluster.aio.run(boom, procs=1)
            except cluster.ProgramError as error:
                print(error.text.splitlines()[0])

        if __name__ == "__main__":
            asyncio.run(top(), debug=True)
        """,
    )
    done = place.run("-X", "dev", "-W", "error", app)
    assert done.code == 0, done.err
    assert done.lines == ["goroutine 1", "goroutine 1", "6 8", "panic: KeyError: 'x'"]


def test_a_cancelled_task_ends_its_program_on_a_cluster_that_goes_on(place: Place) -> None:
    place.write("work.py", APP)
    app = place.write(
        "app.py",
        """
        import asyncio, os
        import cluster
        from work import ticks, twice

        async def top():
            with cluster.Cluster(procs=1) as c:
                task = asyncio.create_task(cluster.aio.run(ticks, "began", address=c.address))
                while not os.path.exists("began"):
                    await asyncio.sleep(0.01)
                    if task.done():
                        task.result()
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    print("cancelled", len(c.status().programs))
                os.remove("began")
                print(await cluster.aio.run(twice, 5, address=c.address), os.path.exists("began"))

        if __name__ == "__main__":
            asyncio.run(top())
        """,
    )
    done = place.run("-W", "error", app)
    assert done.code == 0, done.err
    assert done.lines == ["cancelled 0", "goroutine 1", "10 False"]


def test_tasks_of_an_executor_are_awaited(place: Place) -> None:
    app = place.write(
        "app.py",
        """
        import asyncio
        import cluster

        async def top():
            with cluster.Cluster(procs=2) as c:
                loop, executor = asyncio.get_running_loop(), c.executor()
                print(await asyncio.gather(*(loop.run_in_executor(executor, pow, i, 2) for i in range(5))))
                print(await asyncio.wrap_future(c.submit(pow, 2, 9)))
                try:
                    await loop.run_in_executor(executor, int, "x")
                except ValueError as error:
                    print(error)

        if __name__ == "__main__":
            asyncio.run(top())
        """,
    )
    done = place.run("-W", "error", app)
    assert done.code == 0, done.err
    assert done.lines == ["[0, 1, 4, 9, 16]", "512", "invalid literal for int() with base 10: 'x'"]
