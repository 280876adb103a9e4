"""`./dev interfaces`."""

from typing import Annotated

import typer

from deploy.interfaces import VERSION, files
from deploy.interfaces.promises import broken

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@app.command(epilog="Examples: `./dev interfaces` · `./dev interfaces --check`")
def main(
    check: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--check", help="Write nothing; exit 1 when a file is not as the code is.")
    ] = False,
    release: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--release", help="Keep them as a release: a promise from now on.")
    ] = False,
) -> None:
    """Write docs/interfaces from the code's types, and compare them with what was released.

    Exit 1 when a change breaks who relies on a release.
    """
    failed = False
    if check:
        for name in files.drift():
            typer.echo(f"docs/interfaces/{name} is not as the code makes it: run ./dev interfaces", err=True)
            failed = True
    else:
        for name in files.write():
            typer.echo(f"wrote docs/interfaces/{name}")
    for breach in broken():
        typer.echo(f"breaks {breach}", err=True)
        failed = True
    if failed:
        raise typer.Exit(1)
    if release:
        if VERSION in files.released(files.ASYNCAPI):
            typer.echo(f"{VERSION} is released already: raise VERSION in deploy/interfaces", err=True)
            raise typer.Exit(1)
        typer.echo(f"released {files.release().name}")


if __name__ == "__main__":
    app()
