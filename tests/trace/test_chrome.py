"""The trace file: what viewers need of it, and that every span and step is in it once."""

import io
import json
from itertools import pairwise
from typing import Any

from cluster.model.ids import MId, PId
from cluster.trace.chrome import CORES, MS, PS, write
from cluster.wire.messages import Span, Step

SPANS = [
    Span(MId(1), PId(1), 17, "main.worker", 1, 3_000_000, 5_000_000),
    Span(MId(0), PId(0), 1, "main.main", 0, 1_000_000, 2_000_500),
    Span(MId(0), PId(0), 1, "main.main", 0, 2_000_600, 4_000_000),
]
STEPS = [
    Step("GoCreate", 1_500_000, 0, 0, 17, "main.worker"),
    Step("SchedInit", 900_000, -1, -1, -1, "procs=2"),
]


def trace_of(spans: list[Span], steps: list[Step]) -> list[dict[str, Any]]:
    out = io.StringIO()
    write(spans, steps, out)
    document = json.loads(out.getvalue())
    assert document["displayTimeUnit"] == "ms"
    events: list[dict[str, Any]] = document["traceEvents"]
    return events


def test_every_span_is_one_slice_of_its_m_with_times_since_the_first_event() -> None:
    slices = [e for e in trace_of(SPANS, STEPS) if e["ph"] == "X" and e["pid"] == MS]
    assert [(e["name"], e["tid"], e["ts"], e["dur"]) for e in slices] == [
        ("G1 main.main", 0, 100.0, 1000.5),
        ("G1 main.main", 0, 1100.6, 1999.4),
        ("G17 main.worker", 1, 2100.0, 2000.0),
    ]
    assert slices[2]["args"] == {"goid": 17, "m": 1, "p": 1, "core": 1}


def test_cores_and_ps_show_who_was_there_without_the_short_gaps() -> None:
    events = trace_of(SPANS, STEPS)
    for group in (CORES, PS):
        stays = [(e["name"], e["tid"], e["ts"], e["dur"]) for e in events if e["ph"] == "X" and e["pid"] == group]
        assert stays == [("M0", 0, 100.0, 3000.0), ("M1", 1, 2100.0, 2000.0)]


def test_slices_of_one_track_do_not_overlap() -> None:
    shared = [Span(MId(m), PId(m), 1, "f", 0, at + m * 300_000, at + 800_000) for at in (0, 10**6) for m in range(3)]
    on_core = [(e["ts"], e["dur"]) for e in trace_of(shared, []) if e["ph"] == "X" and e["pid"] == CORES]
    assert len(on_core) == 6
    assert all(ts + dur <= later for (ts, dur), (later, _) in pairwise(sorted(on_core)))


def test_steps_are_instants_on_the_track_of_their_m_and_the_coordinators_have_their_own() -> None:
    events = trace_of(SPANS, STEPS)
    instants = [(e["name"], e["tid"], e["ts"]) for e in events if e["ph"] == "i"]
    assert instants == [("SchedInit", -1, 0.0), ("GoCreate", 0, 600.0)]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert names[MS, -1] == "coordinator"
    assert names[MS, 1] == "M1"
    assert names[CORES, 0] == "core 0"
    assert names[PS, 1] == "P1"


def test_an_arrow_leads_from_a_goroutines_making_to_its_first_slice() -> None:
    arrows = [(e["ph"], e["id"], e["tid"], e["ts"]) for e in trace_of(SPANS, STEPS) if e["ph"] in "sf"]
    assert arrows == [("s", 17, 0, 600.0), ("f", 17, 1, 2100.0)]


def test_an_empty_trace_and_strange_names_are_json() -> None:
    assert [e for e in trace_of([], []) if e["ph"] != "M"] == []
    strange = SPANS[0]._replace(name='"\\\x00\udc80<', core=-1)
    assert any(e["name"] == 'G17 "\\\x00\udc80<' for e in trace_of([strange], []))
