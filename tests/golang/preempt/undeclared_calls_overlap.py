"""Nobody need say that a call will block: sysmon retakes the P of the one that does, and four calls of 200 ms
take far less than 800 ms.
"""

import time

from cluster import WaitGroup, go


async def main():
    start = time.monotonic()
    wg = WaitGroup()

    def pause():
        time.sleep(0.2)
        wg.done()

    for _ in range(4):
        wg.add(1)
        go(pause)
    await wg.wait()
    print(time.monotonic() - start < 0.7)
