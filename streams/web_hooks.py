"""Notices to web hooks: lanes for each provider, attempts with back-off, and who gave up.

What waits is bounded by time (`MONITOR_HOOK_GIVE_UP_S`) and number; a provider that hangs holds up its own lanes alone.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, NamedTuple

import httpx
from tenacity import (
    AsyncRetrying,
    RetryError,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from monitor.metrics import Metrics
from monitor.notices import Lanes, Parcel, Signer, Sm2Error, Sm2Key, by_key, by_secret, headers_of
from monitor.provider_groups import ProviderGroups
from monitor.reference import Hook, Scheme
from monitor.settings import Settings

logger = logging.getLogger(__name__)

CHANNEL: Final = "webhook"
TIMEOUT_S: Final = 5.0
WAIT_S_MIN: Final = 0.5
WAIT_S_MAX: Final = 60.0
WAITING_MAX: Final = 10_000
"""Of one provider; more is put aside at once."""

PutAside = Callable[[str, Parcel, str], Awaitable[None]]
"""Keep a notice that a provider did not take: (provider, parcel, why)."""


class Post(NamedTuple):
    """What all lanes share."""

    client: httpx.AsyncClient
    hooks: Mapping[str, Hook]
    signers: Mapping[str, Signer]
    """By provider, as `hooks`."""
    put_aside: PutAside
    metrics: Metrics
    group: ProviderGroups
    give_up_s: float


def signers_of(hooks: Mapping[str, Hook], settings: Settings) -> dict[str, Signer]:
    """How each provider's notices are signed. Sm2Error where our own key is needed and can't be used."""
    wanted = any(hook.scheme is Scheme.SM2 for hook in hooks.values())
    ours = by_key(sm2_key_of(settings)) if wanted else None
    return {
        code: ours if hook.scheme is Scheme.SM2 and ours is not None else by_secret(hook.secret, hook.scheme)
        for code, hook in hooks.items()
    }


def sm2_key_of(settings: Settings) -> Sm2Key:
    """Sm2Error names the setting that is missing or wrong."""
    if settings.sm2_private_key is None or not settings.sm2_public_key:
        raise Sm2Error("hook_sign sm2 needs MONITOR_SM2_PRIVATE_KEY and MONITOR_SM2_PUBLIC_KEY")
    return Sm2Key.of(private=settings.sm2_private_key.get_secret_value(), public=settings.sm2_public_key)


class Desk:
    """The notices of one partition: its providers, and the tasks that deliver to them."""

    def __init__(self, post: Post, done: Mapping[str, int], position: int) -> None:
        """`done`: how far each provider is, by the cursors; `position`: where reading begins."""
        self._post = post
        self._done = dict(done)
        self._lanes: dict[str, Lanes] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.position = position
        self.moved: set[str] = set()
        """Providers whose place has changed since it was written."""
        self._away: set[str] = set()
        """Providers whose last attempt failed."""

    async def put(self, provider: str, parcel: Parcel) -> None:
        """Queue a notice; of a provider without a hook nothing."""
        if provider not in self._post.hooks:
            return
        lanes = self._lanes.get(provider)
        if lanes is None:
            lanes = self._lanes[provider] = Lanes(self._done.get(provider, 0))
        if lanes.waiting >= WAITING_MAX:
            await self._post.put_aside(provider, parcel, "too many wait")
            lanes.passed(parcel.offset + 1)
            self.moved.add(provider)
        elif (lane := lanes.put(parcel)) is not None:
            task = asyncio.create_task(self._work(provider, lanes, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def places(self) -> dict[str, int]:
        """Where the providers stand that have moved since the last call."""
        moved, self.moved = self.moved, set()
        return {provider: self._lanes[provider].done for provider in moved}

    @property
    def low(self) -> int:
        """Before this place nobody needs anything any more."""
        return min([lanes.done for lanes in self._lanes.values() if lanes.waiting], default=self.position)

    def waiting(self) -> Iterator[tuple[str, int, int]]:
        """Providers for whom some wait: how many, and since when (ms) the oldest."""
        for provider, lanes in self._lanes.items():
            if (oldest_ms := lanes.oldest_ms) is not None:
                yield provider, lanes.waiting, oldest_ms

    async def close(self) -> None:
        """Break off what is under way: it will be repeated."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, provider: str, lanes: Lanes, lane: int) -> None:
        while (parcel := lanes.head(lane)) is not None:
            await self._deliver(provider, parcel)
            lanes.finish(lane)
            self.moved.add(provider)

    async def _deliver(self, provider: str, parcel: Parcel) -> None:
        metrics, group = self._post.metrics, self._post.group(provider)
        left_s = self._post.give_up_s - (time.time() - parcel.at_ms / 1000)
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(httpx.HTTPError),
                wait=wait_random_exponential(multiplier=WAIT_S_MIN, max=WAIT_S_MAX),
                stop=stop_after_delay(max(0.0, left_s)),
            ):
                with attempt:
                    await self._attempt(provider, parcel)
        except RetryError as error:
            metrics.delivery_attempts.labels(CHANNEL, group, "failed").inc()
            logger.warning("notice %s put aside: %s did not take it", parcel.notice_id, provider)
            await self._post.put_aside(provider, parcel, _why(error.last_attempt.exception()))
            return
        metrics.delivery_attempts.labels(CHANNEL, group, "sent").inc()
        metrics.delivery_latency.labels(CHANNEL, group).observe(max(0.0, time.time() - parcel.at_ms / 1000))

    async def _attempt(self, provider: str, parcel: Parcel) -> None:
        hook = self._post.hooks[provider]
        sign, at_s = self._post.signers[provider], int(time.time())
        headers = headers_of(parcel.body, notice_id=parcel.notice_id, sign=sign, at_s=at_s)
        try:
            answer = await self._post.client.post(hook.url, content=parcel.body, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            group = self._post.group(provider)
            self._post.metrics.delivery_attempts.labels(CHANNEL, group, "retried").inc()
            self._tell(provider, _why(error))
            raise
        self._tell(provider, "")

    def _tell(self, provider: str, why: str) -> None:
        """Log when a provider stops taking notices, and when it takes them again: no metric names it."""
        if bool(why) == (provider in self._away):
            return
        if why:
            self._away.add(provider)
            logger.warning("%s does not take its notices: %s", provider, why)
        else:
            self._away.discard(provider)
            logger.warning("%s takes its notices again", provider)


def _why(error: BaseException | None) -> str:
    """Why the last attempt failed, in a word: never what the receiver said."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
