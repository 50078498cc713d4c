"""The fuzz finds what it is made to find, and repeats itself; a short run of it is part of every test run."""

import random

import pytest

from cluster.bench import fuzz
from cluster.model.errors import ProtocolError
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import Numbered, StopCluster, ToCoordinator


def test_the_frames_of_a_seed_are_always_the_same_and_those_of_another_are_not() -> None:
    first = list(fuzz.frames(7, 300))
    assert first == list(fuzz.frames(7, 300))
    assert first != list(fuzz.frames(8, 300))


def test_some_frames_are_messages_and_most_are_not() -> None:
    report = fuzz.Report(seed=3)
    fuzz.at_the_decoders(report, 2000)
    assert report.decoded == 2000
    assert report.crashes == []
    assert 100 < report.messages < 1500


def test_a_decoder_that_falls_is_found_with_its_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Decoder.decode

    def falls(self: Decoder, frame: bytes) -> object:
        if len(frame) == 13:
            raise KeyError("of no protocol")
        return decode(self, frame)

    monkeypatch.setattr(Decoder, "decode", falls)
    report = fuzz.Report(seed=3)
    fuzz.at_the_decoders(report, 500)
    assert report.crashes
    assert all("KeyError: 'of no protocol': " in crash and len(crash.split()[-1]) == 26 for crash in report.crashes)


def test_every_message_is_made_and_no_mutation_stops_the_coordinator() -> None:
    dice = random.Random(1)
    assert {type(fuzz.made_by_chance(kind, dice)) for kind in fuzz.KINDS} == set(fuzz.KINDS)
    assert fuzz._stops(b"\x91\x91\x54"), "StopCluster is the message of tag 84"
    assert fuzz._stops(encode([Numbered(1, 1, 0, 0), StopCluster()])), "as it comes on a link"
    assert not fuzz._stops(b"\x91\x91\x51")
    with pytest.raises(ProtocolError):
        Decoder(ToCoordinator).decode(b"\x91\x54")
    assert not fuzz._stops(b"\x91\x54")
