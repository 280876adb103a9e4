"""`monitor ...` typed by somebody who looks after a monitor."""

import asyncio
import json
import os
from typing import Any, NamedTuple
from unittest.mock import patch

from typer.testing import CliRunner

from streams.cli import app
from tests.streams.world import World

SIGNED = ("--by", "Li Na", "--why", "ticket 4711")


class Typed(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What --json printed."""
        return [json.loads(line) for line in self.out.splitlines()]


async def typed(world: World, *arguments: str, **environment: str) -> Typed:
    """The command with the world's settings, `environment` over them; anything it raises is raised here."""

    def run() -> Typed:
        # Rich asks it how wide a line is.
        given = world.environment | environment | {"COLUMNS": "250"}
        with patch.dict(os.environ, given, clear=True):
            ended = CliRunner().invoke(app, arguments, prog_name="monitor")
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Typed(ended.exit_code, ended.stdout, ended.stderr)

    return await asyncio.to_thread(run)
