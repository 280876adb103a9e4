"""What operations and runbooks give to type exists: commands, options, settings, metrics, files, addresses."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from deploy.alertmanager.site import ADDRESSES
from deploy.local.ops import find
from monitor.settings import PREFIX, Settings
from streams.cli import app
from streams.topics import Topic
from tests.deploy.ops_tools import ROOT, RUNBOOKS, exposed

PAGES = [ROOT / "docs" / "operations.md", *sorted(RUNBOOKS.glob("*.md"))]
NAMES = [path.stem for path in PAGES]
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES}
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PORTS = {
    "gateway": Settings.model_fields["gateway_port"].default,
    "worker": Settings.model_fields["worker_port"].default,
    "courier": Settings.model_fields["courier_port"].default,
    "prometheus": 9090,
    "alertmanager": 9093,
}
NOBODY = "http://127.0.0.1:1"
PLACEHOLDERS = {"INCIDENT_ID", "WHAT_YOU_DO"}
"""What people put something of their own for."""
COULD_NOT_CONNECT = 7
"""Curl's own code; an option that it does not know gives 2."""


def blocks(page: str) -> Iterator[list[str]]:
    """Each command to paste, word by word; those of a pipe one by one."""
    for block in re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL):
        joined = re.sub(r"(\\|(?<=\|))\n\s*", " ", block)
        for line in joined.splitlines():
            lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|;&")
            lexer.whitespace_split = True
            lexer.commenters = "#"
            command: list[str] = []
            for word in [*lexer, "|"]:
                if word and set(word) <= set("|;&"):
                    if command:
                        yield command
                    command = []
                else:
                    command.append(word)


def mentions(page: str) -> Iterator[list[str]]:
    """Commands within sentences: what they need besides their name may be left out."""
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    for code in re.findall(r"`([^`\n]+)`", prose):
        if re.match(r"(monitor|promtool|amtool|curl|docker|\./dev|python) \S", code) and "…" not in code:
            yield shlex.split(code)


def fault_of_monitor(words: list[str], *, whole: bool) -> str:
    """What `monitor` would not understand; empty when nothing."""
    command: Any = typer.main.get_command(app)
    words = words[1:]
    while hasattr(command, "commands"):
        if not words:
            return "names no command" if whole else ""
        if words[0] not in command.commands:
            return f"there is no {words[0]}"
        command = command.commands[words.pop(0)]
    if whole:
        try:
            command.make_context(command.name, list(words))
        except Exception as error:  # noqa: BLE001 - whatever the command line's own parser says
            return f"{type(error).__name__} {error}"
        return ""
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    unknown = {word for word in words if word.startswith("-")} - known
    return f"does not know {unknown}" if unknown else ""


def fault_of_compose(words: list[str]) -> str:
    """A service that docker-compose.yml has not."""
    if words[:2] != ["docker", "compose"]:
        return ""
    command, *rest = words[2:]
    named = [word.partition("=")[0] for word in rest if re.fullmatch(r"[a-z]+(=\d+)?", word)]
    named = named[:1] if command in {"exec", "run"} else named
    unknown = set(named) - SERVICES.keys()
    return f"there is no service {unknown}" if unknown else ""


def fault_of_dev(words: list[str]) -> str:
    """A command that ./dev has not, or a module that is not there."""
    if words[0] == "./dev":
        usage = (ROOT / "dev").read_text()
        return "" if re.search(rf"^  {words[1]}\b", usage, re.MULTILINE) else f"./dev has no {words[1]}"
    if words[:2] == ["python", "-m"]:
        path = ROOT.joinpath(*words[2].split("."))
        return "" if path.with_suffix(".py").exists() or (path / "__main__.py").exists() else "no such module"
    return ""


def fault_of(words: list[str], *, whole: bool) -> str:
    """What is wrong with a command as far as it is ours."""
    if words[0] == "monitor":
        return fault_of_monitor(words, whole=whole)
    return fault_of_compose(words) or fault_of_dev(words)


