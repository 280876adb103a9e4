"""The port through which the gateway asks and tells; its Kafka side is a matter of streams/."""

from typing import Any, Protocol

from monitor.events import OrdersChecked
from monitor.forms import Feedback


class Mailbox(Protocol):
    """Questions go out, verdicts come back. Any exception but TimeoutError means that nothing can be sent."""

    async def ask(self, check: OrdersChecked, *, reply_within_s: float) -> dict[str, Any]:
        """The verdict on a check in its JSON form (contract §2); TimeoutError when none came in time."""
        ...

    async def tell(self, record: bytes, provider: str) -> None:
        """Put a feed record on claims.raw under its provider; returns once it is safely written.

        Calls that begin in order are written in order.
        """
        ...

    async def feedback(self, msgid: str, record: Feedback) -> None:
        """Put {jr_id, rule_id, provider, dspo_way, at} on the topic feedback under its msgid, safely."""
        ...

    def ready(self) -> bool:
        """Whether it has been connected since the start.

        A Kafka that goes away later does not make it unready: failing open is the gateway's work, and a load
        balancer that takes all gateways away would leave the callers without any answer.
        """
        ...
