"""The round trip of a P's lease: an M asks, is granted, gives back. `python -m cluster.bench.lease`.

A hand-made M speaks the protocol to a real coordinator process over the real socket. The bare
ZeroMQ round trip (a renewal and its answer) is printed beside it: the difference is the decision.
"""

import os
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, TypeVar

import zmq

from cluster.bench.figures import Figure
from cluster.bench.sampling import UnavailableError
from cluster.launch.embedded import Embedded
from cluster.launch.version import PYTHON
from cluster.model.clock import MICROSECOND
from cluster.model.ids import NO_P, Epoch
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import AcquireP, LeaseP, Load, Message, RegisterM, ReleaseP, Renew, Renewed, ToM

ROUNDS: Final = 2_000
ANSWER_TIMEOUT_MS: Final = 20_000  # a coordinator that is alive answers in a thousandth of that
IDLE: Final = Load(0, 0, 0, 0, 0, 0)
M = TypeVar("M")


class HandMadeM:
    """An M without goroutines: it can say what an M says."""

    def __init__(self, address: str) -> None:
        self._context: Final = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.rcvtimeo = ANSWER_TIMEOUT_MS
        self._socket.connect(address)
        self._decode: Final = Decoder(ToM).decode
        self._came: list[Message] = []

    def say(self, *messages: Message) -> None:
        """Send messages in one frame."""
        self._socket.send(encode(messages))

    def hear(self, kind: type[M]) -> M:
        """Wait for a message of that kind; others are passed over. UnavailableError when none comes in time."""
        while True:
            while self._came:
                message = self._came.pop(0)
                if isinstance(message, kind):
                    return message
            try:
                self._came = list(self._decode(self._socket.recv()))
            except zmq.Again as error:
                raise UnavailableError(f"no {kind.__name__} has come from the coordinator in time") from error

    def close(self) -> None:
        """Leave without a word."""
        self._socket.close()
        self._context.term()


class Line:
    """Two hand-made Ms that share the one P of a coordinator: while the one holds it, the other stands in line.

    They renew no lease while nobody asks for a hand-over: let them leave before it runs out.
    """

    def __init__(self, address: str) -> None:
        self._ms: Final = [HandMadeM(address) for _ in range(2)]
        for m in self._ms:
            m.say(RegisterM(os.getpid(), PYTHON, "ipc:///nowhere"))
        holder, waiter = self._ms
        holder.say(AcquireP(IDLE))
        self._lease = holder.hear(LeaseP)
        self._stands(waiter)

    def _stands(self, m: HandMadeM) -> None:
        """In line: the coordinator has heard of it when this returns."""
        m.say(AcquireP(IDLE), Renew(0, NO_P, Epoch(0), IDLE))
        m.hear(Renewed)

    def handed(self, clock: Callable[[], int]) -> int:
        """Nanoseconds from when the holder gives the P back until the other hears that it is granted to it."""
        holder, waiter = self._ms
        began = clock()
        holder.say(ReleaseP(self._lease.p, self._lease.epoch, IDLE, False))
        self._lease = waiter.hear(LeaseP)
        ns = clock() - began
        self._stands(holder)
        self._ms.reverse()
        return ns

    def leave(self) -> None:
        """Give the P back, both of them, and go."""
        holder, waiter = self._ms
        holder.say(ReleaseP(self._lease.p, self._lease.epoch, IDLE, False))
        lease = waiter.hear(LeaseP)
        waiter.say(ReleaseP(lease.p, lease.epoch, IDLE, False), Renew(0, NO_P, Epoch(0), IDLE))
        waiter.hear(Renewed)
        for m in self._ms:
            m.close()


def round_trips(rounds: int = ROUNDS) -> dict[str, Figure]:
    """Of a lease and of a renewal, with a coordinator of their own."""
    embedded = Embedded(procs=1, workers=1)
    try:
        m = HandMadeM(embedded.address)
        m.say(RegisterM(os.getpid(), PYTHON, "ipc:///nowhere"))
        leases, renewals = [], []
        for nonce in range(1, rounds + 1):
            begin = perf_counter_ns()
            m.say(AcquireP(IDLE))
            lease = m.hear(LeaseP)
            leases.append(perf_counter_ns() - begin)
            m.say(ReleaseP(lease.p, lease.epoch, IDLE, False))
            begin = perf_counter_ns()
            m.say(Renew(nonce, NO_P, Epoch(0), IDLE))
            m.hear(Renewed)
            renewals.append(perf_counter_ns() - begin)
        m.close()
    finally:
        embedded.close()
    return {
        "lease of a P, asked and granted": Figure("us", tuple(ns / MICROSECOND for ns in leases)),
        "renewal, asked and answered": Figure("us", tuple(ns / MICROSECOND for ns in renewals)),
    }


def main() -> None:
    """Print both round trips: median and quartiles."""
    for name, figure in round_trips().items():
        print(f"{name}: {figure}")


if __name__ == "__main__":
    main()
