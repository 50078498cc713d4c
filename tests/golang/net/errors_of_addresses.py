"""An address that cannot be is refused before anybody is called, and its error says what is wrong with it."""

from cluster import NetError, net

ADDRESSES = [
    "", "127.0.0.1", "127.0.0.1:http:80", "::1:80", "[::1]", "[::1]80", "[::1]80:90", "[::1:80", "[::1]:80:90",
    "a[b:80", "ab]:80", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:no-such-service", "127.0.0.1:1",
    "127.0.0.1:+1",
]  # fmt: skip


async def says(call):
    try:
        await call
    except NetError as error:
        print(error)


async def main():
    for address in ADDRESSES:
        await says(net.dial("tcp", address))
    for network in "", "foo", "tcp7":
        await says(net.dial(network, "127.0.0.1:1"))
        await says(net.listen(network, "127.0.0.1:0"))
    for address in "127.0.0.1", "127.0.0.1:99999", "1.2.3.4:80":
        await says(net.listen("tcp", address))
    await says(net.dial("unix", "/no/such/file"))
    await says(net.listen("unix", "/no/such/file"))
    await says(net.dial("unix", ""))
