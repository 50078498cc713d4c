"""SetMaxStack returns the limit that held before."""

from cluster import set_max_stack


async def main():
    print(set_max_stack(1 << 20))
    print(set_max_stack(1 << 21))
    print(set_max_stack(1_000_000_000))
