"""A worker pool: jobs that wait for something, done by a few workers at a time.

    cluster run cluster/examples/worker_pool.py

A goroutine that sleeps holds up nobody: its M runs others. Nine jobs of a twentieth of a second take
three workers three rounds. Source: "Worker Pools", Go by Example.
"""

from cluster import Chan, go, sleep

WORKERS = 3
JOBS = 9
JOB_SECONDS = 0.05


async def worker(who: int, jobs: Chan[int], results: Chan[tuple[int, int]]) -> None:
    """Do jobs until there are no more."""
    async for job in jobs:
        print(f"worker {who} begins job {job}")
        await sleep(JOB_SECONDS)
        print(f"worker {who} has done job {job}")
        await results.send((job, job * job))


async def main() -> None:
    jobs, results = Chan[int](JOBS), Chan[tuple[int, int]](JOBS)
    for who in range(1, WORKERS + 1):
        go(worker, who, jobs, results)
    for job in range(1, JOBS + 1):
        await jobs.send(job)
    jobs.close()
    done = sorted([await results.recv() for _ in range(JOBS)])
    print("results:", ", ".join(f"{job}² = {square}" for job, square in done))
