"""Incidents to Alertmanager (API v2), as outboxes say: in batches, again and again, and at once when it was restarted.

Nothing here is in the way of a stage: an Alertmanager that is away, slow or wrong costs records nothing. What it does not
take waits in the outboxes (monitor/incidents/outbox.py), which come back with the memories.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import httpx
from tenacity import AsyncRetrying, wait_random_exponential

from monitor.clock import china_ms, unix_ms
from monitor.incidents import Outbox
from monitor.incidents.alert import alert_of
from monitor.incidents.outbox import Due
from monitor.metrics import NO_GROUP
from streams.engine.engine import Engine
from streams.incident_desk import follow_actions
from streams.incidents import IncidentsStage

logger = logging.getLogger(__name__)

CHANNEL: Final = "alertmanager"
ROUND_S: Final = 1.0
"""What comes meanwhile goes in one request."""
BATCH: Final = 500
TIMEOUT_S: Final = 10.0
WAIT_S_MAX: Final = 15.0


async def deliver(engine: Engine) -> None:
    """Until cancelled."""
    url = engine.context.settings.alertmanager_url
    if not url:
        return
    caught_up = asyncio.Event()
    async with (
        asyncio.TaskGroup() as tasks,
        httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client,
    ):
        tasks.create_task(follow_actions(engine.context.settings, engine.context.actions, caught_up))
        # Who sent before it knows what people did would wake them for what they know.
        await caught_up.wait()
        await Courier(engine, client).run()


class Courier:
    """Carries what the outboxes of a worker's units hold."""

    def __init__(self, engine: Engine, client: httpx.AsyncClient) -> None:
        self._engine = engine
        self._client = client
        self._metrics = engine.context.metrics
        self._started = ""
        """When the receiver was started, by its own word."""
        self._heard_ms = 0

    async def run(self) -> None:
        """Round after round; a round that fails is repeated later and later."""
        while True:
            async for attempt in AsyncRetrying(wait=wait_random_exponential(max=WAIT_S_MAX)):
                with attempt:
                    await self._round_or_fail()
            await asyncio.sleep(ROUND_S)

    async def _round_or_fail(self) -> None:
        try:
            await self._round()
        except Exception as error:
            self._metrics.delivery_attempts.labels(CHANNEL, NO_GROUP, "retried").inc()
            logger.warning("alertmanager takes nothing: %s", type(error).__name__)
            raise
        finally:
            self._show()

    async def _round(self) -> None:
        await self._look()
        for outbox in self._outboxes():
            dues = iter(outbox.due(unix_ms()))
            while batch := list(islice(dues, BATCH)):
                taken = await self._send(batch)
                for waited_ms in outbox.sent(taken, unix_ms()):
                    self._metrics.delivery_latency.labels(CHANNEL, NO_GROUP).observe(waited_ms / 1000)

    async def _look(self) -> None:
        """Whether it is the one that took what was sent before."""
        answer = await self._client.get("/api/v2/status")
        answer.raise_for_status()
        started = str(answer.json().get("uptime"))
        if self._started and started != self._started:
            logger.warning("alertmanager was restarted: what holds is sent again")
            for outbox in self._outboxes():
                outbox.receiver_restarted(self._heard_ms, unix_ms())
        self._started, self._heard_ms = started, unix_ms()

    async def _send(self, batch: Sequence[Due]) -> list[Due]:
        """What of it was taken, or will never be: one that it does not understand must not hold up the others."""
        answer = await self._client.post("/api/v2/alerts", json=self._alerts(batch))
        if answer.status_code != HTTPStatus.BAD_REQUEST:
            answer.raise_for_status()
        if answer.is_success:
            self._metrics.delivery_attempts.labels(CHANNEL, NO_GROUP, "sent").inc(len(batch))
            return list(batch)
        if len(batch) == 1:
            self._metrics.delivery_attempts.labels(CHANNEL, NO_GROUP, "failed").inc()
            logger.error(
                "alertmanager refuses an incident of %s: %d", batch[0].story.rule_id, answer.status_code
            )
            return list(batch)
        middle = len(batch) // 2
        return [*await self._send(batch[:middle]), *await self._send(batch[middle:])]

    def _alerts(self, batch: Sequence[Due]) -> list[dict[str, Any]]:
        context = self._engine.context
        dashboard_url = context.settings.dashboard_url.rstrip("/")
        return [alert_of(due, now_s=china_ms() // 1000, dashboard_url=dashboard_url) for due in batch]

    def _outboxes(self) -> list[Outbox]:
        stages = [stage for unit in self._engine.units for stage in unit.stages]
        return [stage.stories.outbox for stage in stages if isinstance(stage, IncidentsStage)]

    def _show(self) -> None:
        since = [ms for outbox in self._outboxes() for ms in outbox.waiting_since()]
        self._metrics.delivery_pending.labels(CHANNEL, NO_GROUP).set(len(since))
        oldest_s = (unix_ms() - min(since)) / 1000 if since else 0.0
        self._metrics.delivery_oldest.labels(CHANNEL, NO_GROUP).set(oldest_s)
        due_s = self._engine.context.settings.incident_due_s
        late = Counter(
            story.severity
            for outbox in self._outboxes()
            for story in outbox.overdue(china_ms() // 1000, due_s)
        )
        for severity in due_s:
            self._metrics.incidents_overdue.labels(str(severity)).set(late[severity])
