"""The commands, their arguments and their help; what each does is in a module of its own, loaded on use."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import __version__
from . import WrongUsageError
from .runs import app as runs_app

_ON_TERMINAL = sys.stdout.isatty() and sys.stderr.isatty()

app = typer.Typer(
    name="psbridge",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if _ON_TERMINAL else None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"psbridge {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def psbridge(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """The generated OpenAI clients' cmdlets, made to work.

    New here? Run: psbridge demo
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


Profile = Annotated[
    str | None,
    typer.Option("--profile", help="Settings by this name from profiles.json.", show_default=False),
]


def _use(profile: str | None) -> None:
    """Take a profile's settings for this command."""
    if profile is not None:
        from ..client.settings.configuration import set_configuration
        from ..client.settings.profile import profile as settings_of

        set_configuration(**settings_of(profile))


@app.command()
def demo() -> None:
    """Run the PowerShell page's example offline.

    Real HTTP against a server on this machine: no key, no network, no model.
    """
    from .demo import run

    run()


@app.command()
def chat(
    text: Annotated[
        str | None,
        typer.Argument(
            help="What to say; a text piped in goes behind it. '-' or nothing: what is piped in.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model answers; default: the configured one.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="How the model should behave.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask the offline server: no key, no network, no model.")
    ] = False,
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="Show the reply as it comes; default: on a terminal."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")] = False,
    encoding: Annotated[
        str | None,
        typer.Option(help="Of what is piped in; default: its byte-order mark's, UTF-8, or the system's."),
    ] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Leave standard input alone.")] = False,
    price_file: Annotated[
        Path | None, typer.Option(help="Prices per million tokens, as JSON, for a conversation's /cost.")
    ] = None,
    profile: Profile = None,
) -> None:
    """Ask once and print the reply; without a text, on a terminal, hold a conversation.

    The key comes from OPENAI_API_KEY.
    """
    from .chat import run

    _use(profile)
    run(
        text,
        model=model,
        system=system,
        offline=offline,
        stream=stream,
        as_json=as_json,
        encoding=encoding,
        no_input=no_input,
        price_file=price_file,
    )


@app.command(
    "run-script",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": ["-h", "--help"],
    },
)
def run_script(context: typer.Context) -> None:
    """Run a PowerShell script where there is no PowerShell: run-script [OPTIONS] FILE.ps1 [its arguments].

    FILE may be a Markdown page: its ```powershell blocks are run, and what a generator left broken there is
    mended and reported. Options come before FILE: --offline (the chat API on this machine: no key, no
    network, no model), --trace (commands on standard error as they run), --no-process, --no-network,
    --read-only, --strict (a page that had to be mended is not run).
    """
    from .run_script import start

    raise typer.Exit(start(context.args))


@app.command()
def port(
    files: Annotated[
        list[Path],
        typer.Argument(help="PowerShell scripts, or pages with ```powershell blocks.", metavar="FILE..."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Where the Python goes: a file, or a folder; standard output without it."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if a line cannot be ported or had to be mended.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Write script and Python side by side, and why: Markdown, or HTML by --out."
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; say what can be ported, run both, and compare what they do."
        ),
    ] = False,
    argument: Annotated[
        list[str] | None, typer.Option(help="With --check: an argument of the script; may be repeated.")
    ] = None,
) -> None:
    """Write the Python that does what PowerShell scripts do.

    What stays to be done is on standard error, a line each, and the exit code is 1 then. Files of functions
    that a script dot-sources become modules beside --out.
    """
    from .port import Wanted, run

    raise typer.Exit(run(files, Wanted(out, strict, explain, check, argument or ())))


@app.command()
def cmdlets(
    name: Annotated[
        str | None,
        typer.Argument(help="A cmdlet, a part of a name, or a pattern: '*-Chat*'.", show_default=False),
    ] = None,
) -> None:
    """List the cmdlets, or show the help of one."""
    from .cmdlets import run

    run(name)


@app.command("offline-server")
def offline_server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    delay: Annotated[int, typer.Option(min=0, help="Milliseconds before every reply.")] = 0,
) -> None:
    """Serve the chat API on loopback until Ctrl+C.

    The first line printed is the base URL. It is not a model and says so in its replies.
    """
    from ..errors import PSBridgeError
    from ..offline.command import serve

    try:
        serve(host=host, port=port, delay=delay / 1000)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PSBridgeError(f"Cannot listen on {host} port {port}: {why}.") from None