def unknown_names(page: str) -> set[str]:
    """Settings, variables, metrics, topics' files and addresses that the page names and that are nowhere."""
    settings = {PREFIX + field.upper() for field in Settings.model_fields}
    example = set(
        re.findall(r"^#? ?(\w+)=", (ROOT / "deploy" / "compose.env.example").read_text(), re.MULTILINE)
    )
    variables = settings | example | ADDRESSES.keys()
    named = set(re.findall(r"\b[A-Z]+_[A-Z_]+[A-Z]\b", page)) - PLACEHOLDERS
    found = named - variables
    served = exposed()
    families = served.keys() | {name.rsplit("_", 1)[0] for name in served}
    metrics = re.findall(r"(?<![\w:])monitor_[a-z_]+[a-z](?![\w:{]*:)", page)
    found |= {name for name in metrics if name not in families}
    for path in re.findall(r"(?<![\w/.-])(?:\.\./)*((?:deploy|docs|src|streams|tests)/[\w./-]*\w)", page):
        if not (ROOT / path).exists():
            found.add(path)
    for host, port in re.findall(r"http://([a-z]+):(\d+)", page):
        if PORTS.get(host) != int(port):
            found.add(f"{host}:{port}")
    topics = {topic.value for topic in Topic}
    found |= {
        name
        for name in re.findall(r"`((?:claims|notices|incident|facts)\.[a-z]+)`", page)
        if name not in topics
    }
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_to_paste_is_understood_as_it_stands(name: str) -> None:
    wrong = {
        " ".join(words): fault for words in blocks(TEXTS[name]) if (fault := fault_of(words, whole=True))
    }
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_commands_within_sentences_exist_with_their_options(name: str) -> None:
    wrong = {
        " ".join(words): fault for words in mentions(TEXTS[name]) if (fault := fault_of(words, whole=False))
    }
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_settings_metrics_files_and_addresses_exist(name: str) -> None:
    assert unknown_names(TEXTS[name]) == set()


def _asked_of_nobody(words: list[str]) -> list[str]:
    """The same command at an address where nobody answers, and without what only the server would judge."""
    there = [re.sub(r"http://[a-z0-9.]+:\d+", NOBODY, word) for word in words]
    return [*there[:4], "up"] if there[:3] == ["promtool", "query", "instant"] else there


@pytest.mark.parametrize("tool", ["promtool", "amtool", "curl"])
def test_the_tools_themselves_understand_what_they_are_given(tool: str) -> None:
    if (find(tool) or shutil.which(tool)) is None:
        pytest.skip(f"{tool} is missing")
    given = [
        words for page in TEXTS.values() for words in (*blocks(page), *mentions(page)) if words[0] == tool
    ]
    asked = {tuple(_asked_of_nobody(words)) for words in given if "@" not in "".join(words)}
    assert asked
    for words in sorted(asked):
        ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        if tool == "curl":
            assert ended.returncode == COULD_NOT_CONNECT, (words, ended.stderr)
        else:
            assert not re.search("unknown|unexpected|expected|required", ended.stderr), (words, ended.stderr)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "monitor dlq shov 3:17",
            "monitor dlq show",
            "monitor dlq show 3:17 --contents",
            "monitor incidents",
        ),
        *("monitor dlq replay 3:17", "monitor topics copy", "monitor incidents list --severity 9"),
        *("docker compose restart wroker", "./dev kafak", "python -m deploy.alertmanager.cite"),
    ],
)
def test_a_command_that_would_not_work_is_found(line: str) -> None:
    (words,) = blocks(f"```console\n$ {line}   # why\n```")
    assert fault_of(words, whole=True)


def test_names_that_are_nowhere_are_found() -> None:
    page = (
        "`MONITOR_STROE` and ALERT_SMPT, monitor_lag_secs, sum(monitor_lag_seconds), deploy/compose.env.exmaple,"
        " [scale](../../docs/scael.md), http://gateway:8081/metrics, `claims.rwa`; `MONITOR_STORE`, docs/scale.md"
    )
    assert unknown_names(page) == {
        *("MONITOR_STROE", "ALERT_SMPT", "monitor_lag_secs", "deploy/compose.env.exmaple", "docs/scael.md"),
        *("gateway:8081", "claims.rwa"),
    }


def test_a_pipe_over_two_lines_and_a_command_behind_it_are_read_as_they_are_pasted() -> None:
    page = "```console\n$ curl -s http://gateway:8080/metrics |\n    grep 'a # b' && monitor doctor  # all of it\n```"
    assert list(blocks(page)) == [
        ["curl", "-s", "http://gateway:8080/metrics"],
        ["grep", "a # b"],
        ["monitor", "doctor"],
    ]


def test_operations_stay_two_pages() -> None:
    assert len(Path(ROOT / "docs" / "operations.md").read_text().splitlines()) <= 115
