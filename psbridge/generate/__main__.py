"""`python -m psbridge.generate --spec NEWEST.yaml --names OLDEST.yaml`: write all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .description import DescriptionError, load
from .merge import merged
from .pages import PageError, pages
from .powershell import powershell_files
from .render import RenderError, model_files, stub_file, table_files, write
from .tables import HERE, HelpError, Words, cmdlet_table

ROOT = Path(__file__).parents[2]


def generate(
    spec: Annotated[Path, typer.Option(help="The newest OpenAPI description: what the API is today.")],
    names: Annotated[Path, typer.Option(help="The description the names come from: what scripts rely on.")],
    root: Annotated[Path, typer.Option(help="The project's folder to write into.")] = ROOT,
    words: Annotated[Path, typer.Option(help="The folder of help.yaml and cmdlets.yaml.")] = HERE,
) -> None:
    """Write models, tables, stubs, pages and the PowerShell module out of two OpenAPI descriptions."""
    try:
        api = merged(load(spec), load(names))
        lines = Words.load(words / "help.yaml")
        table = cmdlet_table(api, lines, words / "cmdlets.yaml")
        package = root / "psbridge"
        outputs = [
            *model_files(api, lines, package / "models"),
            *table_files(table, package / "models"),
            stub_file(table, api, package / "cmdlets"),
            *pages(api, table, lines, root / "docs"),
            *powershell_files(table, root),
        ]
        lines.check_used()
        changed = write(outputs)
    except (DescriptionError, HelpError, PageError, RenderError) as problem:
        typer.echo(f"psbridge.generate: {problem}", err=True)
        raise typer.Exit(2) from None
    for path in changed:
        typer.echo(f"{'wrote' if path.exists() else 'removed'} {path.relative_to(root)}")


if __name__ == "__main__":
    typer.run(generate)
