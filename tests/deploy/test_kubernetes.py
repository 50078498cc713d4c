"""The manifest: command lines are ours, ports and names meet, keys come from the Secret, and none is in it."""

import ast
import shlex
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cluster.cli.entry import group
from tests.deploy.commandline import DEPLOY, parse
from tests.deploy.containerfile import parse_containerfile

ALL = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "gmp-cluster.yaml").read_text("utf-8")))
USER = 10001


def one(kind: str, name: str) -> dict[str, Any]:
    (found,) = (o for o in ALL if (o["kind"], o["metadata"]["name"]) == (kind, name))
    assert isinstance(found, dict)
    return found


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = one("Deployment", name)["spec"]["template"]["spec"]
    return spec


PODS = [pod("gmp-coordinator"), pod("gmp-worker")]
CONTAINERS = {container["name"]: container for spec in PODS for container in spec["containers"]}
PROBES = [
    container[probe]
    for container in CONTAINERS.values()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    if probe in container
]


def command_of(name: str) -> list[str]:
    """What the container runs in the end: what its shell becomes, if it has one."""
    command: list[str] = CONTAINERS[name]["command"]
    if command[0] != "sh":
        return command
    assert command[1] == "-ec"
    return shlex.split(command[2].rpartition("&& exec ")[2])


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


@pytest.mark.parametrize("name", ["coordinator", "worker"])
def test_a_container_runs_its_program_with_options_that_it_has(name: str) -> None:
    assert parse(command_of(name))[0] == name


def test_there_is_one_coordinator_and_never_two_while_it_is_replaced() -> None:
    spec = one("Deployment", "gmp-coordinator")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_probes_ask_by_cluster_status_with_options_that_it_has() -> None:
    assert len(PROBES) == 4
    for probe in PROBES:
        program, command, *options = probe["exec"]["command"]
        assert (program, command) == ("cluster", "status") and probe["timeoutSeconds"] >= 5
        words = [word for word in options if word.startswith("--")]
        told = CliRunner().invoke(group, ["status", "--help"]).output
        assert words == ["--address", "--connection"] and all(word in told for word in words)


def test_ports_and_names_meet() -> None:
    port = int(option(command_of("coordinator"), "--bind").rpartition(":")[2])
    service = one("Service", "coordinator")["spec"]
    assert [p["containerPort"] for p in CONTAINERS["coordinator"]["ports"]] == [port]
    assert [p["port"] for p in service["ports"]] == [port]
    assert service["ports"][0]["targetPort"] == CONTAINERS["coordinator"]["ports"][0]["name"]
    assert option(command_of("worker"), "--connect") == f"tcp://coordinator:{port}"
    for probe in PROBES:
        assert option(probe["exec"]["command"], "--address").endswith(f":{port}")


def test_selectors_find_their_pods_and_no_others() -> None:
    labels = {}
    for name in ("gmp-coordinator", "gmp-worker"):
        spec = one("Deployment", name)["spec"]
        labels[name] = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"] == labels[name]
    assert one("Service", "coordinator")["spec"]["selector"] == labels["gmp-coordinator"]
    policy = one("NetworkPolicy", "gmp-members")["spec"]
    mine = policy["podSelector"]["matchLabels"]
    assert all(mine.items() <= of.items() for of in labels.values())
    assert policy["ingress"] == [{"from": [{"podSelector": {"matchLabels": mine}}]}]


def test_keys_come_from_the_secret_and_are_copied_to_a_file_that_only_the_user_can_read() -> None:
    volumes = {volume["name"]: volume for volume in PODS[1]["volumes"]}
    assert volumes["keys"]["secret"]["secretName"] == "gmp-connection"
    mounts = {mount["name"]: mount["mountPath"] for mount in CONTAINERS["worker"]["volumeMounts"]}
    copied, to = f"{mounts['keys']}/connection.json", f"{mounts['run']}/connection.json"
    assert CONTAINERS["worker"]["command"][2].startswith(f"install -m 0600 {copied} {to} && exec ")
    assert option(command_of("worker"), "--connection") == to
    assert not one("Secret", "gmp-connection").keys() & {"data", "stringData"}, "no key is in the manifest"


def test_what_the_coordinator_writes_is_what_the_publisher_reads_and_only_it_may_write_the_secret() -> None:
    text = one("ConfigMap", "gmp-publisher")["data"]["publish.py"]
    ast.parse(text)
    assert f'"{option(command_of("coordinator"), "--connection")}"' in text and "secrets/gmp-connection" in text
    role = one("Role", "gmp-publisher")["rules"]
    assert role == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["gmp-connection"], "verbs": ["patch"]}
    ]
    subjects = one("RoleBinding", "gmp-publisher")["subjects"]
    assert [who["name"] for who in subjects] == [PODS[0]["serviceAccountName"]]
    holders = [c["name"] for c in CONTAINERS.values() if any(m["name"] == "account" for m in c["volumeMounts"])]
    assert holders == ["publisher"]


@pytest.mark.parametrize("spec", PODS, ids=["coordinator", "worker"])
def test_pods_run_as_the_images_user_and_may_do_nothing_else(spec: dict[str, Any]) -> None:
    instructions = parse_containerfile((DEPLOY / "container" / "Containerfile").read_text("utf-8"))
    assert ("USER", f"{USER}:{USER}") in instructions
    context = spec["securityContext"]
    assert context["runAsNonRoot"] and {context[f"runAs{who}"] for who in ("User", "Group")} == {USER}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert "memory" in container["resources"]["limits"] and container["image"] == "gmp-cluster"


@pytest.mark.parametrize("spec", PODS, ids=["coordinator", "worker"])
def test_every_mount_has_its_volume_and_every_volume_a_mount(spec: dict[str, Any]) -> None:
    mounted = {mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}
