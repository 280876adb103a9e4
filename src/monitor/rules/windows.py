"""Sliding windows over sales in order, and the chains that firing windows make (contract §2 'burst').

A window ends at a sale and reaches back `length_s`, both ends inclusive. Windows that share a sale are one chain.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from monitor.events import DAY, Settled


class Window(Struct, frozen=True, gc=False):
    """Sales[first:last + 1] fired: `observed` against `limit`."""

    first: int
    last: int
    observed: int
    limit: int


def sliding(sales: Sequence[Settled], length_s: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """(first, last) of the window that ends at each moment of a sale; sales of one second are in it together."""
    first = 0
    for last, sale in enumerate(sales):
        if last + 1 < len(sales) and sales[last + 1].at == sale.at:
            continue
        since = sale.at - length_s(sale.at)
        while sales[first].at < since:
            first += 1
        yield first, last


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


def run_around(sales: Sequence[Settled], position: int, gap_s: int) -> tuple[int, int]:
    """[first, end): the sales around `position` that follow each other at most `gap_s` apart."""
    first = end = min(position, len(sales))
    if end < len(sales):
        end += 1
    while first > 0 and (first == len(sales) or sales[first].at - sales[first - 1].at <= gap_s):
        first -= 1
    while end < len(sales) and (end == 0 or sales[end].at - sales[end - 1].at <= gap_s):
        end += 1
    return first, end
