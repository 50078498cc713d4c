"""The units start our programs with options that they have, on one socket that only their user can reach."""

import re

import pytest

from tests.deploy.commandline import DEPLOY, parse
from tests.deploy.unitfile import Unit, parse_unit

COORDINATOR, WORKER = "gmp-coordinator.service", "gmp-worker@.service"
REMOTE = "gmp-remote-worker@.service"


def unit(name: str) -> Unit:
    return parse_unit((DEPLOY / "systemd" / name).read_text("utf-8"))


def test_a_unit_file_is_read_as_systemd_reads_it() -> None:
    text = "# c\n[Service]\n; c\nExecStart=a \\\n  b\nEnvironment=A=1\nEnvironment=B=2\nUser=x\nUser=\n[Install]\n"
    service = {"ExecStart": ["a    b"], "Environment": ["A=1", "B=2"], "User": []}
    assert parse_unit(text) == {"Service": service, "Install": {}}


@pytest.mark.parametrize("text", ["Key=value", "[Service]\nno assignment", "[Service]\n=value"])
def test_a_line_that_systemd_would_ignore_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a section nor"):
        parse_unit(text)


def test_there_are_these_units_and_no_others() -> None:
    assert sorted(path.name for path in (DEPLOY / "systemd").iterdir()) == [COORDINATOR, REMOTE, WORKER]


@pytest.mark.parametrize(("name", "program"), [(COORDINATOR, "coordinator"), (WORKER, "worker"), (REMOTE, "worker")])
def test_a_unit_runs_its_program_with_options_that_it_has(name: str, program: str) -> None:
    [line] = unit(name)["Service"]["ExecStart"]
    assert line.startswith("/"), "systemd searches no PATH of ours"
    assert parse(line)[0] == program


@pytest.mark.parametrize("name", [COORDINATOR, WORKER, REMOTE])
def test_every_variable_of_a_command_line_has_a_value(name: str) -> None:
    service = unit(name)["Service"]
    set_here = [setting.partition("=")[0] for setting in service["Environment"]]
    assert set(re.findall(r"\$\{(\w+)\}", service["ExecStart"][0])) == set(set_here)


def test_workers_look_for_the_coordinator_where_it_is() -> None:
    _, coordinator = parse(unit(COORDINATOR)["Service"]["ExecStart"][0])
    _, worker = parse(unit(WORKER)["Service"]["ExecStart"][0])
    assert worker["--connect"] == coordinator["--bind"]


def test_the_socket_is_in_a_directory_that_only_its_user_can_enter() -> None:
    service = unit(COORDINATOR)["Service"]
    [directory] = service["RuntimeDirectory"]
    assert service["RuntimeDirectoryMode"] == ["0700"]
    _, options = parse(service["ExecStart"][0])
    assert options["--bind"].startswith(f"ipc://%t/{directory}/")
    assert service["User"] == unit(WORKER)["Service"]["User"] != ["root"]


def test_a_remote_worker_has_its_keys_from_the_file_that_it_waits_for() -> None:
    _, options = parse(unit(REMOTE)["Service"]["ExecStart"][0])
    assert [options["--connection"]] == unit(REMOTE)["Unit"]["ConditionPathExists"]
    assert "--connect" not in options, "the file says where the coordinator is"


def test_a_worker_does_not_own_the_directory_that_it_shares() -> None:
    """systemd removes the directory of a unit that stops: a worker that does must not cut off all others."""
    assert "RuntimeDirectory" not in unit(WORKER)["Service"]


def test_workers_start_after_the_coordinator_and_stop_with_it() -> None:
    section = unit(WORKER)["Unit"]
    assert section["Requires"] == section["After"] == section["PartOf"] == [COORDINATOR]


@pytest.mark.parametrize("name", [COORDINATOR, WORKER, REMOTE])
def test_what_fails_is_started_again_and_what_is_stopped_may_end_its_children(name: str) -> None:
    service = unit(name)["Service"]
    assert service["Restart"] == ["on-failure"]
    assert (service["KillSignal"], service["KillMode"]) == (["SIGTERM"], ["mixed"])
