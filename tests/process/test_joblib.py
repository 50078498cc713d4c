"""joblib and scikit-learn on our workers."""

from importlib.util import find_spec

import pytest

from tests.process.place import Place

here = {name: find_spec(name) is not None for name in ("joblib", "numpy", "sklearn")}  # not imported: that takes long
pytestmark = [pytest.mark.timeout(120), pytest.mark.skipif(not here["joblib"], reason="joblib is not installed")]

WORK = """
    import os, time
    from joblib import Parallel, delayed


    def square(i):
        return i * i


    def pid(i):
        return os.getpid()


    def raises(i):
        if i == 5:
            raise ValueError(f"{i} is bad")
        return i


    def raises_or_never_ends(i):
        if i == 0:
            raise ValueError("the first")
        while True:
            time.sleep(60)


    def nested(i):
        return sum(Parallel(n_jobs=2)(delayed(square)(j) for j in range(i)))


    def kind_and_sum(array):
        return type(array).__name__, float(array.sum())
"""


def run(place: Place, text: str) -> list[str]:
    """What a program prints; it imports `work`, and its `main` is this text."""
    place.write("work.py", WORK)
    lines = ["import os, joblib, cluster, cluster.joblib", "from joblib import Parallel, delayed", "from work import *"]
    lines += ["if __name__ == '__main__':", *("    " + line for line in text.strip("\n").splitlines())]
    app = place.path / "app.py"
    app.write_text("\n".join(lines), "utf-8")
    done = place.run(app, GOMAXPROCS="2", JOBLIB_TEMP_FOLDER=str(place.path))
    assert done.code == 0, done.err
    return done.lines


def test_results_are_in_order_and_come_from_workers_that_stay(place: Place) -> None:
    out = run(
        place,
        """
with joblib.parallel_config("gmp"):
    print(Parallel()(delayed(square)(i) for i in range(500)) == [i * i for i in range(500)])
    print(list(Parallel(return_as="generator")(delayed(square)(i) for i in range(5))))
    print(sorted(Parallel(return_as="generator_unordered")(delayed(lambda i: -i)(i) for i in range(5))))
    first = set(Parallel()(delayed(pid)(i) for i in range(50)))
    with Parallel() as parallel:
        for _ in range(3):
            first |= set(parallel(delayed(pid)(i) for i in range(50)))
    print(os.getpid() not in first, len(first) <= 2)
    print(Parallel(n_jobs=1)(delayed(pid)(0) for _ in range(1)) == [os.getpid()])
""",
    )
    assert out == ["True", "[0, 1, 4, 9, 16]", "[-4, -3, -2, -1, 0]", "True True", "True"]


def test_an_exception_comes_with_its_remote_traceback_and_the_next_call_works(place: Place) -> None:
    out = run(
        place,
        """
with joblib.parallel_config("gmp"):
    try:
        Parallel()(delayed(raises)(i) for i in range(100))
    except ValueError as error:
        print(error, "in raises" in error.__notes__[0])
    print(Parallel()(delayed(square)(i) for i in range(3)))
""",
    )
    assert out == ["5 is bad True", "[0, 1, 4]"]


def test_an_error_and_a_timeout_end_what_still_runs_and_the_next_call_works(place: Place) -> None:
    out = run(
        place,
        """
with joblib.parallel_config("gmp"):
    try:
        Parallel()(delayed(raises_or_never_ends)(i) for i in range(100))
    except ValueError as error:
        print(error)
    try:
        Parallel(timeout=0.2)(delayed(raises_or_never_ends)(1) for i in range(10))
    except Exception as error:
        print(type(error).__name__)
    print(Parallel()(delayed(square)(i) for i in range(20)) == [i * i for i in range(20)])
""",
    )
    assert out == ["the first", "TimeoutError", "True"]


def test_calls_within_tasks_work(place: Place) -> None:
    out = run(
        place,
        """
with joblib.parallel_config("gmp"):
    print(Parallel()(delayed(nested)(i) for i in range(6)))
""",
    )
    assert out == ["[0, 0, 1, 5, 14, 30]"]


def test_a_cluster_of_the_user_is_used_and_left_as_it_was(place: Place) -> None:
    out = run(
        place,
        """
with cluster.Cluster(procs=2, workers=2) as c:
    ms = {m.pid for m in c.status().ms}
    with joblib.parallel_config("gmp", cluster=c):
        used = set(Parallel()(delayed(pid)(i) for i in range(50)))
    print(used <= {m.pid for m in c.status().ms}, c.submit(square, 3).result())
""",
    )
    assert out == ["True 9"]


@pytest.mark.skipif(not here["numpy"], reason="numpy is not installed")
def test_large_arrays_are_mapped(place: Place) -> None:
    out = run(
        place,
        """
import numpy
array = numpy.ones(1 << 18)
with joblib.parallel_config("gmp"):
    print(set(Parallel()(delayed(kind_and_sum)(array) for i in range(10))))
    print(set(Parallel(max_nbytes=None)(delayed(kind_and_sum)(array) for i in range(4))))
print([name for name in os.listdir(os.environ["JOBLIB_TEMP_FOLDER"]) if name.startswith("gmp-joblib")])
""",
    )
    assert out == ["{('memmap', 262144.0)}", "{('ndarray', 262144.0)}", "[]"]


@pytest.mark.skipif(not here["sklearn"], reason="scikit-learn is not installed")
def test_scikit_learn_searches_a_grid_and_grows_a_forest_as_it_does_by_itself(place: Place) -> None:
    out = run(
        place,
        """
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

x, y = make_classification(200, 10, random_state=0)

def searched():
    grid = {"max_depth": [1, 2, 4], "min_samples_leaf": [1, 8]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=3).fit(x, y)
    return search.best_params_, list(search.cv_results_["mean_test_score"])

def grown():
    forest = RandomForestClassifier(20, random_state=0).fit(x, y)
    return forest.predict_proba(x).tolist()

alone = searched(), grown()
with joblib.parallel_config("gmp"):
    print(searched() == alone[0], grown() == alone[1])
""",
    )
    assert out == ["True True"]
