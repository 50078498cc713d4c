"""Mutated frames, at the decoders and at the sockets of real processes: `python -m cluster.bench.fuzz`.

Seeds are frames of every message with fields by chance; a mutation flips, cuts, repeats, splices, or lies about a
length. First each goes to the decoders of all directions, which must give messages or a ProtocolError. Then others are
thrown at the coordinator and at the Ms of a cluster, under a new name every few frames, since the third bad one cuts
off: nobody may fall, and a program must still run. The frames of a run come from its seed. No name comes twice:
where one is taken over, libzmq itself loses 3 KB and a descriptor (its issue 4407).
"""

import contextlib
import gc
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import UnionType
from typing import BinaryIO, Final, NewType, get_args, get_origin, get_type_hints

import click
import psutil
import zmq

from cluster.api.cluster import Cluster
from cluster.model.errors import ProtocolError
from cluster.model.limits import STRIKES_MAX
from cluster.wire import messages as m
from cluster.wire.codec import Decoder, encode

DIRECTIONS: Final[tuple[UnionType, ...]] = (m.ToCoordinator, m.FromCoordinator, m.BetweenMs)
DECODERS: Final = tuple(Decoder(direction, m.Numbered) for direction in DIRECTIONS)  # as the processes have them
KINDS: Final = sorted(get_args(m.Message), key=lambda kind: str(kind.__name__))
SPARED: Final = m.StopCluster  # the coordinator does what it says
LENGTHS: Final = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
NUMBERS: Final = (-1, 0, 1, 2, 3, 7, 1 << 16, (1 << 63) - 1, -(1 << 63))
SEEDS_KEPT: Final = 512  # to splice with
BREATH: Final = 300  # frames at the sockets between two questions to the coordinator, which wait until it has read them
NAME_BYTES: Final = 8


