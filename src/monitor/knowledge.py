"""What an audit knows beside the facts: tables, limits, language, key; one frozen object for all stages."""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import force_setattr

from monitor.events import DAY, Settled
from monitor.ids import digest
from monitor.privacy import Tokens
from monitor.reference import Reference
from monitor.regions import Region
from monitor.rules.asking import Asking
from monitor.rules.catalogue import RULES
from monitor.rules.rule import Limits, Mode, Rule


class Appeal(Struct, frozen=True, kw_only=True):
    """How a provider objects to a rejection."""

    contact: str = ""
    days: int = 10
    """Calendar days after the call."""


class Knowledge(Struct, frozen=True, kw_only=True):
    """`language`: zh or en."""

    reference: Reference
    region: Region
    tokens: Tokens
    language: str = "zh"
    appeal: Appeal = field(default_factory=Appeal)
    rules: tuple[Rule, ...] = RULES

    sale_rules: tuple[Rule, ...] = ()
    cycle_rules: tuple[Rule, ...] = ()
    run_rules: tuple[Rule, ...] = ()
    """Derived: the rules that are asked about single sales, refunds, and runs of sales of one pharmacy."""
    stay_rules: tuple[Rule, ...] = ()
    """Derived: the rules that are asked about stays."""
    purchase_rules: tuple[Rule, ...] = ()
    """Derived: the rules that are asked about chains of one person's purchases."""
    trace_rules: tuple[Rule, ...] = ()
    """Derived: the rules that are asked about trace codes."""
    asking_in: dict[int, Asking] = {}
    """Derived: by epoch of the region, what is asked about settlements and orders."""
    fewest: dict[str, int] = {}
    """Derived: so many sales a burst has at least, by rule."""
    window_s: dict[str, int] = {}
    """Derived: the longest window a rule about bursts ever has: a chain may go on over a change of it."""
    person_reach_s: int = 0
    answer_reach_s: int = 0
    provider_reach_s: int = 0
    trace_reach_s: int = 0
    """Derived: how long is remembered, from the region."""
    rules_version: str = ""
    """Derived: changes when a rule, a limit or a table does."""

    def __post_init__(self) -> None:
        bursts = [rule for rule in self.rules if rule.find_bursts]
        of_pharmacies = {rule.id for rule in self.rules if rule.is_about_pharmacies}
        groups = {
            "sale_rules": [rule for rule in self.rules if rule.find_sale],
            "cycle_rules": [rule for rule in self.rules if rule.find_cycles],
            "run_rules": [rule for rule in bursts if rule.id in of_pharmacies],
            "stay_rules": [rule for rule in self.rules if rule.find_stay],
            "purchase_rules": [rule for rule in bursts if rule.id not in of_pharmacies],
            "trace_rules": [rule for rule in self.rules if rule.find_reuse],
        }
        for name, rules in groups.items():
            force_setattr(self, name, tuple(rules))
        ever = {rule.id: self.region.ever(rule.id) for rule in self.rules}
        fewest = {rule.id: min(map(rule.fewest, ever[rule.id])) for rule in self.rules if rule.fewest}
        force_setattr(self, "fewest", fewest)
        windows: dict[str, int] = {}
        for rule in bursts:
            windows[rule.id] = max(limits.window_s for limits in ever[rule.id])  # type: ignore[attr-defined]  # theirs have one
        force_setattr(self, "window_s", windows)
        for name in ("person", "answer", "provider", "trace"):
            force_setattr(self, f"{name}_reach_s", getattr(self.region, f"{name}_memory_days") * DAY)
        force_setattr(self, "asking_in", {})
        versions = digest(*(f"{rule.id}={rule.version}" for rule in self.rules))[:8]
        version = f"{versions}-{self.region.digest[:8]}-{self.reference.digest[:8]}"
        force_setattr(self, "rules_version", version)

    def asking(self, at: int) -> Asking:
        """The rules about settlements and orders that are not off at event time `at`, with their limits."""
        epoch = self.region.epoch(at)
        asking = self.asking_in.get(epoch)
        if asking is None:
            both = [(rule, self.limits(rule, at)) for rule in self.rules if rule.find is not None]
            asking = self.asking_in[epoch] = Asking(
                [(rule, limits) for rule, limits in both if limits is not None], self.reference
            )
        return asking

    def limits(self, rule: Rule, at: int) -> Limits | None:
        """What holds for a rule at event time `at`; None when it is off."""
        limits = self.region.limits(rule.id, at)
        return None if limits.mode is Mode.OFF else limits

    def in_force(self, rule: Rule, sales: Sequence[Settled]) -> list[Settled]:
        """Those at whose event time a rule is not off."""
        return [sale for sale in sales if self.limits(rule, sale.at) is not None]
