"""The cluster that the calls of joblib in this process have in common: made by the first, ended with the process.

Threads     Numerical libraries of a worker read from the environment how many threads they may start. It is set when
            the workers are started, so that all of them together have as many as there are cores; who asks for
            another number gets another cluster, and the one before is ended.
Fork        A child of this process has none of its threads: it makes a cluster of its own.
"""

import atexit
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from cluster.api.cluster import Cluster

_LOCK: Final = threading.Lock()


class Shared:
    """One cluster at a time."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None
        self._made_for: tuple[int, Mapping[str, str]] = (0, {})

    def get(self, environment: Mapping[str, str]) -> Cluster:
        """The cluster whose workers were started with this in their environment."""
        with _LOCK:
            wanted = (os.getpid(), environment)
            if self._cluster is None or self._made_for != wanted:
                if self._made_for[0] == os.getpid():
                    self.close()
                with environ(environment):
                    self._cluster = Cluster()
                self._made_for = wanted
            return self._cluster

    def close(self) -> None:
        """End it, if there is one, and it is this process's."""
        if self._cluster is not None and self._made_for[0] == os.getpid():
            self._cluster.close()
        self._cluster = None


@contextmanager
def environ(values: Mapping[str, str]) -> Iterator[None]:
    """These in our environment, for what is started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


SHARED: Final = Shared()
atexit.register(SHARED.close)
