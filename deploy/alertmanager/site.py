"""Alertmanager's configuration with a site's own addresses: `python -m deploy.alertmanager.site --output FOLDER`.

Each address comes from an environment variable, see ADDRESSES. None has a default: what is missing is named and nothing is
written. MONITOR_LANGUAGE says whether messages are Chinese (zh) or English (en). Secrets are no part of it; the files below
/etc/alertmanager/secrets hold them: smtp-password, pager-token, fraud-desk-token.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from monitor.settings import load

HERE: Final = Path(__file__).parent
CONFIG: Final = HERE / "alertmanager.yml"
PLACEHOLDER: Final = "example.org"
ADDRESSES: Final = {
    "ALERT_PAGER_URL": "https://pager.example.org/alerts",
    "ALERT_FRAUD_DESK_URL": "https://fraud-desk.example.org",
    "ALERT_PLATFORM_MAIL": "platform@example.org",
    "ALERT_FRAUD_DESK_MAIL": "fraud-desk@example.org",
    "ALERT_HOSPITAL_MAIL": "hospital-liaison@example.org",
    "ALERT_MAIL_FROM": "monitor@example.org",
    "ALERT_SMTP": "mail.example.org:587",
    "ALERT_GRAFANA_URL": "https://grafana.example.org",
}
"""Variable -> what stands for it in the committed files."""


class MissingAddressError(ValueError):
    """Names every variable that is not set."""


def site_files(environment: Mapping[str, str], *, language: str) -> dict[str, str]:
    """File name -> text, for a site; MissingAddressError when it lacks an address."""
    missing = [name for name in ADDRESSES if not environment.get(name)]
    if missing:
        raise MissingAddressError(f"not set: {', '.join(missing)}")
    made = {}
    for path in (CONFIG, *sorted(HERE.glob("*.tmpl"))):
        text = path.read_text(encoding="utf-8")
        for name, placeholder in ADDRESSES.items():
            text = text.replace(placeholder, environment[name])
        made[path.name] = text
    made[CONFIG.name] = made[CONFIG.name].replace('"monitor.zh.', f'"monitor.{language}.')
    return made


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder that Alertmanager reads")
    folder: Path = parser.parse_args().output
    try:
        made = site_files(os.environ, language=load().language)
    except MissingAddressError as error:
        sys.stderr.write(f"alertmanager: {error}\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
