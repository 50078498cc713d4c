"""Exit ends the program at once, with the code, and without any deferred call."""

from cluster import exit


async def main():
    try:
        print("exits")
        exit(7)
    finally:
        print("never")
