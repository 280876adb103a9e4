"""The smallest client there is: it asks a broker whether it takes part in its cluster."""

import socket
import struct

_METADATA_KEY = 3
_TIMEOUT_S = 1.0


def broker_is_ready(host: str, port: int) -> bool:
    """Return whether the broker lists itself as live, so that topics can be created on it.

    A broker accepts connections before its controller lets it lead partitions; until then its list is empty.
    """
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(_metadata_request())
            with connection.makefile("rb") as answer:
                (size,) = struct.unpack(">i", answer.read(4))
                _correlation, brokers = struct.unpack(">ii", answer.read(size)[:8])
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)


def _metadata_request() -> bytes:
    correlation, no_client_id, no_topics = 0, -1, 0
    body = struct.pack(">hhihi", _METADATA_KEY, 0, correlation, no_client_id, no_topics)
    return struct.pack(">i", len(body)) + body
