"""`./dev rules`: write the rules that Prometheus reads, and promtool's tests of them; --check only says what differs.

A site with an address of its own for runbooks sets MONITOR_RUNBOOK_URL and writes elsewhere with --output.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.prometheus.catalogue import FURTHER, RECORDINGS, SLO_ALERTS, SLO_RECORDINGS
from deploy.prometheus.model import Alert, Case
from deploy.prometheus.texts import filled_in
from monitor.settings import Settings, load

HERE: Final = Path(__file__).parent
HEAD: Final = "# Written by `./dev rules`; what it is made from stands in deploy/prometheus/.\n"
RUNBOOKS: Final = str(Settings.model_fields["runbook_url"].default)
"""What the committed files are made with."""


def files(runbooks: str = RUNBOOKS) -> dict[str, str]:
    """Path below deploy/prometheus -> text."""
    groups = {"recordings": [rule.rule() for rule in RECORDINGS], **_slos(runbooks)}
    groups |= {name: [alert.rule(runbooks) for alert in alerts] for name, alerts in FURTHER.items()}
    made = {
        f"rules/{name}.yml": _dump({"groups": [{"name": name, "rules": r}]}) for name, r in groups.items()
    }
    # A test reads what it needs alone: promtool evaluates all rules that it is given, minute by minute.
    for name, alerts in SLO_ALERTS.items():
        made |= {f"tests/{a.name}.yml": _dump(_tests(a, [f"slo-{name}"], runbooks)) for a in alerts}
    for name, further in FURTHER.items():
        made |= {f"tests/{a.name}.yml": _dump(_tests(a, ["recordings", name], runbooks)) for a in further}
    return made


def _slos(runbooks: str) -> dict[str, list[dict[str, Any]]]:
    # An alert stands behind what it reads: within a group Prometheus goes from top to bottom.
    return {
        f"slo-{name}": [rule.rule() for rule in recorded]
        + [alert.rule(runbooks) for alert in SLO_ALERTS[name]]
        for name, recorded in SLO_RECORDINGS.items()
    }


def _tests(alert: Alert, groups: list[str], runbooks: str) -> dict[str, Any]:
    return {
        "rule_files": [f"../rules/{name}.yml" for name in groups],
        "evaluation_interval": alert.fires.step,
        "group_eval_order": groups,
        "tests": [
            _test(alert, alert.silent, f"{alert.name} is silent: {alert.silent.why}", runbooks),
            _test(alert, alert.fires, f"{alert.name} fires: {alert.fires.why}", runbooks),
        ],
    }


def _test(alert: Alert, case: Case, name: str, runbooks: str) -> dict[str, Any]:
    expected = [
        {
            "exp_labels": {**alert.all_labels(), **labels},
            "exp_annotations": {
                key: filled_in(text, {**alert.all_labels(), **labels}, value)
                for key, text in alert.annotations(runbooks).items()
            },
        }
        for labels, value in zip(case.labels, case.values, strict=True)
    ]
    return {
        "name": name,
        "interval": case.step,
        "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
        "alert_rule_test": [{"eval_time": case.at, "alertname": alert.name, "exp_alerts": expected}],
    }


class _Dumper(yaml.SafeDumper):
    """Queries of several lines stand as they were written; nothing is a reference to something above."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - any value of YAML
        del data
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def _dump(document: Mapping[str, Any]) -> str:
    return HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def differences(made: Mapping[str, str], folder: Path) -> list[str]:
    """What is missing, other, or there though nothing makes it."""
    there = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for sub in ("rules", "tests")
        for path in (folder / sub).glob("*.yml")
    }
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def write(made: Mapping[str, str], folder: Path) -> None:
    """Write all of it, and remove what nothing makes any more."""
    for name in differences(made, folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in made:
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="./dev rules", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something differs")
    parser.add_argument(
        "--output", type=Path, default=HERE, help="folder to write to instead of deploy/prometheus"
    )
    arguments = parser.parse_args()
    made = files(load().runbook_url)
    if not arguments.check:
        write(made, arguments.output)
        return 0
    differing = differences(made, arguments.output)
    for name in differing:
        sys.stderr.write(f"{name} is not what `./dev rules` makes\n")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
