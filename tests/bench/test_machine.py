"""What is told of the machine, and when it is too busy. The files of /proc and /sys are made up."""

from pathlib import Path

import pytest

from cluster.bench.machine import LOAD_MAX, StealWatch, in_lines, in_words, machine, warnings


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """A virtual machine, as its kernel describes it."""
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Fast One\nflags\t\t: fpu hypervisor sse\n")
    write(tmp_path, "sys/devices/system/cpu/smt/active", "1\n")
    write(tmp_path, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
    write(tmp_path, "sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n")
    write(tmp_path, "sys/devices/system/cpu/vulnerabilities/mds", "Not affected\n")
    write(tmp_path, "sys/class/dmi/id/sys_vendor", "QEMU\n")
    return tmp_path


def test_the_machine_is_described_by_what_its_kernel_tells(guest: Path) -> None:
    facts = machine(root=guest)
    assert (facts["cpu"], facts["smt"], facts["governor"]) == ("Fast One", "on", "powersave")
    assert facts["mitigations"] == {"meltdown": "Mitigation: PTI"}
    assert facts["virtualised"] == "QEMU"
    assert "seed" not in facts and machine(7, guest)["seed"] == 7


def test_what_a_kernel_does_not_tell_is_unknown_and_no_hypervisor_is_none(tmp_path: Path) -> None:
    facts = machine(root=tmp_path)
    assert (facts["smt"], facts["governor"], facts["mitigations"]) == ("unknown", "not visible", {})
    assert facts["virtualised"] == "" and facts["cpu"]
    lines = dict(in_lines(facts))
    assert (lines["virtualised"], lines["mitigations"]) == ("no", "none")


def test_in_words_it_names_the_python_and_leaves_out_what_is_unknown() -> None:
    facts = machine(3)
    assert f"Python {facts['python']}" in in_words(facts) and "seed 3" in in_words(facts)
    assert "commit" not in in_words({**facts, "commit": ""})
    assert "virtualised (KVM)" in in_words({**facts, "virtualised": "KVM"})
    assert "virtualised" not in in_words({**facts, "virtualised": ""})


def test_steal_is_the_share_of_all_time_since_the_watch_was_made() -> None:
    reads = iter([(5.0, 100.0), (6.0, 120.0), (5.0, 100.0), (5.0, 100.0)])
    watch = StealWatch(lambda: next(reads))
    assert watch.percent() == 5.0
    assert StealWatch(lambda: next(reads)).percent() == 0.0
    assert StealWatch().percent() >= 0.0


@pytest.mark.parametrize(("load", "steal", "words"), [(0.5, 1.0, []), (0.51, 0, ["0.51"]), (9, 1.1, ["9.00", "1.1 %"])])
def test_a_busy_machine_is_warned_of(load: float, steal: float, words: list[str]) -> None:
    found = warnings(load, steal)
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found, strict=True))
    assert LOAD_MAX == 0.5
