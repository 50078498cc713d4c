"""The image holds what the project is made of and runs it as nobody special; compose joins its members by a volume."""

import tomllib
from pathlib import PurePosixPath

import pytest
import yaml

from tests.deploy.commandline import DEPLOY, parse
from tests.deploy.containerfile import parse_containerfile, words_of

ROOT = DEPLOY.parent
INSTRUCTIONS = parse_containerfile((DEPLOY / "container" / "Containerfile").read_text("utf-8"))
COMPOSE = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text("utf-8"))


def arguments(name: str) -> list[str]:
    return [argument for instruction, argument in INSTRUCTIONS if instruction == name]


def test_a_containerfile_is_a_list_of_instructions() -> None:
    assert parse_containerfile("# c\nfrom a\n\nRUN b \\\n# c\n  c\n") == [("FROM", "a"), ("RUN", "b    c")]
    assert words_of('["a", "--b"]') == ["a", "--b"]


@pytest.mark.parametrize("argument", ["coordinator --bind x", "[1]", '{"a": 1}', "3"])
def test_a_command_that_is_no_list_of_words_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match="no list of words"):
        words_of(argument)


def test_the_image_has_a_python_that_the_project_supports() -> None:
    assert arguments("FROM") == ["python:3.11-slim"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"


def test_the_image_is_built_from_all_that_the_distribution_holds() -> None:
    copied = [word for argument in arguments("COPY") for word in argument.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = [name for name in settings["tool"]["setuptools"]["packages"]["find"]["include"] if "." not in name]
    assert sorted(copied) == sorted([*packages, "pyproject.toml", *settings["project"]["license-files"]])


def test_the_image_runs_as_nobody_special() -> None:
    names = [name for name, _ in INSTRUCTIONS]
    assert arguments("USER") == ["10001:10001"]
    assert "RUN" not in names[names.index("USER") :], "nothing is installed by the user who runs it"


def test_the_image_starts_a_coordinator_with_options_that_it_has() -> None:
    [command] = arguments("CMD")
    program, options = parse(words_of(command))
    assert program == "coordinator"
    directory = PurePosixPath(options["--bind"].removeprefix("ipc://")).parent
    assert f"install -d -m 0700 -o gmp -g gmp {directory}" in arguments("RUN")[-1]


@pytest.mark.parametrize("name", ["coordinator", "worker"])
def test_a_service_runs_its_program_with_options_that_it_has(name: str) -> None:
    assert parse(COMPOSE["services"][name]["command"])[0] == name


def test_there_is_one_coordinator_and_as_many_workers_as_one_likes() -> None:
    assert list(COMPOSE["services"]) == ["coordinator", "worker"]
    _, worker = parse(COMPOSE["services"]["worker"]["command"])
    assert worker["--count"] == "${WORKERS:-2}"
    assert COMPOSE["services"]["worker"]["depends_on"] == ["coordinator"]


def test_no_service_is_replicated() -> None:
    """An M's socket is named by its process id, which it would share with one of another container."""
    assert [name for name, service in COMPOSE["services"].items() if service.keys() & {"deploy", "scale"}] == []


def test_members_meet_in_one_volume() -> None:
    _, coordinator = parse(COMPOSE["services"]["coordinator"]["command"])
    _, worker = parse(COMPOSE["services"]["worker"]["command"])
    assert worker["--connect"] == coordinator["--bind"]
    assert list(COMPOSE["volumes"]) == ["sockets"]
    directory = PurePosixPath(coordinator["--bind"].removeprefix("ipc://")).parent
    for service in COMPOSE["services"].values():
        assert f"sockets:{directory}" in service["volumes"]


def test_no_member_has_a_network() -> None:
    for service in COMPOSE["services"].values():
        assert service["network_mode"] == "none"
        assert not service.keys() & {"ports", "expose", "networks"}


def test_the_services_run_the_image_of_this_directory() -> None:
    build = COMPOSE["services"]["coordinator"]["build"]
    assert (DEPLOY / "container" / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert [service["image"] for service in COMPOSE["services"].values()] == ["gmp-cluster", "gmp-cluster"]


TCP = yaml.safe_load((DEPLOY / "container" / "compose.tcp.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", ["coordinator", "worker"])
def test_a_service_on_tcp_runs_its_program_with_options_that_it_has(name: str) -> None:
    assert parse(TCP["services"][name]["command"])[0] == name


def test_keys_are_in_a_volume_of_the_members_and_workers_cannot_write_there() -> None:
    _, coordinator = parse(TCP["services"]["coordinator"]["command"])
    _, worker = parse(TCP["services"]["worker"]["command"])
    directory = coordinator["--dir"]
    assert worker["--connection"] == f"{directory}/connection.json"
    assert f"keys:{directory}" in TCP["services"]["coordinator"]["volumes"]
    assert f"keys:{directory}:ro" in TCP["services"]["worker"]["volumes"]
    assert list(TCP["volumes"]) == ["keys"]
    assert f"install -d -m 0700 -o gmp -g gmp {directory}" in arguments("RUN")[-1]


def test_workers_on_tcp_find_the_coordinator_by_the_name_of_its_service_and_its_port() -> None:
    _, coordinator = parse(TCP["services"]["coordinator"]["command"])
    _, worker = parse(TCP["services"]["worker"]["command"])
    assert worker["--connect"] == f"tcp://coordinator:{coordinator['--bind'].rpartition(':')[2]}"


def test_the_network_of_the_members_has_no_way_out_and_no_port_is_published() -> None:
    assert TCP["networks"] == {"members": {"internal": True}}
    for service in TCP["services"].values():
        assert service["networks"] == ["members"]
        assert not service.keys() & {"ports", "expose", "network_mode"}
