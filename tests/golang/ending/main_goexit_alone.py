"""Main may leave by Goexit; when nobody is left the program says so."""

from cluster import go, goexit


async def main():
    go(print, "other")
    goexit()
