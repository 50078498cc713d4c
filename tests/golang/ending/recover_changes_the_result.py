"""A deferred call that recovers may set what the function returns."""


def divide(a, b):
    try:
        return str(a // b)
    except ZeroDivisionError:
        return "undefined"


async def main():
    print(divide(6, 3), divide(1, 0))
