"""The tables of states, pair by pair."""

from collections.abc import Mapping
from enum import Enum

import pytest

from cluster.model.errors import IllegalMoveError
from cluster.model.status import (
    G_MOVES,
    M_MOVES,
    P_MOVES,
    GEvent,
    GStatus,
    MEvent,
    MStatus,
    PEvent,
    PStatus,
    move,
)

TABLES: list[tuple[Mapping[tuple[Enum, Enum], Enum], type[Enum], type[Enum]]] = [
    (G_MOVES, GStatus, GEvent),  # type: ignore[list-item]  # each table has types of its own
    (P_MOVES, PStatus, PEvent),  # type: ignore[list-item]
    (M_MOVES, MStatus, MEvent),  # type: ignore[list-item]
]
every_table = pytest.mark.parametrize(("table", "statuses", "events"), TABLES, ids=["G", "P", "M"])
Table = Mapping[tuple[Enum, Enum], Enum]


@every_table
def test_every_pair_is_a_move_of_the_table_or_an_error(table: Table, statuses: type[Enum], events: type[Enum]) -> None:
    for status in statuses:
        for event in events:
            if (status, event) in table:
                assert move(table, status, event) is table[status, event]
            else:
                with pytest.raises(
                    IllegalMoveError, match=f"{statuses.__name__} {status.name} cannot {event.value}: no such move"
                ):
                    move(table, status, event)


@every_table
def test_every_event_moves_something(table: Table, statuses: type[Enum], events: type[Enum]) -> None:
    assert {event for _, event in table} == set(events)


@every_table
def test_every_status_is_on_a_path_but_those_that_others_give(
    table: Table, statuses: type[Enum], events: type[Enum]
) -> None:
    on_a_path = {status for status, _ in table} | set(table.values())
    assert set(statuses) - on_a_path <= {GStatus.SYSCALL}  # a helper thread's: not the kernel's to give


def test_numbers_are_those_of_go() -> None:
    """Go 1.19 runtime/runtime2.go: _Gidle .. _Gdead, _Pidle .. _Pdead."""
    assert {status.name: status.value for status in GStatus} == {
        "IDLE": 0,
        "RUNNABLE": 1,
        "RUNNING": 2,
        "SYSCALL": 3,
        "WAITING": 4,
        "DEAD": 6,
    }
    assert {status.name: status.value for status in PStatus} == {"IDLE": 0, "RUNNING": 1, "DEAD": 4}


def test_what_is_over_is_over() -> None:
    assert not any(status in (GStatus.DEAD, MStatus.GONE) for table, _, _ in TABLES for status, _ in table)


def test_every_m_can_be_lost() -> None:
    for status in MStatus:
        assert status is MStatus.GONE or move(M_MOVES, status, MEvent.LOSE) is MStatus.GONE
