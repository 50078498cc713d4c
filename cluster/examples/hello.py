"""The smallest program. Its main function is a goroutine, as in Go: watch it being made, queued and run.

cluster run --explain cluster/examples/hello.py
"""


async def main() -> None:
    print("Hello, World!")
