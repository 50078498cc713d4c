"""What the language itself raises is a panic as any other: code 2, or recovered."""


def at(values, i):
    try:
        return values[i]
    except IndexError:
        return -1


async def main():
    values = [1, 2, 3]
    if at(values, 1) == 2 and at(values, 5) == -1:
        print(values[at(values, 5) + 6])
