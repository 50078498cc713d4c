"""A short round of what `cluster.bench.chaos` does for as long as one likes."""

from random import Random

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)


def test_under_harm_nothing_is_lost_wrong_or_left_over(place: Place, rng: Random) -> None:
    seed = rng.randrange(1 << 30)
    done = place.run("-m", "cluster.bench.chaos", "--rounds", "4", "--seed", str(seed))
    assert done.code == 0, done.out + done.err
    assert "hangs and wrong or lost results: 0; processes and sockets left over: 0" in done.out
