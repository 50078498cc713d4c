"""Bad frames, counted: by peer, so that a broken or hostile one is cut off, and together, for `cluster status`.

Owner.      The shell of each process. A frame that is no message of its direction is a strike; a peer with
            STRIKES_MAX of them is cut off: none of its frames is looked at any more.
Invariants. At most STRIKES_PEERS_MAX peers are remembered, so that who comes under a new name each time fills no
            memory. Who is forgotten has sent nothing bad for as many peers as that.
Order.      The first strike of a peer is told to the operator, and the last; what is between is only counted.
Rejected.   Forgiving after a time: a peer of ours sends no bad frame, ever.
"""

from enum import Enum

from cluster.model.limits import STRIKES_MAX, STRIKES_PEERS_MAX


class Verdict(Enum):
    """What a bad frame leads to."""

    TELL = "tell"  # the first one of this peer: log it
    COUNT = "count"  # one more
    CUT_OFF = "cut off"  # the last one: log it, and take the peer for lost


class Strikes:
    """The bad frames of one process's peers."""

    def __init__(self) -> None:
        self.total = 0  # bad frames, of all peers that ever were; those of a peer that is cut off are not looked at
        self.cut_off = 0  # peers
        self._of: dict[bytes, int] = {}

    def is_out(self, peer: bytes) -> bool:
        """Whether this peer's frames are dropped unread."""
        return self._of.get(peer, 0) >= STRIKES_MAX

    def strike(self, peer: bytes) -> Verdict:
        """Count a bad frame of `peer`, which is not out."""
        self.total += 1
        count = self._of.pop(peer, 0) + 1
        self._of[peer] = count  # and it is the youngest
        if len(self._of) > STRIKES_PEERS_MAX:
            del self._of[next(iter(self._of))]
        if count == STRIKES_MAX:
            self.cut_off += 1
            return Verdict.CUT_OFF
        return Verdict.TELL if count == 1 else Verdict.COUNT
