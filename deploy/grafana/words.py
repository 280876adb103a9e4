"""What people read on a dashboard: titles in Chinese, descriptions in Chinese with the English behind them."""

from msgspec import Struct


class Words(Struct, frozen=True):
    """`title`: (Chinese, English); `zh`, `en`: sentences that say what is shown, and what to do about it."""

    title: tuple[str, str]
    zh: str
    en: str

    @property
    def description(self) -> str:
        """Both languages, so that one dashboard serves all who are on duty."""
        return f"{self.zh}\n\n**{self.title[1]}.** {self.en}"


class Steps(Struct, frozen=True):
    """Where a value turns yellow and red; `falling`: low values are the bad ones."""

    yellow: float
    red: float
    falling: bool = False


PLAIN = None
"""Of a panel that counts something which is neither good nor bad."""
