"""Every dashboard, by uid; what is not here is not provisioned."""

import json
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.fraud_desk import fraud_desk
from deploy.grafana.gateway import gateway
from deploy.grafana.hospital import hospital
from deploy.grafana.overview import overview
from deploy.grafana.pipeline import pipeline

FOLDER: Final = Path(__file__).parent / "dashboards"
BUILDERS: Final = {
    "overview": overview,
    "fraud-desk": fraud_desk,
    "pipeline": pipeline,
    "gateway": gateway,
    "hospital": hospital,
}


def built(uid: str) -> str:
    """A dashboard as Grafana reads it: JSON with numbered panels."""
    made: dict[str, Any] = json.loads(JSONEncoder().encode(BUILDERS[uid]().build()))
    for number, panel in enumerate(made["panels"], start=1):
        panel["id"] = number
    return json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def drifted() -> list[str]:
    """The files that are not what the code makes."""
    wanted = {f"{uid}.json": built(uid) for uid in BUILDERS}
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write() -> None:
    """Make the files anew."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.stem not in BUILDERS:
            path.unlink()
    for uid in BUILDERS:
        (FOLDER / f"{uid}.json").write_text(built(uid), encoding="utf-8")
