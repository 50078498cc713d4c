"""The batch script of deploy/slurm, under a `srun` that starts everything here: a cluster for the time of a job."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.commandline import DEPLOY
from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

SCRIPT = DEPLOY / "slurm" / "gmp-cluster.sbatch"


def start(place: Place, text: str) -> subprocess.CompletedProcess[str]:
    bin_dir = place.path / "bin"
    place.write("bin/srun", '#!/bin/sh\nexec "$@"\n').chmod(0o755)
    for name in ("cluster", "coordinator", "worker"):
        place.write(f"bin/{name}", f'#!/bin/sh\nexec {sys.executable} -m {name} "$@"\n').chmod(0o755)
    ours = place.environ({"GMP_SHARED": str(place.path), "GMP_BIND": "tcp://127.0.0.1:0"})
    job = {"SLURM_NNODES": "1", "SLURM_CPUS_PER_TASK": "2", "PATH": f"{bin_dir}:{ours['PATH']}"}
    return subprocess.run(
        ["bash", SCRIPT, place.write("app.py", text), "1", "2"],
        cwd=place.path, env=ours | job, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip


def test_a_job_runs_its_program_with_its_arguments_and_leaves_nothing(place: Place) -> None:
    done = start(
        place, "import sys\nfrom cluster import gomaxprocs\nasync def main(): print(await gomaxprocs(), sys.argv[1:])"
    )
    assert (done.returncode, done.stdout) == (0, "2 ['1', '2']\n"), done.stderr
    assert [path for path in place.path.iterdir() if path.name.startswith("gmp-cluster.")] == []


def test_a_job_ends_as_its_program_does(place: Place) -> None:
    done = start(place, "from cluster import exit\nasync def main(): exit(7)")
    assert done.returncode == 7
    assert list(Path(place.path).glob("gmp-cluster.*")) == []


def test_slurm_reads_the_directives_of_the_script() -> None:
    lines = SCRIPT.read_text("utf-8").splitlines()
    assert lines[0] == "#!/bin/bash"
    directives = [line for line in lines if line.startswith("#SBATCH")]
    first_command = next(at for at, line in enumerate(lines) if line and not line.startswith("#"))
    assert directives == [line for line in lines[:first_command] if line.startswith("#SBATCH")], (
        "later ones are ignored"
    )
    assert all(line.startswith("#SBATCH --") and "=" in line for line in directives)
