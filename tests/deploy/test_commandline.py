"""The reader of command lines refuses what the programs would refuse."""

import pytest

from tests.deploy.commandline import parse


def test_a_command_line_is_a_program_and_its_options() -> None:
    assert parse("/opt/x/bin/worker --connect ipc:///run/a.sock --count ${COUNT} --pin") == (
        "worker",
        {"--connect": "ipc:///run/a.sock", "--count": "${COUNT}", "--pin": "yes"},
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("python -m worker", "none of our programs"),
        ("worker --bind ipc:///run/a.sock", "worker has no option '--bind'"),
        ("worker 3", "worker has no option '3'"),
        ("coordinator --procs", "--procs does not take ''"),
        ("coordinator --procs 0", "--procs does not take '0'"),
        ("coordinator --procs 2 --procs 3", "--procs twice"),
        ("coordinator --bind tcp://0.0.0.0", "--bind does not take 'tcp:"),
        (f"coordinator --bind ipc:///{'x' * 107}", "--bind does not take 'ipc:"),
        ("coordinator --dir --procs 2", "--dir does not take '--procs'"),
    ],
)
def test_a_line_that_the_program_would_refuse_is_refused(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(line)
