"""`python -m psbridge.generate --spec NEWEST.yaml --names OLDEST.yaml`: write all that is generated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .description import DescriptionError, load
from .merge import merged
from .render import model_files, stub_file, table_file, write
from .tables import HelpError, Words, cmdlet_table

ROOT = Path(__file__).parents[2]


def generate(
    spec: Annotated[Path, typer.Option(help="The newest OpenAPI description: what the API is today.")],
    names: Annotated[Path, typer.Option(help="The description the names come from: what scripts rely on.")],
    root: Annotated[Path, typer.Option(help="The project's folder to write into.")] = ROOT,
) -> None:
    """Write models, cmdlet tables, type stubs and reference pages out of two OpenAPI descriptions."""
    try:
        api = merged(load(spec), load(names))
        words = Words.load()
        table = cmdlet_table(api, words)
        package = root / "psbridge"
        outputs = [
            *model_files(api, words, package / "models"),
            table_file(table, package / "models"),
            stub_file(table, api, package / "cmdlets"),
        ]
    except (DescriptionError, HelpError) as problem:
        typer.echo(f"psbridge.generate: {problem}", err=True)
        raise typer.Exit(2) from None
    for path in write(outputs):
        typer.echo(f"wrote {path.relative_to(root)}")


if __name__ == "__main__":
    typer.run(generate)
