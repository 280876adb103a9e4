"""Sliding windows over sales in order, and the chains that firing windows make (contract §2 'burst').

A window ends at a sale and reaches back `length_s`, both ends inclusive. Windows that share a sale are one chain.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from monitor.events import DAY, Settled


def _nobody(_: Settled) -> str:
    return ""


class Window(Struct, frozen=True, gc=False):
    """Sales[first:last + 1] fired: `observed` against `limit`."""

    first: int
    last: int
    observed: int
    limit: int


def sliding(
    sales: Sequence[Settled], length_s: Callable[[int], int], who: Callable[[Settled], str] = _nobody
) -> Iterator[tuple[int, int, int]]:
    """(first, last, how many different `who`) of the window that ends at each moment of a sale.

    Sales of one second are in it together. What is counted slides along, so a long chain costs no more a sale.
    """
    first = 0
    inside: dict[str, int] = {}
    for last, sale in enumerate(sales):
        name = who(sale)
        inside[name] = inside.get(name, 0) + 1
        if last + 1 < len(sales) and sales[last + 1].at == sale.at:
            continue
        since = sale.at - length_s(sale.at)
        while sales[first].at < since:
            gone = who(sales[first])
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        yield first, last, len(inside)


def days(sales: Sequence[Settled]) -> Iterator[tuple[int, int]]:
    """(first, last) of each calendar day."""
    first = 0
    for last, sale in enumerate(sales):
        if last + 1 == len(sales) or sales[last + 1].at // DAY != sale.at // DAY:
            yield first, last
            first = last + 1


def chains(windows: Sequence[Window]) -> Iterator[tuple[int, int, Window]]:
    """(first, last, the highest window) of each maximal chain; of equally high ones the earliest."""
    ordered = sorted(windows, key=lambda window: (window.first, window.last))
    index = 0
    while index < len(ordered):
        top = ordered[index]
        first, last = top.first, top.last
        index += 1
        while index < len(ordered) and ordered[index].first <= last:
            if ordered[index].observed > top.observed:
                top = ordered[index]
            last = max(last, ordered[index].last)
            index += 1
        yield first, last, top


def position_of(sales: Sequence[Settled], at: int) -> int:
    """Where the sales from the time `at` on begin; mostly it is that of the last one, or later."""
    last = len(sales) - 1
    if last < 0 or sales[last].at < at:
        return last + 1
    if last == 0 or sales[last - 1].at < at:
        return last
    return bisect_left(sales, at, key=lambda sale: sale.at)


def run_around(sales: Sequence[Settled], at: int, gap_s: int) -> Sequence[Settled]:
    """The sales that hang together with the time `at`: each at most `gap_s` from the next one, or from `at`."""
    first = end = position_of(sales, at)
    edge = at
    while first > 0 and edge - sales[first - 1].at <= gap_s:
        first -= 1
        edge = sales[first].at
    edge = at
    while end < len(sales) and sales[end].at - edge <= gap_s:
        edge = sales[end].at
        end += 1
    return sales[first:end]
