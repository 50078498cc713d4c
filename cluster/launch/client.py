"""The link of a client to the coordinator: requests out, a program's output and result in.

A client says every HEARTBEAT_NS that it is alive, and is answered; a coordinator that does not
answer eight times in a row is taken for dead. So nobody waits for ever on either side.
Between programs it may be silent for as long as it likes, as nobody's thread is here: the coordinator forgets it, and
the next request begins anew.
"""

import os
import time
from collections.abc import Callable
from typing import Final

import zmq

from cluster.launch.connection import lives
from cluster.launch.dealer import Dealer
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND, SECOND, Instant, MonotonicClock, after
from cluster.model.errors import ClusterError, NoClusterError, ProtocolError
from cluster.model.ids import ProgramId
from cluster.model.limits import CLIENT_EXPIRE_NS, HEARTBEAT_NS, START_TIMEOUT_NS
from cluster.wire.messages import (
    Accepted,
    Alive,
    AskStatus,
    AskWhy,
    BadFrame,
    Dump,
    Dumped,
    Ended,
    FromClient,
    Interrupt,
    Refused,
    StartProgram,
    Status,
    StopCluster,
    ToClient,
    Why,
)
from cluster.wire.security import Keys
from cluster.wire.strikes import Strikes, Verdict

UNANSWERED_MAX: Final = 8
ANSWER_TIMEOUT_NS: Final = 5 * SECOND  # of a coordinator that is there: it answers in under a millisecond
STOP_LOOK_S: Final = 0.01  # between two looks whether a coordinator that was told to stop is gone
LINGER_MS: Final = 500  # for a last request
FRAMES_MAX: Final = 64  # taken at once
ANEW_NS: Final = CLIENT_EXPIRE_NS // 2  # of silence, after which the coordinator may forget us before it hears us again
LOOK_NS: Final = 100 * MILLISECOND  # between two looks at the processes that were started


