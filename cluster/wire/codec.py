"""Messages to frames and back: MessagePack on the wire, our own types on both sides of it.

Frame.      A list of messages, each `[tag, field, field…]`. A field that is itself a named tuple is
            the list of its fields. A tag names a message for ever: the table below only grows.
Way out.    `encode` trusts its caller: mypy has checked the fields, and a tuple is packed as it is.
Way in.     Nothing is trusted. Bytes become types here, once, and whatever is not exactly a message
            that this direction may carry raises ProtocolError: tag, arity, the type of every field at
            every depth (True is no int), integers beyond 64 bits, text that is not UTF-8, a frame
            that ends early, goes on after its end, or is too long. One bad message spoils its frame:
            whoever sent it is broken, and half a frame is no order of events.
Speed.      The types of all fields are compared at once, `tuple(map(type, raw)) == shape`, which
            also checks the arity; the readers are made once, from the type hints of the messages. A
            small message decodes in about a microsecond.
Memory.     A five-byte header may claim four billion items, and arrays nest, so the parser must not
            believe headers. Arrays of up to ARRAY_CLAIM_MAX items are believed: at msgpack's own
            depth limit of 1024 that costs a liar's victim 64 MB for a moment. A frame with a longer
            one is first walked without building anything (`_walk`): it must really have the items,
            and nest no deeper than messages do.
Text.       Any `str` of Python can be sent, with the lone surrogates that stand for the odd bytes of
            a file name (PEP 383): a strange argument of a program must not make an M fall.
Rejected.   pickle (a frame would run code). A schema compiler (a second description of every message).
Sources.    The MessagePack specification, msgpack/msgpack spec.md; python-hyper/h11 for strictness in.
"""

from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Final, NewType, NoReturn, get_args, get_origin, get_type_hints

import msgpack

from cluster.model.errors import ProtocolError
from cluster.model.limits import FRAME_BYTES_MAX, FRAME_MESSAGES_MAX
from cluster.wire import messages as m
from cluster.wire.messages import Message

# Numbers are never used again for another message, and never changed: a peer of another version
# must be misunderstood by nobody. Below 128 a tag is one byte. Gaps are for what is to come.
TAGS: Final[Mapping[type[Message], int]] = {
    # M → coordinator
    m.RegisterM: 1,
    m.AcquireP: 2,
    m.FindWork: 3,
    m.FoundWork: 4,
    m.ReleaseP: 5,
    m.Pull: 6,
    m.Renew: 7,
    m.Give: 8,
    m.Output: 9,
    m.Told: 10,
    m.MainReturned: 11,
    m.MainFailed: 12,
    m.Surveyed: 13,
    m.Dumped: 14,
    m.Dropped: 15,
    m.Traced: 16,
    m.Query: 17,
    m.Took: 18,
    m.Unfit: 19,
    m.Blocked: 20,
    m.Returned: 21,
    m.Inject: 22,
    m.Results: 23,
    m.Inquired: 24,
    # on every link
    m.Numbered: 31,
    # coordinator → M
    m.Welcome: 32,
    m.Roster: 33,
    m.LeaseP: 34,
    m.Renewed: 35,
    m.Fenced: 36,
    m.Work: 37,
    m.Hunger: 38,
    m.Retake: 39,
    m.LoadProgram: 40,
    m.Survey: 41,
    m.Dump: 42,
    m.Drop: 43,
    m.Stop: 44,
    m.Reply: 45,
    m.Back: 46,
    m.Gone: 47,
    m.HandOff: 48,
    m.Inquire: 49,
    # M → M
    m.Ask: 64,
    m.Answer: 65,
    m.Tell: 66,
    m.TellFailed: 67,
    # client ↔ coordinator
    m.StartProgram: 80,
    m.Alive: 81,
    m.Interrupt: 82,
    m.AskStatus: 83,
    m.StopCluster: 84,
    m.BadFrame: 85,
    m.Submit: 86,
    m.Withdraw: 87,
    m.AskWhy: 88,
    m.Accepted: 96,
    m.Refused: 97,
    m.Ended: 98,
    m.Status: 99,
    m.TasksLost: 100,
    m.Why: 101,
    # nursery ↔ coordinator
    m.RegisterNursery: 112,
    m.MExited: 113,
    m.Vouch: 114,
    m.Forked: 115,
    m.NoM: 116,
    m.NewM: 117,
    m.EndM: 118,
}