def field_by_chance(hint: object, dice: random.Random) -> object:
    """A value of that type."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if get_origin(hint) is tuple:
        return tuple(field_by_chance(get_args(hint)[0], dice) for _ in range(dice.randrange(4)))
    if hint is bool:
        return dice.random() < 0.5
    if hint is int:
        return dice.choice(NUMBERS)
    if hint is bytes:
        return dice.randbytes(dice.randrange(40))
    if hint is str:
        return "".join(dice.choices("a/.*\0é\udc80", k=dice.randrange(20)))
    assert isinstance(hint, type) and issubclass(hint, tuple), f"no field is of type {hint}"
    return made_by_chance(hint, dice)


def made_by_chance(kind: type, dice: random.Random) -> object:
    """A message, or a part of one."""
    return kind(*[field_by_chance(hint, dice) for hint in get_type_hints(kind).values()])


def mutated(frame: bytes, other: bytes, dice: random.Random) -> bytes:
    """A frame with one to four changes; now and then with none, and now and then nothing of it is left."""
    data = bytearray(frame)
    for _ in range(dice.randrange(5)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(7):
            case 0 if data:
                data[at - 1] ^= 1 << dice.randrange(8)
            case 1 if data:
                data[at - 1] = dice.randrange(256)
            case 2:
                del data[at:]
            case 3:
                del data[at : at + dice.randrange(8)]
            case 4:
                data[at:at] = data[at : at + dice.randrange(32)]
            case 5:
                data[at:] = other[dice.randrange(len(other) + 1) :]
            case _:
                size = dice.choice((1, 2, 4))
                lie = (dice.choice(LENGTHS) & ((1 << 8 * size) - 1)).to_bytes(size, "big")
                data[at : at + 1 + size] = bytes([dice.choice((0xC4, 0xC6, 0xD9, 0xDB, 0xDC, 0xDD, 0xDF, 0xC9))]) + lie
    return bytes(data)


def frames(seed: int, count: int) -> Iterator[bytes]:
    """So many mutated frames; the same for the same seed."""
    dice = random.Random(seed)
    kept: list[bytes] = [b"\x90"]
    for _ in range(count):
        said = [made_by_chance(dice.choice(KINDS), dice) for _ in range(dice.choice((1, 1, 1, 2, 5)))]
        frame = encode(said)  # type: ignore[arg-type]  # KINDS are messages
        other = dice.choice(kept)
        if len(kept) < SEEDS_KEPT:
            kept.append(frame)
        else:
            kept[dice.randrange(SEEDS_KEPT)] = frame
        yield mutated(frame, other, dice)


@dataclass
class Report:
    """What came of a run. Sizes in bytes."""

    seed: int
    decoded: int = 0
    messages: int = 0  # frames that were some, in one direction or more
    crashes: list[str] = field(default_factory=list)
    thrown: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    rss: dict[str, tuple[int, int]] = field(default_factory=dict)  # of each process: after a tenth, and at the end
    bad_frames: int = 0
    cut_off: int = 0


def rss(pid: int) -> int:
    """Resident bytes of a process."""
    return int(psutil.Process(pid).memory_info().rss)


def at_the_decoders(report: Report, count: int) -> None:
    """Every frame to the decoders of all directions."""
    begin, early = time.perf_counter(), 0
    for number, frame in enumerate(frames(report.seed, count)):
        if number == count // 10:
            gc.collect()
            early = rss(os.getpid())
        good = False
        for decoder in DECODERS:
            try:
                decoder.decode(frame)
                good = True
            except ProtocolError:
                pass
            except Exception as error:  # noqa: BLE001  # what is looked for
                report.crashes.append(f"frame {number}: {type(error).__name__}: {error}: {frame.hex()}")
        report.decoded += 1
        report.messages += good
    gc.collect()
    report.seconds["decoders"] = time.perf_counter() - begin
    report.rss["decoders"] = early, rss(os.getpid())


class Thrower:
    """Throws frames at one socket, under a new name whenever the old one must be cut off."""

    def __init__(self, address: str, dice: random.Random) -> None:
        self._address: Final = address
        self._dice: Final = dice
        self._context: Final = zmq.Context()
        self._socket = self._new()
        self._left = STRIKES_MAX

    def _new(self) -> "zmq.Socket[bytes]":
        socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        socket.linger = 200  # ms
        word = self._dice.randbytes(NAME_BYTES).hex().encode()
        name = b"m%d." % self._dice.randrange(4) + word if self._dice.random() < 0.3 else b"D" + word
        socket.setsockopt(zmq.ROUTING_ID, name)
        socket.connect(self._address)
        return socket

    def throw(self, frame: bytes) -> None:
        """One more."""
        if not self._left:
            self._socket.close()
            self._socket, self._left = self._new(), STRIKES_MAX
        self._left -= 1
        self._socket.send_multipart([frame] if self._dice.random() < 0.95 else [frame, b"", frame])

    def close(self) -> None:
        """Have done."""
        self._socket.close()
        self._context.term()


def at_the_sockets(report: Report, count: int) -> None:
    """Every frame to one process of a cluster of three: the coordinator, or one of two Ms."""
    dice = random.Random(report.seed + 1)
    with _words_of_others() as words, Cluster(2, 2) as cluster:
        assert cluster.run(pow, 2, 10) == 1024
        status = cluster.status()
        ms = [row.pid for row in status.ms]
        directory = cluster.address.rpartition("/")[0]
        throwers = [
            Thrower(address, dice) for address in (cluster.address, *(f"{directory}/m-{pid}.sock" for pid in ms))
        ]
        watched = {"coordinator": status.pid, **{f"M of pid {pid}": pid for pid in ms}}
        begin, early = time.perf_counter(), dict.fromkeys(watched, 0)
        for number, frame in enumerate(frames(report.seed + 2, count)):
            if number == count // 10:
                early |= {name: rss(pid) for name, pid in watched.items() if psutil.pid_exists(pid)}
            if _stops(frame):
                continue
            dice.choice(throwers).throw(frame)
            report.thrown += 1
            if number % BREATH == 0:
                cluster.status()
        for thrower in throwers:
            thrower.close()
        for name, pid in watched.items():
            if psutil.pid_exists(pid):
                report.rss[name] = early[name], rss(pid)
            else:
                report.crashes.append(f"the {name} fell")
        if cluster.run(pow, 2, 10) != 1024:
            report.crashes.append("a program has a wrong result")
        after = cluster.status()
        report.bad_frames = after.bad_frames + sum(row.bad_frames for row in after.ms)
        report.cut_off = after.cut_off
        words.seek(0)
        report.crashes += [line.decode("utf-8", "replace") for line in words if b"Traceback" in line]
    report.seconds["sockets"] = time.perf_counter() - begin


@contextlib.contextmanager
def _words_of_others() -> Iterator[BinaryIO]:
    """What processes that are started meanwhile write to stderr: a line or two for each peer, and no traceback."""
    with tempfile.TemporaryFile() as words:
        before = os.dup(2)
        os.dup2(words.fileno(), 2)
        try:
            yield words
        finally:
            os.dup2(before, 2)
            os.close(before)


def _stops(frame: bytes) -> bool:
    """Whether somebody would be right to end on reading this frame."""
    for decoder in DECODERS:
        try:
            if any(isinstance(message, SPARED) for message in decoder.decode(frame)):
                return True
        except ProtocolError:
            pass
    return False


@click.command()
@click.option("--frames", "count", default=1_000_000, show_default=True, help="Frames for the decoders.")
@click.option("--sockets", default=100_000, show_default=True, help="Frames for the sockets of a cluster.")
@click.option("--seed", default=1, show_default=True, help="The frames are the same for the same seed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def main(count: int, sockets: int, seed: int, as_json: bool) -> None:
    """Mutated frames: at the decoders, then at the sockets of a coordinator and two Ms."""
    report = Report(seed)
    at_the_decoders(report, count)
    if sockets:
        at_the_sockets(report, sockets)
    if as_json:
        click.echo(json.dumps({"python": platform.python_version(), **vars(report)}))
    else:
        show(report)
    sys.exit(1 if report.crashes else 0)


def show(report: Report) -> None:
    """The report in words."""
    print(f"Python {platform.python_version()}, seed {report.seed}")
    print(
        f"decoders: {report.decoded} frames, {report.messages} of them messages, in {report.seconds['decoders']:.0f} s"
    )
    if report.thrown:
        bad = f"{report.bad_frames} were told as bad, {report.cut_off} peers of the coordinator cut off"
        print(f"sockets:  {report.thrown} frames in {report.seconds['sockets']:.0f} s; {bad}")
    for name, (early, late) in report.rss.items():
        print(f"memory:   {name}: {early / 2**20:.1f} MiB after a tenth, {late / 2**20:.1f} at the end")
    print(f"crashes:  {len(report.crashes)}")
    for crash in report.crashes[:10]:
        print(f"  {crash}")


if __name__ == "__main__":
    main()
