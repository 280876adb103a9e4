"""What a rule answers when it fires: which lines and facts, how much, how grave; the audit makes a finding of it."""

from collections.abc import Sequence

from msgspec import Struct, field

from monitor.events import Admitted, Discharged, FaceChecked, Line, Settled, TraceSale
from monitor.memory.subjects import Purchase, Settlement
from monitor.outputs import number

Said = dict[str, str | int | float]
"""What the texts of a rule may name."""


class Breach(Struct, kw_only=True, gc=False):
    """A rule fired. Evidence = the settlements of the lines, `settlements`, and the `calls` beside them."""

    severity: int
    breaching: Sequence[Purchase] = ()
    """Lines of the settlement that is judged."""
    involved: Sequence[Purchase] = ()
    settlements: Sequence[Settlement] = ()
    calls: Sequence[Admitted | Discharged | FaceChecked] = ()
    sales: Sequence[Settled | TraceSale] = ()
    """Evidence where only sales are known, no lines: at a pharmacy, of a trace code."""
    amount: int | None = None
    """Fen, for rules on a whole settlement; None: the sum of the breaching lines."""
    observed: int | float | None = None
    limit: int | float | None = None
    said: Said = field(default_factory=dict)


class Burst(Struct, kw_only=True, gc=False):
    """A maximal chain of firing windows that share a settlement; `sales` is every settlement in them, in order."""

    severity: int
    sales: Sequence[Settled]
    observed: int
    limit: int
    said: Said = field(default_factory=dict)


def own(settlement: Settlement, lines: Sequence[Line] | None = None) -> list[Purchase]:
    """Lines of a settlement (all when None) as purchases of its own."""
    return [Purchase(settlement, line) for line in (settlement.lines if lines is None else lines)]


def count_text(count: int) -> str:
    """A count in 1/10,000 as people write it: 15000 -> 1.5."""
    return f"{number(count, 10_000):g}"
