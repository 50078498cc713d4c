"""`cluster why`: what a client asks about one goroutine, and what is known of it; see coordinator/core/why.py."""

from typing import NamedTuple

from cluster.model.ids import MId, ObjId, ProgramId


class AskWhy(NamedTuple):
    """Client → coordinator. Where is this goroutine, and why? Answered by Why, or Refused."""

    program: ProgramId
    goid: int


class Inquire(NamedTuple):
    """Coordinator → M. What do you know of this goroutine; or, when there are some, of these objects?"""

    ticket: int
    program: ProgramId
    goid: int
    objs: tuple[ObjId, ...]


class Fact(NamedTuple):
    """A name and a value, for people."""

    name: str
    value: str


class Party(NamedTuple):
    """A goroutine that waits for an object, and what for."""

    goid: int
    doing: str


class Known(NamedTuple):
    """What one M knows of an object for which a goroutine waits."""

    kind: str  # as shared objects are named on the wire; "sleep", "syscall", "file", "nil chan" are no objects
    home: MId  # -1: it has never left its M
    serial: int
    address: int  # where its home has it; 0 elsewhere
    doing: str  # what the goroutine in question wants there; "" of an M that has only heard of the object
    since_ns: int  # for how long it has waited; -1: that is recorded nowhere
    facts: tuple[Fact, ...]  # of its home
    waiting: tuple[Party, ...]  # other goroutines of this M that wait for it
    inside: tuple[int, ...]  # goroutines of this M inside of its `async with`
    having: tuple[int, ...]  # goroutines of this M with it in a variable; at most HAVING_MAX
    unseen: int  # goroutines of this M that were not looked at


class Found(NamedTuple):
    """What the M on which a goroutine is knows of it."""

    status: str  # Go's word, or "in flight"
    reason: str  # why it waits, in Go's words; ""
    queue: str  # in which it is; ""
    pinned: str  # why it cannot leave; "" as far as is known it can
    text: str  # Go's dump of it; "" in flight
    ran_ns: int  # since it ran last; -1: that is not recorded
    slices: int  # that it has run here, as far as is recorded
    preempted: int  # of these, those that ended against its will


class Inquired(NamedTuple):
    """M → coordinator. Answer to Inquire. `found` is empty on Ms where the goroutine is not."""

    ticket: int
    found: tuple[Found, ...]
    objs: tuple[Known, ...]


class Moved(NamedTuple):
    """A goroutine came to an M."""

    m: MId
    ago_ns: int
    started: bool  # it had run before


class ObjAt(NamedTuple):
    """What M `m` knows of an object."""

    m: MId
    known: Known


class Silent(NamedTuple):
    """An M that has not answered."""

    m: MId
    pid: int
    silent_ns: int  # since it said anything


class Why(NamedTuple):
    """Coordinator → client. All that is known of a goroutine. Absent ids are -1."""

    program: ProgramId
    goid: int
    place: str  # "m"; "flight": between two Ms; "queue": the coordinator's; "silent": on an M that is; "nowhere"
    detail: str  # of the place
    m: int
    pid: int
    p: int
    m_status: str
    made_on: int
    found: tuple[Found, ...]  # one on its M
    objs: tuple[ObjAt, ...]
    silent: tuple[Silent, ...]
    moves: tuple[Moved, ...]  # oldest first, of the last ones
