"""`cluster.run` in a script, in `python -c`, on standard input and in code without a file."""

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

SQUARES = """
    import os
    import cluster
    from cluster import Chan, go

    async def square(number, squares):
        sum(range(20_000))
        await squares.send((os.getpid(), number * number))

    async def main(count, scale=1):
        squares = Chan()
        for number in range(count):
            go(square, number, squares)
        seen = [await squares.recv() for _ in range(count)]
        return sum(value for _, value in seen) * scale
"""
GUARDED = f"""{SQUARES}
    if __name__ == "__main__":
        print(cluster.run(main, 40, procs=2))
        with cluster.Cluster(2, 2) as c:
            print(c.run(main, 4), c.run(main, 4, scale=10))
"""
TOLD = "20540\n14 140\n"


def test_a_script_gets_what_main_returned(place: Place) -> None:
    done = place.run(place.write("script.py", GUARDED))
    assert (done.code, done.out, done.err) == (0, TOLD, "")


def test_a_module_run_by_its_name_gets_what_main_returned(place: Place) -> None:
    place.write("package/__init__.py", "")
    place.write("package/deep.py", GUARDED.replace("import os", "import os\n    from package import sibling"))
    place.write("package/sibling.py", "")
    done = place.run("-m", "package.deep")
    assert (done.code, done.out, done.err) == (0, TOLD, "")


def test_functions_without_a_file_go_by_value(place: Place) -> None:
    by_stdin = place.write("script.py", GUARDED).read_text("utf-8")
    done = place.run("-", stdin=by_stdin)
    assert (done.code, done.out, done.err) == (0, TOLD, "")
    done = place.run("-c", by_stdin)
    assert (done.code, done.out, done.err) == (0, TOLD, "")


def test_code_of_a_notebook_runs(place: Place) -> None:
    """A notebook's kernel executes cells in a module `__main__` that has no file; the main program is a launcher."""
    cells = place.write("cells.txt", SQUARES + "\n    print(cluster.run(main, 40, procs=2))\n")
    place.write(
        "kernel.py",
        f"""
        import sys, types
        notebook = types.ModuleType("__main__")
        sys.modules["__main__"] = notebook
        exec(compile(open({str(cells)!r}).read(), "<cell 1>", "exec"), notebook.__dict__)
        """,
    )
    done = place.run("kernel.py")
    assert (done.code, done.out, done.err) == (0, "20540\n", "")


def test_closures_lambdas_and_classes_of_main_cross(place: Place) -> None:
    text = """
    import cluster
    from cluster import Chan, go

    class Point:
        def __init__(self, x): self.x = x
        def __eq__(self, other): return self.x == other.x

    async def main(point, double):
        chan = Chan()
        def child(who): return chan.send(Point(double(who)))
        for who in range(20):
            go(child, who)
        got = [await chan.recv() for _ in range(20)]
        assert all(type(each) is Point for each in got)
        return point, sorted(each.x for each in got), lambda: "called at home"

    if __name__ == "__main__":
        point, got, function = cluster.run(main, Point(3), lambda x: 2 * x, procs=2)
        print(point == Point(3), type(point) is Point, got == list(range(0, 40, 2)), function())
    """
    script = place.write("script.py", text)
    for done in (place.run(script), place.run("-", stdin=script.read_text("utf-8"))):
        assert (done.code, done.out, done.err) == (0, "True True True called at home\n", "")


def test_a_panic_raises_program_error_with_the_text_and_the_code(place: Place) -> None:
    script = place.write(
        "script.py",
        """
        import cluster
        async def main(): raise cluster.Panic("boom")
        async def dead(): await cluster.Chan().recv()
        if __name__ == "__main__":
            for program in (main, dead):
                try:
                    cluster.run(program)
                except cluster.ProgramError as error:
                    print(error.code, error.text == str(error), *error.text.splitlines()[:3], sep="|")
        """,
    )
    assert place.run(script).lines == [
        "2|True|panic: boom||goroutine 1 [running]:",
        "2|True|fatal error: all goroutines are asleep - deadlock!||goroutine 1 [chan receive]:",
    ]


def test_an_uncaught_program_error_ends_the_script_with_its_text(place: Place) -> None:
    done = place.run("-c", "import cluster\nasync def main(): 1 / 0\ncluster.run(main)")
    assert done.code == 1
    assert "ProgramError: panic: ZeroDivisionError: division by zero" in done.err


def test_exit_of_the_program_raises_system_exit_in_the_caller(place: Place) -> None:
    text = "import cluster, sys\nasync def main(): print('out'); sys.exit(6)\ncluster.run(main)"
    done = place.run("-c", text)
    assert (done.code, done.out, done.err) == (6, "out\n", "")


def test_what_a_program_prints_is_printed_by_the_script(place: Place) -> None:
    done = place.run("-c", "import cluster\nasync def main(): print('inside')\ncluster.run(main); print('after')")
    assert done.lines == ["inside", "after"]


def test_a_script_joins_a_cluster_at_an_address_and_leaves_it_running(place: Place) -> None:
    coordinator, _ = place.cluster()
    text = f"""
    import cluster
    async def main(): return 5
    if __name__ == "__main__":
        print([cluster.run(main, address={place.address!r}) for _ in range(3)])
    """
    assert place.run(place.write("script.py", text)).out == "[5, 5, 5]\n"
    assert coordinator.poll() is None


def test_a_script_without_a_guard_is_told_so_and_starts_no_clusters_without_end(place: Place) -> None:
    done = place.run(place.write("script.py", "import cluster\nasync def main(): pass\ncluster.run(main)"))
    assert done.code == 1
    assert 'under `if __name__ == "__main__":`' in done.err


def test_run_inside_a_goroutine_is_refused(place: Place) -> None:
    done = place.run("-c", "import cluster\nasync def main(): cluster.run(main)\ncluster.run(main)")
    assert "panic: ClusterError: a goroutine is running" in done.err


def test_what_a_script_defines_under_its_guard_crosses_too(place: Place) -> None:
    text = """
    import cluster

    def twice(x):
        return 2 * x

    if __name__ == "__main__":
        class Point:
            def __init__(self, x): self.x = x

        async def worker(x, results):
            await results.send(Point(twice(x)))

        async def main(n):
            results = cluster.Chan()
            for x in range(n):
                cluster.go(worker, x, results)
            return sorted([(await results.recv()).x for _ in range(n)]), Point(n)

        doubled, point = cluster.run(main, 4, procs=2)
        print(doubled, type(point) is Point, point.x)
    """
    done = place.run(place.write("script.py", text))
    assert (done.code, done.out) == (0, "[0, 2, 4, 6] True 4\n"), done.err


def test_a_module_that_no_import_would_find_crosses_too(place: Place) -> None:
    """As pytest's import mode `importlib` loads test files."""
    place.write("hidden/deep.py", SQUARES)
    text = """
    import importlib.util, sys
    import cluster

    if __name__ == "__main__":
        spec = importlib.util.spec_from_file_location("tests_of_nowhere.deep", "hidden/deep.py")
        deep = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(deep)
        print(cluster.run(deep.main, 4, procs=2))
    """
    done = place.run(place.write("script.py", text))
    assert (done.code, done.out) == (0, "14\n"), done.err
