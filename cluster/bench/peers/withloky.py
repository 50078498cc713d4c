"""loky: a ProcessPoolExecutor that survives the death of its workers; what joblib stands on."""

from typing import Any, ClassVar

import loky

from cluster.bench.peers.stdlib import Executor


class Loky(Executor):
    """`loky.ProcessPoolExecutor`: `submit` and `map`."""

    distribution: ClassVar[str] = "loky"
    _loky: Any  # the pool, which can be shut down in more ways

    def start(self, workers: int) -> None:
        """See System."""
        self._loky = self._pool = loky.ProcessPoolExecutor(workers)
        self._workers = workers

    def close(self) -> None:
        """See System."""
        self._loky.shutdown(kill_workers=True)
