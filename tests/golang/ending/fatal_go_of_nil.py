"""To start a nil function is fatal."""

from cluster import go


async def main():
    try:
        go(None)
    finally:
        print("never")