INT_MAX: Final = (1 << 63) - 1  # less than -(1 << 63) cannot be said in MessagePack
UINT64: Final = b"\xcf"  # what every integer beyond INT_MAX begins with; the byte may also mean something else
ARRAY_CLAIM_MAX: Final = 8192  # items; see the essay. More messages than this rarely share a frame
DEPTH_MAX: Final = 8  # a frame, a message, a tuple of named tuples with tuples in them; and some to spare
SCALARS: Final = (int, bool, str, bytes)

type_ = type  # `type` where a parameter has that name
Raw = tuple[object, ...]  # what the parser makes of an array: its items are not checked yet
Reader = Callable[..., object]  # checks and converts an array, known to be one; ProtocolError when its items are wrong

# One for the process: making one costs as much as packing. It runs no Python code while it packs, so
# a second thread cannot come in between; and it keeps a buffer of the largest frame so far.
_pack: Final = msgpack.Packer(unicode_errors="surrogatepass").pack


def encode(messages: Sequence[Message]) -> bytes:
    """One frame that holds `messages`, in order. OverflowError for an integer beyond 64 bits: a bug of ours."""
    return _pack([(TAGS[message.__class__], *message) for message in messages])


class Decoder:
    """Reads the frames of one direction: `Decoder(ToCoordinator)` accepts what that union names, nothing else."""

    __slots__ = ("_readers",)

    def __init__(self, *accepted: UnionType | type) -> None:
        kinds = [kind for union in accepted for kind in get_args(union) or (union,)]
        self._readers: Final = {TAGS[kind]: _reader_of_fields(kind, tagged=True) for kind in kinds}

    def decode(self, frame: bytes | memoryview) -> list[Message]:
        """The messages of a frame, in order; all their fields have the types that they promise.

        Raises ProtocolError, whose text names what is wrong but never quotes the peer's bytes. O(len(frame)).
        """
        if isinstance(frame, memoryview):
            frame = frame.tobytes()
        readers = self._readers
        result = []
        for raw in _parse(frame):
            if raw.__class__ is not tuple:
                raise ProtocolError("a message is no array")
            try:
                reader = readers[raw[0]]
            except (IndexError, KeyError, TypeError):  # no tag, an unknown one, one that cannot be a key
                raise ProtocolError("a message has no tag of this direction") from None
            result.append(reader(raw))
        if UINT64 in frame:
            _check_range(result)
        return result  # type: ignore[return-value]  # the readers of TAGS make messages


# -- readers, made from type hints


def _reader_of_fields(kind: type_, *, tagged: bool) -> Reader:
    """A reader of the fields of named tuple `kind`, after its tag if it has one."""
    hints = get_type_hints(kind)
    names = ("tag",) * tagged + tuple(hints)
    hinted = (int,) * tagged + tuple(_bare(hint) for hint in hints.values())
    shape = tuple(hint if hint in SCALARS else tuple for hint in hinted)
    parts = [(at, _reader_of(hint)) for at, hint in enumerate(hinted) if hint not in SCALARS]
    new, make_tuple, make_type, first = tuple.__new__, tuple, type_, int(tagged)  # a closure's names are faster

    def flat(raw: Raw) -> object:
        if make_tuple(map(make_type, raw)) != shape:
            _explain(kind, names, shape, raw)
        return new(kind, raw[first:])

    def nested(raw: Raw) -> object:
        if make_tuple(map(make_type, raw)) != shape:
            _explain(kind, names, shape, raw)
        fields = [*raw]
        for at, reader in parts:
            fields[at] = reader(fields[at])
        return new(kind, fields[first:])

    return nested if parts else flat


def _reader_of(hint: object) -> Reader:
    """A reader of one field that came as an array: `tuple[X, ...]`, or a named tuple."""
    if get_origin(hint) is not tuple:
        assert isinstance(hint, type) and issubclass(hint, tuple), f"the codec does not know fields of type {hint}"
        return _reader_of_fields(hint, tagged=False)
    item, dots = get_args(hint)
    assert dots is ..., f"{hint}: a fixed tuple is a named tuple"
    item = _bare(item)
    assert isinstance(item, type)
    if item in SCALARS:
        return _reader_of_scalars(item)
    read = _reader_of(item)
    wanted = {tuple}

    def items(raw: Raw) -> object:
        if not wanted.issuperset(map(type, raw)):
            raise ProtocolError(f"{item.__name__}: an item is no array")
        return tuple([read(x) for x in raw])

    return items


