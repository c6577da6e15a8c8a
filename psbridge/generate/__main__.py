"""`python -m psbridge.generate`: write all of it or nothing, out of the pinned descriptions or others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .description import DescriptionError, load
from .families import HERE, FamilyError, load_families
from .merge import merged
from .pages import examples, pages
from .powershell import powershell_files
from .render import RenderError, model_files, stub_file, table_files, write
from .sources import fetched, pinned
from .tables import cmdlet_table
from .words import HelpError, Words

ROOT = Path(__file__).parents[2]


def generate(
    spec: Annotated[
        Path | None, typer.Option(help="What the API is today, instead of the pinned description of it.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="Where the names come from, instead of the pinned description.")
    ] = None,
    root: Annotated[Path, typer.Option(help="The project's folder to write into.")] = ROOT,
    families: Annotated[Path, typer.Option(help="The folder of the families of the API.")] = HERE,
    descriptions: Annotated[
        Path, typer.Option(help="Where the pinned descriptions are kept once they were fetched.")
    ] = ROOT / ".descriptions",
) -> None:
    """Write models, tables, stubs, pages and the PowerShell module out of two OpenAPI descriptions.

    Those that are pinned in sources.yaml, which are fetched where they are not at hand, and whose sums are
    checked; or the files that are given.
    """
    try:
        sources = pinned()
        spec = spec or fetched(sources["newest"], descriptions)
        names = names or fetched(sources["names"], descriptions)
        known = load_families(families)
        api = merged(load(spec), load(names), known)
        words = Words.load(families)
        table = cmdlet_table(api, words, known)
        shown = examples(api, words, known)
        package = root / "psbridge"
        outputs = [
            *model_files(api, words, known, package / "models"),
            *table_files(table, known, package / "models"),
            stub_file(table, api, known, package / "cmdlets"),
            *pages(api, table, words, known, shown, root / "docs"),
            *powershell_files(table, known, shown, root),
        ]
        words.check_used()
        changed = write(outputs)
    except (DescriptionError, FamilyError, HelpError, RenderError) as problem:
        typer.echo(f"psbridge.generate: {problem}", err=True)
        raise typer.Exit(2) from None
    for path in changed:
        typer.echo(f"{'wrote' if path.exists() else 'removed'} {path.relative_to(root)}")


if __name__ == "__main__":
    typer.run(generate)
