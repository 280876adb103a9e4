"""`monitor doctor`: what a monitor needs, looked at one by one, each fault with what helps."""

from monitor.settings import Settings
from streams.doctor.brokers import look_at_kafka
from streams.doctor.finding import Finding
from streams.doctor.here import look_here
from streams.doctor.services import look_at_alertmanager, look_at_prometheus

__all__ = ["Finding", "examine"]


async def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order in which one thing needs another; never raises for what it looks at."""
    return [
        *look_here(settings),
        *await look_at_kafka(settings),
        *await look_at_prometheus(settings.prometheus_url),
        *await look_at_alertmanager(settings.alertmanager_url),
    ]
