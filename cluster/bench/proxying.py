"""A Unix socket between a process and those that connect to it, whose connections can be broken at any moment.

What is under way when one breaks is lost, as it is when a cable is pulled: in the kernel's buffers, and in ours.
"""

import contextlib
import selectors
import socket
import threading
from pathlib import Path
from random import Random
from typing import Final

CHUNK: Final = 1 << 16


class Proxy:
    """Listens at `path` in the place of the process that did so before; that is now found at `path`.real."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._real: Final = path.with_suffix(".real")
        path.rename(self._real)
        self._listener: Final = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._lock: Final = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self._real))
            except OSError:  # the process is gone
                near.close()
                continue
            pair = near, far
            with self._lock:
                self._pairs.append(pair)
            threading.Thread(target=self._pass_on, args=(pair,), daemon=True).start()

    def _pass_on(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
            for one, other in (pair, pair[::-1]):
                ready.register(one, selectors.EVENT_READ, other)
            while True:
                for key, _ in ready.select():
                    source, to = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    if not (data := source.recv(CHUNK)):
                        raise ConnectionResetError
                    to.sendall(data)
        self._drop(pair)

    def _drop(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            if pair in self._pairs:
                self._pairs.remove(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self, rng: Random) -> None:
        """Break some of the connections, at least one if there is one."""
        with self._lock:
            pairs = rng.sample(self._pairs, rng.randint(1, len(self._pairs))) if self._pairs else []
        for pair in pairs:
            self.cuts += 1
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """No more connections; those that there are go on until their ends end."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._real.unlink(missing_ok=True)
