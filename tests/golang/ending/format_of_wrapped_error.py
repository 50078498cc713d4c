"""The value of a panic on stderr: an error that wraps another."""

from cluster import Panic


async def main():
    try:
        raise ValueError("inner")
    except ValueError as error:
        raise Panic(Exception(f"outer: {error}")) from error
