"""Ports on this machine that a server may take."""

import secrets
import socket

from deploy.local.java import LocalKafkaError

HOST = "127.0.0.1"
# Below the range from which systems take outgoing ports: a client that reconnects to the port of a dead
# broker could connect to itself there, and keep the port.
_PORTS = range(20000, 32000)


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of HOST now."""
    with socket.socket() as probe:
        # As the broker does it: ports of connections that have just closed count as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(*, other_than: int | None = None) -> int:
    """Return a port that is free now; someone else may take it before it is used."""
    for _ in _PORTS:
        port = secrets.choice(_PORTS)
        if port != other_than and is_free(port):
            return port
    raise LocalKafkaError(f"no port from {_PORTS.start} to {_PORTS.stop - 1} is free on {HOST}.")


def in_use(port: int) -> str:
    """Return the sentence for the person who asked for this port."""
    return f"port {port} on {HOST} is in use: stop what uses it, or choose another port."
