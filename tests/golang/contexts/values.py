"""A value is found in the nearest context that has the key; contexts between do not matter."""

from cluster import background, with_cancel, with_value


async def main():
    a = with_value(background(), "x", 1)
    b = with_value(a, "y", 2)
    c, cancel = with_cancel(b)
    d = with_value(c, "x", 3)
    print(a.value("x"), a.value("y"))
    print(d.value("x"), d.value("y"), d.value("z"))
    print(c.value("x"), background().value("x"))
    cancel()