@app.command("install-module", context_settings={"token_normalize_func": str.lower})
def install_module(
    scope: Annotated[
        str,
        typer.Option(
            "--scope", "-scope", help="Whose module path: user (CurrentUser) or machine (AllUsers)."
        ),
    ] = "user",
    path: Annotated[
        Path | None,
        typer.Option(
            "--path", "-path", help="A folder of PowerShell modules to use instead.", show_default=False
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-force", help="Also in place of a newer version, which is removed.")
    ] = False,
) -> None:
    """Put the PowerShell module PSBridge where PowerShell finds it, side by side by version.

    What is not a copy of the module is never touched. PowerShell's own words are understood: -Scope AllUsers.
    """
    from ..install_module import ScopeError, told
    from ..install_module import install_module as install

    try:
        written = install(scope, path, force=force)
    except ScopeError as error:
        raise WrongUsageError(error.message) from None
    typer.echo(told(written, path))


@app.command("run")
def run_rows(
    file: Annotated[
        str,
        typer.Argument(help="Rows: .csv, .tsv, .jsonl, .json, .parquet, .xlsx; '-' reads standard input."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Output: .csv, .tsv, .jsonl or .parquet.", show_default=False)
    ] = None,
    id: Annotated[str, typer.Option(help="The column of the ids; default: the row's number.")] = "",
    template: Annotated[
        str | None, typer.Option("--template", "-t", help="The prompt, with columns in braces: '{Text}'.")
    ] = None,
    request_column: Annotated[
        str | None, typer.Option(help="The column of whole requests, instead of a template.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="How the model should behave.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model answers; default: the configured one.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="A JSON schema that answers are held to; members become columns.")
    ] = None,
    endpoint: Annotated[
        str, typer.Option(help="chat/completions, embeddings or moderations.")
    ] = "chat/completions",
    ledger: Annotated[
        Path | None, typer.Option(help="The ledger; default: OUT + .run.db.", show_default=False)
    ] = None,
    throttle_limit: Annotated[int, typer.Option(help="Requests under way at most.")] = 64,
    processes: Annotated[int, typer.Option(help="Processes that share the work.")] = 1,
    requests_per_minute: Annotated[float | None, typer.Option(help="The limit of all processes.")] = None,
    tokens_per_minute: Annotated[float | None, typer.Option(help="The limit of all processes.")] = None,
    max_requests: Annotated[
        int | None, typer.Option(help="Stop after so many calls, all starts together.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Stop before so many tokens are used.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Stop before it costs more; needs prices.")] = None,
    price_file: Annotated[
        Path | None, typer.Option(help="Prices a million tokens, as JSON.", show_default=False)
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(help="Begin nothing after it: 90m, 2h, or a time as 2026-01-31T18:00.")
    ] = None,
    changed: Annotated[
        str, typer.Option(help="Ids with another request than before: refuse, or rerun.")
    ] = "refuse",
    encoding: Annotated[str | None, typer.Option(help="Of the rows; default: detected.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of the columns; default: detected.")] = None,
    format: Annotated[str | None, typer.Option(help="Of the rows; default: by the file's name.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count, estimate, show the first requests; send nothing.")
    ] = False,
    cluster: Annotated[
        str, typer.Option(help="On many machines: a Dask scheduler's address or file, or local:4.")
    ] = "",
    cluster_key: Annotated[
        str, typer.Option(help="module:function that gives each machine its key; default: its environment.")
    ] = "",
    batch: Annotated[
        bool, typer.Option("--batch", help="By OpenAI's Batch: half the price, within a day.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Submit batches and end; the same line collects them.")
    ] = False,
    poll_seconds: Annotated[float, typer.Option(min=0.1, help="Between two looks at batches, at most.")] = 60,
    batch_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens of a batch, at most.")] = None,
    profile: Profile = None,
) -> None:
    """Ask for every row of a file; the same line again goes on where it stopped.

    Exit codes: 0 all done, 1 rows failed, 2 wrong usage, 3 stopped by a cap, a spent quota or a refused key,
    130 interrupted.
    """
    from .run import run

    given: dict[str, Any] = {
        "id": id,
        "template": template,
        "request_column": request_column,
        "system": system,
        "model": model,
        "schema": schema,
        "endpoint": endpoint,
        "width": throttle_limit,
        "processes": processes,
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "max_requests": max_requests,
        "max_tokens": max_tokens,
        "max_cost": max_cost,
        "price_file": price_file,
        "deadline": deadline,
        "changed": changed.lower(),
        "encoding": encoding,
        "delimiter": delimiter,
        "format": format,
    }
    _use(profile)
    given |= {"cluster": cluster, "cluster_key": cluster_key}
    given |= {"batch": batch, "batch_tokens": batch_tokens, "poll": poll_seconds}
    raise typer.Exit(run(file, out, ledger, dry_run, given, not no_wait))


app.add_typer(runs_app, name="runs")


@app.command()
def doctor(profile: Profile = None) -> None:
    """Say what this machine has and what is missing.

    Ends with 0 when psbridge itself can work here; what is optional may be missing.
    """
    from .doctor import run

    _use(profile)
    if not run():
        raise typer.Exit(1)
