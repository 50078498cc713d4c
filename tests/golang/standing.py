"""A standing cluster of one P and one M that runs program files one after another, and what each did.

A program that does not end, or takes an M with it, costs a new cluster: the next one shall not suffer.
"""

import os
from pathlib import Path
from typing import Final
from unittest.mock import patch

from cluster.api.cluster import Cluster
from cluster.api.source import of_file
from cluster.wire.messages import Options
from tests.golang.corpus import Ending, as_go_prints, ending

_OPTIONS: Final = Options(explain=False, trace=False, by_path=True)


class Standing:
    """Started when it is needed first; `close` ends it. It gets the environment of where this object was made."""

    def __init__(self) -> None:
        self._environment: Final = dict(os.environ)
        self._cluster: Cluster | None = None

    def run(self, file: Path) -> Ending:
        """Run one program to its end."""
        if self._cluster is None:
            with patch.dict(os.environ, self._environment):  # not that of the test, which must leave no process behind
                self._cluster = Cluster(procs=1, workers=1)
        streams = {1: b"", 2: b""}

        def write(stream: int, data: bytes) -> None:
            streams[stream] += data

        try:
            code, text = self._cluster.run_file(of_file(file, ()), _OPTIONS, write, None)
        except BaseException:  # the test took too long: whatever still runs there must not meet the next program
            self.close()
            raise
        stdout, stderr = (streams[stream].decode("utf-8", "replace") for stream in (1, 2))
        return ending(as_go_prints(stdout), code, stderr + text)

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None
