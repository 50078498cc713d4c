"""The Mandelbrot set, a goroutine per row: as text, or in a file as a picture.

    cluster run cluster/examples/mandelbrot.py [PICTURE.ppm | PICTURE.svg]

Rows differ much in what they cost. Nobody divides them among the cores beforehand: an M that has
nothing left steals half of the rows that another has queued.
"""

import sys
from pathlib import Path

from cluster import Chan, go

SIZES = {"": (78, 32, 5000), ".ppm": (480, 360, 300), ".svg": (160, 120, 500)}  # columns, rows, iterations at most
SHADES = " .:-=+*%@#"
LEFT, RIGHT, TOP, BOTTOM = -2.2, 0.8, 1.2, -1.2

Row = tuple[int, list[int]]


def iterations(point: complex, most: int) -> int:
    """How often z² + `point` can be taken before |z| exceeds 2, at most `most` times."""
    z = 0j
    for count in range(most):
        if z.real * z.real + z.imag * z.imag > 4:
            return count
        z = z * z + point
    return most


async def draw_row(row: int, size: tuple[int, int, int], drawn: Chan[Row]) -> None:
    """Compute one row of the picture and send it."""
    columns, rows, most = size
    imag = TOP + (BOTTOM - TOP) * row / rows
    points = (complex(LEFT + (RIGHT - LEFT) * column / columns, imag) for column in range(columns))
    await drawn.send((row, [iterations(point, most) for point in points]))


def as_text(picture: list[list[int]], most: int) -> str:
    """A character per point; those inside are `#`."""
    shades = [SHADES[-1] if n == most else SHADES[n % (len(SHADES) - 1)] for row in picture for n in row]
    columns = len(picture[0])
    return "\n".join("".join(shades[at : at + columns]) for at in range(0, len(shades), columns))


def colour(count: int, most: int) -> tuple[int, int, int]:
    """Black inside; outside from deep blue to white, the nearer the brighter."""
    if count == most:
        return 0, 0, 0
    light = min(1.0, (count / 60) ** 0.5)
    return int(255 * light**2), int(255 * light**1.3), int(96 + 159 * light**0.6)


def as_ppm(picture: list[list[int]], most: int) -> bytes:
    """A binary portable pixmap."""
    pixels = bytes(channel for row in picture for count in row for channel in colour(count, most))
    return f"P6 {len(picture[0])} {len(picture)} 255\n".encode() + pixels


def as_svg(picture: list[list[int]], most: int) -> bytes:
    """A square of five pixels per point."""
    squares = [
        f'<path d="M{5 * x} {5 * y}h5v5h-5z" fill="rgb{colour(count, most)}"/>'
        for y, row in enumerate(picture)
        for x, count in enumerate(row)
    ]
    width, height = 5 * len(picture[0]), 5 * len(picture)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" shape-rendering="crispEdges">'
    return (head + "".join(squares) + "</svg>").encode()


async def main(file: str | None = None) -> None:
    if file is None:
        file = sys.argv[1] if len(sys.argv) > 1 else ""
    size = SIZES.get(Path(file).suffix, SIZES[".ppm"])
    _, rows, most = size
    drawn = Chan[Row](rows)
    for row in range(rows):
        go(draw_row, row, size, drawn)
    picture: list[list[int]] = [[] for _ in range(rows)]
    for _ in range(rows):
        row, counts = await drawn.recv()
        picture[row] = counts
    if file:
        Path(file).write_bytes(as_svg(picture, most) if file.endswith(".svg") else as_ppm(picture, most))
    else:
        print(as_text(picture, most))
    inside = sum(row.count(most) for row in picture)
    print(f"{inside} of {sum(map(len, picture))} points are inside.")
