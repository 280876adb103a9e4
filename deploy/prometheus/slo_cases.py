"""Where each burn-rate alert is silent and where it fires: one bad share just below a limit, the other just above it."""

from typing import Final

from deploy.prometheus.model import Case

Series = dict[str, str]
HOURS_6: Final = 400
"""Minutes before a case begins, so that the six hours look back on them."""

_COUNT: Final = 'monitor_verdict_latency_seconds_count{infno="3102"}'
_IN_TIME: Final = 'monitor_verdict_latency_seconds_bucket{infno="3102",le="0.8"}'
_FAIL_OPEN: Final = 'monitor_fail_open_total{reason="budget"}'
_CALLS: Final = 'monitor_gateway_calls_total{infno="3102",infcode="0"}'
_LAG: Final = 'monitor_lag_seconds{topic="claims",partition="3"}'
_DEAD: Final = 'monitor_dead_letters_total{stage="intake",reason="missing_field"}'
_READ: Final = 'monitor_records_in_total{stage="intake"}'
_FAILED: Final = 'monitor_delivery_attempts_total{channel="webhook",outcome="failed"}'
_SENT: Final = 'monitor_delivery_attempts_total{channel="webhook",outcome="sent"}'


def _late_for(minutes: int) -> Series:
    """All calls are too slow for the last minutes."""
    before = HOURS_6 - 1
    return {
        _COUNT: f"0+1000x{before + minutes}",
        _IN_TIME: f"0+1000x{before} {before * 1000}x{minutes - 1}",
    }


def _dead_for(minutes: int) -> Series:
    """Half of the records are dead letters for the last minutes."""
    before = HOURS_6 - 1
    return {_READ: f"0+10000x{before + minutes}", _DEAD: f"0x{before} 5000+5000x{minutes - 1}"}


def _stale_for(minutes: int) -> Series:
    return {_LAG: f"2x{HOURS_6 - 1} 31x{minutes - 1}"}


def _last(minutes: int) -> str:
    return f"{HOURS_6 - 1 + minutes}m"


def _pair(
    quiet: str, loud: str, series: tuple[Series, Series], at: tuple[str, str], **more: str
) -> tuple[Case, Case]:
    """`more`: slo, value, and step where it is not a minute."""
    step = more.get("step", "1m")
    return (
        Case(why=quiet, series=series[0], at=at[0], step=step),
        Case(
            why=loud,
            series=series[1],
            at=at[1],
            step=more.get("loud_step", step),
            labels=({"slo": more["slo"]},),
            values=(more["value"],),
        ),
    )


def _steadily(bad: str, total: str, number: int, *, of: int, steps: int) -> Series:
    """`number` of `of` go wrong in each step."""
    return {bad: f"0+{number}x{steps}", total: f"0+{of}x{steps}"}


def _days(bad: str, total: str, slo: str, value: str, *, of: int) -> tuple[Case, Case]:
    """9 and 11 go wrong of so many that 10 would be just the budget, for three days."""
    return _pair(
        "nine tenths of the budget are used evenly for three days",
        "eleven tenths of the budget are used evenly for three days",
        (_steadily(bad, total, 9, of=of, steps=432), _steadily(bad, total, 11, of=of, steps=432)),
        ("3d", "3d"),
        slo=slo, value=value, step="10m",
    )  # fmt: skip


SLO_CASES: Final[dict[str, tuple[Case, Case]]] = {
    "VerdictLatencyBudgetFast": _pair(
        "all calls are too slow for 8 minutes, which is 13.3 % of an hour",
        "all calls are too slow for 9 minutes, which is 15 % of an hour",
        (_late_for(8), _late_for(9)),
        (_last(8), _last(9)),
        slo="verdict_latency", value="15%",
    ),
    "VerdictLatencyBudgetSlow": _pair(
        "0.9 % of calls are too slow for three days",
        "1.1 % of calls are too slow for three days",
        (
            {_COUNT: "0+1000x432", _IN_TIME: "0+991x432"},
            {_COUNT: "0+1000x432", _IN_TIME: "0+989x432"},
        ),
        ("3d", "3d"),
        slo="verdict_latency", value="1.1%", step="10m",
    ),
    "CheckAvailabilityBudgetFast": _pair(
        "0.59 % of checks fail open for seven hours",
        "0.61 % of checks fail open for seven hours",
        (_steadily(_FAIL_OPEN, _CALLS, 59, of=10_000, steps=420), _steadily(_FAIL_OPEN, _CALLS, 61, of=10_000, steps=420)),
        ("7h", "7h"),
        slo="check_availability", value="0.61%",
    ),
    "CheckAvailabilityBudgetSlow": _days(_FAIL_OPEN, _CALLS, "check_availability", "0.11%", of=10_000),
    "FreshnessBudgetFast": _pair(
        "everything is 31 s behind for 4 minutes of an hour",
        "everything is 31 s behind for 5 minutes of an hour",
        (_stale_for(4), _stale_for(5)),
        (_last(4), _last(5)),
        slo="freshness", value="8.197%",
    ),
    "FreshnessBudgetSlow": _pair(
        "everything was 31 s behind twice in three days, ten minutes each",
        "everything was 31 s behind three times in three days, ten minutes each",
        ({_LAG: "2x9 31 2x418 31 2x2"}, {_LAG: "2x9 31 2x189 31 2x228 31 2x2"}),
        ("3d", "3d"),
        slo="freshness", value="0.6928%", step="10m",
    ),
    "RecordLossBudgetFast": _pair(
        "half of the records are dead letters for a minute, which is 0.83 % of an hour",
        "half of the records are dead letters for two minutes, which is 1.67 % of an hour",
        (_dead_for(1), _dead_for(2)),
        (_last(1), _last(2)),
        slo="record_loss", value="1.667%",
    ),
    "RecordLossBudgetSlow": _days(_DEAD, _READ, "record_loss", "0.11%", of=10_000),
    "DeliveryLossBudgetFast": _pair(
        "all of 90 messages in six hours are lost, too few to say that it is more than one receiver",
        "all of 120 messages in six hours are lost",
        ({_FAILED: "0+1x100"}, {_FAILED: "0+1x130"}),
        ("400m", "390m"),
        slo="delivery_loss", value="100%", step="4m", loud_step="3m",
    ),
    "DeliveryLossBudgetSlow": _days(_FAILED, _SENT, "delivery_loss", "0.1099%", of=10_000),
}  # fmt: skip
"""Alert -> silent, firing."""
