"""Go's package net for goroutines: streams over TCP and Unix sockets.

    conn = await net.dial("tcp", "127.0.0.1:7000")
    listener = await net.listen("unix", "/run/echo.sock")

An operation that must wait parks its goroutine until the poller of its M has news. Connections and
listeners stay on the M that has made them: a goroutine that has one stays there, too. Serve each connection
by a goroutine of its own, and send what is to be computed to others through channels. To serve on several
Ms let a goroutine on each of them listen at the same port: `listen(..., reuse_port=True)`.

dialing    dial
listener   listen, and what it gives
conn       a connection
netfd      a socket that waits through the poller, and the errors of its operations
address    `host:port`, as text and as the system has it

Must never import: cluster.wire, cluster.api, threads.
"""

from cluster.model.errors import NetError
from cluster.net.conn import Conn
from cluster.net.dialing import dial
from cluster.net.listener import Listener, listen

__all__ = ["Conn", "Listener", "NetError", "dial", "listen"]