class Client:
    """One conversation with a coordinator. Not for several threads."""

    def __init__(
        self,
        address: str,
        check: Callable[[], None] | None = None,
        *,
        keys: Keys | None = None,
        wake_fd: int | None = None,
    ) -> None:
        """`check` raises when the processes that this client has started are gone; it is called now and then.

        On TCP both sides prove by `keys` who they are; see connection.resolve. `receive` ends when `wake_fd` becomes
        readable, too.
        """
        self.address: Final = address
        self.joined: Final = check is None  # a cluster of somebody else, which need not have workers
        self._patience_ns: Final = ANSWER_TIMEOUT_NS if self.joined else START_TIMEOUT_NS
        self._check: Final = check
        self._clock: Final = MonotonicClock()
        self._context: Final = zmq.Context()
        self._strikes: Final = Strikes()
        self._dealer: Final = Dealer(self._context, address, keys, ToClient, self._clock, LINGER_MS, self._bad_frame)
        self._poller: Final = zmq.Poller()
        self._poller.register(self._dealer.socket, zmq.POLLIN)
        self._wake_fd: Final = wake_fd
        self.waked = False  # by `wake_fd`, when it waited last
        if wake_fd is not None:
            self._poller.register(wake_fd, zmq.POLLIN)
        self._or_with_other_keys: Final = "" if keys is None else ", or it has other keys than the connection file here"
        self._unanswered = 0
        self._look_at = self._clock.now()
        self._beat_at = after(self._look_at, HEARTBEAT_NS)
        self._heard = False
        self._spoke_at = self._look_at
        self._under_way: set[ProgramId] = set()  # programs of ours

    def send(self, message: FromClient) -> None:
        """Say something."""
        self._spoke_at = self._clock.now()
        if not self._dealer.send([message]):
            raise NoClusterError(f"the coordinator at {self.address} refuses the connection: it wants keys, or none")

    def receive(self, wait: bool = True) -> list[ToClient]:
        """What came, after at most LOOK_NS, or at once without `wait`; [] if nothing did, or the client was waked.

        Raises NoClusterError when the coordinator does not answer any more.
        """
        now = self._clock.now()
        if now >= self._look_at:
            self._look(now)
        if not readable(self._dealer.socket):
            ready = self._poller.poll(self._dealer.patience_ms(LOOK_NS // MILLISECOND) if wait else 0)
            self.waked = any(source == self._wake_fd for source, _ in ready)
        if came := self._dealer.receive(FRAMES_MAX):
            self._unanswered, self._heard = 0, True
        messages = [message for message in came if not isinstance(message, Alive)]
        for message in messages:
            if isinstance(message, Accepted):
                self._under_way.add(message.program)
            elif isinstance(message, Ended):
                self._under_way.discard(message.program)
        return messages  # type: ignore[return-value]  # the decoder takes nothing else

    def beat(self) -> None:
        """Say that we are there, though we take nothing for a while: who reads us is slow."""
        self.send(Alive())

    def _look(self, now: Instant) -> None:
        self._look_at = after(now, LOOK_NS)
        if self._check is not None:
            self._check()
        if now >= self._beat_at:
            self._beat_at = after(now, HEARTBEAT_NS)
            self._unanswered += 1
            self.send(Alive())
            if self._heard and self._unanswered > UNANSWERED_MAX:
                raise NoClusterError(
                    f"the coordinator at {self.address} does not answer any more: it died or is stopped"
                )

    def _bad_frame(self, error: ProtocolError) -> None:
        """A frame that is none is dropped; the third is an error."""
        verdict = self._strikes.strike(b"")
        if verdict is Verdict.TELL:
            os.write(2, f"cluster: dropped a frame of the coordinator at {self.address}: {error}\n".encode())
        if verdict is Verdict.CUT_OFF:
            raise ClusterError(
                f"the coordinator at {self.address} sends what is no message: it may be of another version. The "
                f"last was: {error}"
            ) from None
        self.send(BadFrame())

    def request(self, message: StartProgram | AskStatus | Dump | AskWhy) -> list[ToClient]:
        """Send, and wait for the first answer and what came with it. NoClusterError when none comes in time."""
        if not self._under_way and self._clock.now() - self._spoke_at >= ANEW_NS:
            self._dealer.begin_anew()
        self.send(message)
        give_up = self._clock.now() + self._patience_ns
        while self._clock.now() < give_up:
            if answer := [came for came in self.receive() if isinstance(message, AskStatus) or not _is_late(came)]:
                if isinstance(answer[0], Refused):
                    raise ClusterError(f"the coordinator refused: {answer[0].reason}")
                return answer
        raise NoClusterError(
            f"nobody answers at {self.address}: no coordinator runs there{self._or_with_other_keys}. Start one with "
            f"`coordinator`, or leave the address out and let `cluster run` start its own."
        )

    def status(self) -> Status:
        """The state of the cluster."""
        answer = self.request(AskStatus())[0]
        assert isinstance(answer, Status), f"asked for a status, got {type(answer).__name__}"
        return answer

    def dump(self, program: ProgramId) -> tuple[str, ...]:
        """Go's dump of every goroutine of a program, main first. ClusterError when there is no such program."""
        answer = self.request(Dump(program))[0]
        assert isinstance(answer, Dumped), f"asked for a dump, got {type(answer).__name__}"
        return answer.texts

    def why(self, program: ProgramId, goid: int) -> Why:
        """All that is known of a goroutine. ClusterError when there is no such program."""
        answer = self.request(AskWhy(program, goid))[0]
        assert isinstance(answer, Why), f"asked for a goroutine, got {type(answer).__name__}"
        return answer

    def stop_cluster(self) -> None:
        """End the cluster, and wait until it is gone."""
        pid = self.status().pid
        self.send(StopCluster())
        give_up = self._clock.now() + ANSWER_TIMEOUT_NS
        while lives(self.address, pid) and self._clock.now() < give_up:
            time.sleep(STOP_LOOK_S)

    def interrupt(self, message: Interrupt, on_message: Callable[[ToClient], None]) -> None:
        """Have the program ended; what still comes of it goes to `on_message`, for at most two seconds."""
        self.send(message)
        give_up = self._clock.now() + 2 * SECOND
        while self._clock.now() < give_up:
            for answer in self.receive():
                on_message(answer)
                if isinstance(answer, Ended):
                    return

    def close(self) -> None:
        """Close the link; what was sent goes out."""
        self._dealer.socket.close()
        self._context.term()


def _is_late(message: ToClient) -> bool:
    """Whether it answers an earlier request, for which nobody waits any more."""
    return isinstance(message, Status)