def _reader_of_scalars(item: type_) -> Reader:
    """A reader of `tuple[item, ...]`, which needs no conversion."""
    wanted = {item}

    def scalars(raw: Raw) -> object:
        if not wanted.issuperset(map(type, raw)):
            raise ProtocolError(f"an item of an array is not of type {item.__name__}")
        return raw

    return scalars


def _check_range(values: Sequence[object]) -> None:
    """Raises ProtocolError for an integer beyond INT_MAX at any depth. `values` are read already: not deep."""
    for value in values:
        if value.__class__ is int:
            if value > INT_MAX:
                raise ProtocolError("an integer does not fit in 64 bits")
        elif value.__class__ is tuple and value and value[0].__class__ in SCALARS:  # all of one type; many, perhaps
            if value[0].__class__ is int and max(value) > INT_MAX:
                raise ProtocolError("an integer does not fit in 64 bits")
        elif isinstance(value, tuple):
            _check_range(value)


def _bare(hint: object) -> object:
    """The hint under its NewTypes: an MId is an int."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


def _explain(kind: type_, names: tuple[str, ...], shape: tuple[type_, ...], raw: Raw) -> NoReturn:
    """Say how `raw` differs from the shape of `kind`."""
    if len(raw) != len(shape):
        raise ProtocolError(f"{kind.__name__} has {len(shape)} fields, its tag included, and {len(raw)} came")
    for name, wanted, value in zip(names, shape, raw, strict=True):
        if type(value) is not wanted:
            raise ProtocolError(f"{kind.__name__}.{name} is of type {wanted.__name__}, and {type(value).__name__} came")
    raise AssertionError("the shapes agree")


# -- frames


def _parse(frame: bytes) -> Raw:
    """The frame as nested tuples of int, bool, str, bytes and what else MessagePack knows."""
    size = len(frame)
    if size > FRAME_BYTES_MAX:
        raise ProtocolError(f"a frame of {size} bytes is longer than the {FRAME_BYTES_MAX} that are allowed")
    try:
        raw = _unpack(frame, min(size, ARRAY_CLAIM_MAX))
    except ProtocolError:
        if size <= ARRAY_CLAIM_MAX:  # then an honest array cannot have been too long
            raise
        _walk(frame)
        raw = _unpack(frame, size)
    if not isinstance(raw, tuple):
        raise ProtocolError("a frame is no array")
    if len(raw) > FRAME_MESSAGES_MAX:
        raise ProtocolError(f"a frame holds {len(raw)} messages, and {FRAME_MESSAGES_MAX} are allowed")
    return raw


def _unpack(frame: bytes, array_len_max: int) -> object:
    try:
        return msgpack.unpackb(
            frame,
            use_list=False,
            max_array_len=array_len_max,
            max_map_len=0,  # no message has a map or an extension type
            max_ext_len=0,
            unicode_errors="surrogatepass",
        )
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"a frame is no MessagePack of ours: {type(error).__name__}") from error


# MessagePack's first bytes: how many bytes of length follow, or how many of value.
_LENGTH_BYTES: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4}
_VALUE_BYTES: Final = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8,
    0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip


def _walk(frame: bytes) -> None:
    """Check that every array has the items it claims and none is nested deeper than DEPTH_MAX. Builds nothing.

    About 150 ns an item: only for frames with an array longer than ARRAY_CLAIM_MAX.
    """
    size, at, left = len(frame), 0, [1]  # left: items still to come in each open array, outermost first
    while left:
        if not left[-1]:
            left.pop()
            continue
        left[-1] -= 1
        if at >= size:
            raise ProtocolError("a frame ends early")
        first = frame[at]
        at += 1
        if first < 0x80 or first >= 0xE0:  # a small integer
            continue
        if 0xA0 <= first <= 0xBF:  # a short text
            at += first & 0x1F
        elif first in _VALUE_BYTES:
            at += _VALUE_BYTES[first]
        elif 0x90 <= first <= 0x9F:
            left.append(first & 0x0F)
        elif first in _LENGTH_BYTES:
            after = at + _LENGTH_BYTES[first]
            count = int.from_bytes(frame[at:after], "big")
            at = after
            if first >= 0xDC:
                left.append(count)
            else:
                at += count
        else:
            raise ProtocolError("a frame holds a map or an extension type")
        if len(left) > DEPTH_MAX + 1:
            raise ProtocolError(f"a frame nests deeper than {DEPTH_MAX}")
    if at != size:
        raise ProtocolError("a frame ends early or goes on after its end")
