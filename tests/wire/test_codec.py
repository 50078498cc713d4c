"""The codec: every message survives the wire, and no bytes whatever make a decoder do more than refuse them."""

from collections.abc import Callable
from types import UnionType
from typing import Any, NewType, get_args, get_type_hints

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cluster.model.errors import ProtocolError
from cluster.model.ids import Epoch, PId, ProgramId
from cluster.model.limits import FRAME_BYTES_MAX
from cluster.wire import codec
from cluster.wire import messages as m
from cluster.wire.codec import ARRAY_CLAIM_MAX, DEPTH_MAX, TAGS, Decoder, encode
from cluster.wire.messages import BetweenMs, FromClient, FromM, FromNursery, Message, ToClient, ToCoordinator, ToM

KINDS: list[type[Message]] = list(get_args(Message))
EVERYTHING = Decoder(Message)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
SCALARS: dict[object, st.SearchStrategy[object]] = {
    int: INT64 | st.integers(-40, 300),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    str: st.text(st.characters(exclude_categories=()), max_size=20),  # lone surrogates too
}
ASK = m.Ask(ProgramId(1), 22, 3, 4, b"five")


def values_of(hint: object) -> st.SearchStrategy[object]:
    """A strategy for one field: it knows type hints by itself, so that it does not share an error of the codec."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if hint in SCALARS:
        return SCALARS[hint]
    if get_args(hint):
        return st.lists(values_of(get_args(hint)[0]), max_size=4).map(tuple)
    assert isinstance(hint, type)
    return made_of(hint)


def made_of(kind: type) -> st.SearchStrategy[Any]:
    return st.builds(kind, *[values_of(hint) for hint in get_type_hints(kind).values()])


MESSAGES: st.SearchStrategy[Message] = st.one_of([made_of(kind) for kind in KINDS])


def assert_same_types(a: object, b: object) -> None:
    """Equality says that (1, 2) is a Peer and that True is 1; the readers must not."""
    assert type(a) is type(b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        for x, y in zip(a, b, strict=True):
            assert_same_types(x, y)


def frame_of(*raw: object) -> bytes:
    """A frame of whatever we like, as a broken peer may send it."""
    packed: bytes = msgpack.packb(raw)
    return packed


# -- what is sent arrives


def test_every_message_has_a_tag_of_one_byte_and_none_shares_it() -> None:
    assert set(TAGS) == set(KINDS)
    assert len(set(TAGS.values())) == len(TAGS)
    assert all(0 < tag < 128 for tag in TAGS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_message_survives_the_wire(kind: type[Message]) -> None:
    @given(st.lists(made_of(kind), max_size=3))
    def survives(sent: list[Message]) -> None:
        received = EVERYTHING.decode(encode(sent))
        assert received == sent
        assert_same_types(tuple(received), tuple(sent))

    survives()


@given(st.lists(MESSAGES, max_size=6))
def test_messages_of_a_frame_keep_their_order(sent: list[Message]) -> None:
    assert EVERYTHING.decode(memoryview(encode(sent))) == sent


def test_a_frame_may_hold_more_messages_and_records_than_are_believed_unseen() -> None:
    many = [ASK] * (ARRAY_CLAIM_MAX + 1)
    assert EVERYTHING.decode(encode(many)) == many
    wide = m.Give(PId(1), Epoch(2), (m.Record(ProgramId(1), 1 << 40, b"x" * 300),) * (ARRAY_CLAIM_MAX + 1))
    assert EVERYTHING.decode(encode([wide])) == [wide]
    steps = tuple(m.Step("GoCreate", -(1 << 40), -1, 300, -200, "ä" * n) for n in range(ARRAY_CLAIM_MAX + 1))
    traced = m.Traced(ProgramId(1), (), steps)
    assert EVERYTHING.decode(encode([traced])) == [traced]


def test_an_integer_enum_is_sent_as_its_number() -> None:
    class Op(int):
        pass

    (got,) = EVERYTHING.decode(encode([ASK._replace(op=Op(9))]))
    assert got == ASK._replace(op=9)
    assert_same_types(got, ASK)


# -- what is wrong is refused


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xdd\xff\xff\xff\xff" * 40)
@example(b"\x91" * 1000 + b"\xc0")
@example(b"\x91" * 5000 + b"\xc0")
def test_arbitrary_bytes_are_messages_or_a_protocol_error(frame: bytes) -> None:
    decodes_or_refuses(frame)


@given(st.lists(MESSAGES, min_size=1, max_size=3).map(encode), st.data())
def test_a_mutated_frame_is_messages_or_a_protocol_error(frame: bytes, data: st.DataObject) -> None:
    mutant = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutant)))
        change = data.draw(st.sampled_from(("replace", "insert", "delete")))
        if change == "insert":
            mutant[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        elif at < len(mutant):
            mutant[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1)) if change == "replace" else b""
    decodes_or_refuses(bytes(mutant))


SCRAPS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@given(st.sampled_from(sorted(TAGS.values())), st.lists(SCRAPS, max_size=9))
def test_a_known_tag_with_any_fields_is_a_message_or_a_protocol_error(tag: int, fields: list[object]) -> None:
    decodes_or_refuses(frame_of([tag, *fields]))


def decodes_or_refuses(frame: bytes) -> None:
    try:
        received = EVERYTHING.decode(frame)
    except ProtocolError:
        return
    again = EVERYTHING.decode(encode(received))  # what was accepted is a message in full
    assert again == received
    assert_same_types(tuple(again), tuple(received))


@given(MESSAGES.map(lambda message: encode([message])), st.data())
def test_every_truncation_is_refused(frame: bytes, data: st.DataObject) -> None:
    with pytest.raises(ProtocolError):
        EVERYTHING.decode(frame[: data.draw(st.integers(0, len(frame) - 1))])


@given(st.lists(MESSAGES, max_size=2).map(encode), st.binary(min_size=1, max_size=5))
def test_bytes_after_the_end_are_refused(frame: bytes, rest: bytes) -> None:
    with pytest.raises(ProtocolError):
        EVERYTHING.decode(frame + rest)


ask = list(ASK)
BROKEN: list[tuple[str, bytes, str]] = [
    ("no array", msgpack.packb(7), "no array"),
    ("a message that is no array", frame_of(b"\x51"), "no array"),
    ("an empty message", frame_of([]), "no tag"),
    ("an unknown tag", frame_of([127, 1]), "no tag"),
    ("a tag that is no key", frame_of([[64], *ask]), "no tag"),
    ("a tag that only equals one", frame_of([64.0, *ask]), r"Ask\.tag is of type int, and float came"),
    ("a field too few", frame_of([64, *ask[1:]]), "6 fields"),
    ("a field too many", frame_of([64, *ask, 1]), "6 fields"),
    ("a text for an integer", frame_of([64, 1, "22", 3, 4, b""]), r"Ask\.serial is of type int, and str came"),
    ("a bool for an integer", frame_of([64, 1, True, 3, 4, b""]), r"Ask\.serial is of type int, and bool came"),
    ("an integer for a bool", frame_of([38, False, 1]), r"Hunger\.backlog is of type bool, and int came"),
    ("a text for bytes", frame_of([64, 1, 2, 3, 4, "five"]), r"Ask\.arg is of type bytes, and str came"),
    ("nothing for bytes", frame_of([64, 1, 2, 3, 4, None]), r"Ask\.arg is of type bytes, and NoneType came"),
    ("a float for an integer", frame_of([64, 1, 2.0, 3, 4, b""]), r"Ask\.serial is of type int, and float came"),
    ("an integer beyond int64", frame_of([64, 1, 1 << 63, 3, 4, b""]), "64 bits"),
    ("a nested integer beyond int64", frame_of([8, 1, 2, [[1, 1 << 63, b"", False, 0, ""]]]), "64 bits"),
    ("an integer beyond int64 in an array", frame_of([33, [], [1, (1 << 64) - 1]]), "64 bits"),
    ("a nested wrong type", frame_of([8, 1, 2, [[1, 2, "body", False, 0, ""]]]), r"Record\.body is of type bytes"),
    ("a nested wrong arity", frame_of([8, 1, 2, [[1, 2]]]), "Record has 6 fields"),
    ("an item that is no array", frame_of([8, 1, 2, [b"abc"]]), "Record"),
    ("a wrong item", frame_of([33, [], [1, False]]), "not of type int"),
    ("a map", frame_of([64, 1, {"a": 1}, 3, 4, b""]), "no MessagePack of ours"),
    ("an empty map", frame_of([64, 1, {}, 3, 4, b""]), "dict came"),
    ("an extension", frame_of([64, 1, msgpack.ExtType(5, b"x"), 3, 4, b""]), "no MessagePack of ours"),
    ("invalid UTF-8", b"\x91\x92" + bytes([TAGS[m.Refused]]) + b"\xa1\xff", "no MessagePack of ours"),
    ("a byte that means nothing", b"\x91\xc1", "no MessagePack of ours"),
    ("a length of four gigabytes", b"\x91\xc6\xff\xff\xff\xff", "no MessagePack of ours"),
    ("deep nesting", b"\x91" * 2000 + b"\xc0", "no MessagePack of ours"),
]


@pytest.mark.parametrize(("frame", "reason"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_frame_is_refused_with_its_reason(frame: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason) as refusal:
        EVERYTHING.decode(frame)
    assert len(str(refusal.value)) < 120


def test_one_bad_message_spoils_its_frame() -> None:
    with pytest.raises(ProtocolError):
        EVERYTHING.decode(frame_of([64, *ask], [64]))


class TooLong(bytes):
    def __len__(self) -> int:
        return FRAME_BYTES_MAX + 1


def test_a_frame_beyond_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ProtocolError, match="longer than the"):
        EVERYTHING.decode(TooLong(encode([ASK])))


def long(count: int, item: bytes) -> bytes:
    """An array of `count` items."""
    return b"\xdd" + count.to_bytes(4, "big") + item * count


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (long(ARRAY_CLAIM_MAX + 1, b"\x01")[:-1] + b"", "ends early"),
        (long(ARRAY_CLAIM_MAX + 1, b"\x01") + b"\x01", "after its end"),
        (long(ARRAY_CLAIM_MAX + 1, b"\x80"), "a map or an extension"),
        (long(ARRAY_CLAIM_MAX + 1, b"\xc1"), "a map or an extension"),
        (long(ARRAY_CLAIM_MAX + 1, b"\xa0")[:-1] + b"\xc4\x07", "ends early"),
        (long(ARRAY_CLAIM_MAX + 1, b"\x91" * DEPTH_MAX + b"\x01"), "nests deeper"),
        (b"\xdd\xff\xff\xff\xff" * ARRAY_CLAIM_MAX, "nests deeper"),
    ],
)
def test_a_long_array_that_lies_is_refused_before_anything_is_built(frame: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        EVERYTHING.decode(frame)


@given(st.lists(SCRAPS, max_size=5))
def test_a_long_frame_of_scraps_is_refused(scraps: list[object]) -> None:
    with pytest.raises(ProtocolError):
        EVERYTHING.decode(frame_of(*scraps, [0] * (ARRAY_CLAIM_MAX + 1)))


# -- directions


@pytest.mark.parametrize(
    "direction", [FromM, ToM, BetweenMs, FromClient, ToClient, FromNursery, m.ToNursery, ToCoordinator], ids=str
)
def test_a_decoder_refuses_the_messages_of_other_directions(direction: UnionType | type) -> None:
    decoder, accepted = Decoder(direction), get_args(direction) or (direction,)
    for kind in KINDS:
        frame = encode([blank(kind)])
        if kind in accepted:
            assert decoder.decode(frame) == [blank(kind)]
        else:
            with pytest.raises(ProtocolError, match="no tag of this direction"):
                decoder.decode(frame)


def test_a_decoder_accepts_several_unions_and_types() -> None:
    decoder = Decoder(FromNursery, m.Stop)
    sent: list[Message] = [m.RegisterNursery(3), m.Stop("done")]
    assert decoder.decode(encode(sent)) == sent


def blank(kind: type[Message]) -> Message:
    """The emptiest message of a kind."""
    make: Callable[..., Message] = kind
    return make(*[blank_field(hint) for hint in get_type_hints(kind).values()])


def blank_field(hint: object) -> object:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if get_args(hint):
        return ()
    assert isinstance(hint, type)
    return hint() if hint in SCALARS else hint(*[blank_field(inner) for inner in get_type_hints(hint).values()])


def test_a_frame_with_more_messages_than_are_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "FRAME_MESSAGES_MAX", 3)
    assert len(Decoder(m.ToCoordinator).decode(encode([m.Alive()] * 3))) == 3
    with pytest.raises(ProtocolError, match="a frame holds 4 messages, and 3 are allowed"):
        Decoder(m.ToCoordinator).decode(encode([m.Alive()] * 4))
