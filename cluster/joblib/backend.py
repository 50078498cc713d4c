"""The backend: batches of joblib as tasks of an executor.

Pool        One executor for each cluster and number of jobs, which stays from call to call: a worker imports once.
Batches     are chosen by joblib from how long they take, and are short: what a message costs is little.
Results     come by joblib's callback (1.4 and later), which also sends the next batch.
Abort       After an error or a timeout what has not begun never does, and what runs is ended: where it is, and if it
            does not listen and the cluster is our own, with its worker.
Nested      A call of joblib within a task uses threads of that worker, and below these none, as with joblib's own.
Sources.    joblib 1.4 to 1.6, joblib/_parallel_backends.py: LokyBackend.
"""

import copy
from collections.abc import Callable
from typing import Any, Final

from joblib.parallel import AutoBatchingMixin, FallbackToBackend, ParallelBackendBase, SequentialBackend

from cluster.api.cluster import Cluster
from cluster.joblib.arrays import Arrays
from cluster.joblib.shared import SHARED
from cluster.kernel.sched import current_goroutine
from cluster.launch.cpus import default_procs
from cluster.pool.executor import Executor
from cluster.pool.futures import Future

HERE: Final = "ipc://"  # the address of a cluster on this machine, whose workers see our files
MAPPED_BYTES: Final = 1 << 20  # joblib's own default for arrays that are mapped

EXECUTORS: Final[dict[Cluster, dict[int, Executor]]] = {}


class GmpBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """`joblib.parallel_config("gmp", n_jobs=…)`: on a cluster that is made when it is needed, or on `cluster`."""

    supports_retrieve_callback = True
    supports_inner_max_num_threads = True
    default_n_jobs = -1
    MIN_IDEAL_BATCH_DURATION = 0.02  # seconds, from its submission to its result
    MAX_IDEAL_BATCH_DURATION = 0.5

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        *,
        cluster: Cluster | None = None,
        **options: object,
    ) -> None:
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads, **options)
        self._cluster: Final = cluster
        self._executor: Executor | None = None
        self._arrays: Arrays | None = None
        self._out: dict[Future[object], None] = {}

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many tasks run at a time: at most as many as there are Ps. ValueError for 0."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None or current_goroutine() is not None:  # in a task there is no cluster to be had
            return 1
        procs = default_procs() if self._cluster is None else self._cluster.status().procs
        return min(n_jobs, procs) if n_jobs > 0 else max(procs + 1 + n_jobs, 1)

    def configure(
        self,
        n_jobs: int = 1,
        parallel: object = None,
        prefer: object = None,
        require: object = None,
        *,
        max_nbytes: int | None = MAPPED_BYTES,
        mmap_mode: str | None = "r",
        temp_folder: str | None = None,
        **_options: object,
    ) -> int:
        """Get ready for a call of joblib; how many tasks will run at a time."""
        n_jobs = self.effective_n_jobs(n_jobs)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.parallel = parallel
        cluster = self._cluster or SHARED.get(self._prepare_worker_env(n_jobs))
        self._executor = executor_of(cluster, n_jobs)
        if max_nbytes is not None and mmap_mode is not None and cluster.address.startswith(HERE):
            self._arrays = Arrays(max_nbytes, mmap_mode, temp_folder)
        return n_jobs

    def submit(self, func: Any, callback: Callable[[object], None] | None = None) -> Future[object]:  # noqa: ANN401
        """Run a batch."""
        assert self._executor is not None, "a call of joblib begins with `configure`"
        if self._arrays is not None:
            func = copy.copy(func)
            func.items = self._arrays.replaced(func.items)
        future: Future[object] = self._executor.submit(func)
        self._out[future] = None
        future.add_done_callback(self._forget)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    apply_async = submit  # as joblib 1.4 calls it

    def _forget(self, future: Any) -> None:  # noqa: ANN401  # as `add_done_callback` wants it
        self._out.pop(future, None)

    def retrieve_result_callback(self, future: Future[object]) -> object:
        """What a batch returned; raises what it raised."""
        return future.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End all batches of this call; the next one can begin at once."""
        for future in list(self._out):
            future.cancel(running=True, force=True, end=self._cluster is None)
        self._out.clear()

    def terminate(self) -> None:
        """The call is over."""
        if self._arrays is not None:
            self._arrays.close()
            self._arrays = None
        self._executor = None
        self.reset_batch_stats()


def executor_of(cluster: Cluster, n_jobs: int) -> Executor:
    """The one for so many tasks at a time."""
    for other in [other for other, made in EXECUTORS.items() if all(one.pool.closed for one in made.values())]:
        del EXECUTORS[other]  # of a cluster that is closed
    of_cluster = EXECUTORS.setdefault(cluster, {})
    executor = of_cluster.get(n_jobs)
    if executor is None or executor.pool.closed:
        executor = of_cluster[n_jobs] = cluster.executor(n_jobs)
    return executor
