"""What runs are measured against: each contender asks for the same prompts, and writes a line a row.

    python -m benchmarks.rivals NAME --rows N --width N --out FILE

Run by `runs`, each in a process of its own, by an interpreter of its own where that is asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

KEY = "sk-benchmark-00000"
RUN, CLUSTER = "psbridge run", "psbridge run, two on a cluster"
TEMPLATE = "p-{Id} Sort this: {Text}"
TEXT = "the printer on floor {} is jammed again and users are waiting"


def prompt(number: int) -> str:
    """What every contender asks."""
    return f"p-{number} Sort this: {TEXT.format(number % 40)}"


def body(number: int) -> dict[str, Any]:
    """The same as a request."""
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt(number)}]}


def line(folder: Path, width: int, *more: str) -> list[str]:
    """The command of a run."""
    return [
        *(sys.executable, "-m", "psbridge", "run", str(folder / "t.csv"), "--id", "Id"),
        *("--template", TEMPLATE, "--model", "gpt-4o-mini", "--out", str(folder / "o.csv")),
        *("--throttle-limit", str(width), *more),
    ]


def psbridge_map(rows: int, width: int, out: Path) -> None:
    from psbridge.client import Client

    with out.open("w") as file, Client() as client:
        bodies = (json.dumps(body(number)).encode() for number in range(rows))
        for outcome in client.map(bodies, concurrency=width, ordered=False):
            answer = outcome.value["choices"][0]["message"]["content"]
            file.write(json.dumps({"id": outcome.index, "text": answer}) + "\n")


def openai_semaphore(rows: int, width: int, out: Path, aiohttp: bool = False) -> None:
    import openai

    async def main() -> None:
        client = openai.AsyncOpenAI(
            **({"http_client": openai.DefaultAioHttpClient()} if aiohttp else {})  # type: ignore[arg-type]
        )
        places = asyncio.Semaphore(width)
        with out.open("w") as file:

            async def one(number: int) -> None:
                async with places:
                    reply = await client.chat.completions.create(**body(number))
                    text = reply.choices[0].message.content
                    file.write(json.dumps({"id": number, "text": text}) + "\n")

            await asyncio.gather(*(one(number) for number in range(rows)))

    asyncio.run(main())


def batch_llm(rows: int, width: int, out: Path, over_psbridge: bool = False) -> None:
    import async_batch_llm

    rival: Any = async_batch_llm

    identity = rival.ArtifactIdentity(provider="openai", model="gpt-4o-mini", prompt_version="v1")
    base = os.environ["OPENAI_BASE_URL"]

    async def main() -> None:
        strategy: Any
        if over_psbridge:
            from psbridge.client import AsyncClient

            client = AsyncClient()

            async def invoke(text: str, *, attempt: Any, timeout: Any, state: Any) -> Any:
                members = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
                value = (await client.create(members)).value
                usage = value["usage"]
                return rival.CallOutcome(
                    value["choices"][0]["message"]["content"],
                    token_usage={
                        "input_tokens": usage["prompt_tokens"],
                        "output_tokens": usage["completion_tokens"],
                        "total_tokens": usage["total_tokens"],
                    },
                )

            strategy = rival.CallableStrategy(invoke, identity=identity)
        else:
            model = rival.OpenAIModel.from_api_key(
                *("gpt-4o-mini",),
                api_key=KEY,
                base_url=base,
                api_surface="chat_completions",
                max_connections=width,
            )
            strategy = rival.OpenAIStrategy(model)
        store = rival.SqliteArtifactStore(str(out) + ".sqlite", identity=identity)
        sizes = {"concurrency": width, "max_queue_size": 2 * width, "max_result_queue_size": 2 * width}
        items = ((f"row-{number}", prompt(number)) for number in range(rows))
        with out.open("w") as file:
            async for result in rival.process_stream(
                strategy,
                items,
                config=rival.ProcessorConfig(**sizes),
                artifact_store=store,
                resume=rival.ResumePolicy.REUSE_SUCCESSES,
            ):
                file.write(json.dumps({"id": result.item_id, "text": result.output}) + "\n")

    asyncio.run(main())


def _dask_chunk(numbers: list[int], width: int) -> list[tuple[int, str]]:
    from psbridge.client import Client

    with Client() as client:
        bodies = (json.dumps(body(number)).encode() for number in numbers)
        return [
            (numbers[one.index], one.value["choices"][0]["message"]["content"])
            for one in client.map(bodies, concurrency=width, ordered=False)
        ]


def dask_chunks(rows: int, width: int, out: Path) -> None:
    import dask.distributed

    distributed: Any = dask.distributed  # it has no types
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        out.open("w") as file,
    ):
        chunks = [list(range(start, min(rows, start + 512))) for start in range(0, rows, 512)]
        futures = client.map(_dask_chunk, chunks, width=width // 2, retries=3)
        for _, answers in distributed.as_completed(futures, with_results=True):
            for number, text in answers:
                file.write(json.dumps({"id": number, "text": text}) + "\n")


def _dask_row(number: int) -> tuple[int, str]:
    """A row's task; its client is kept at the worker process, for all of its threads."""
    import dask.distributed

    from psbridge.client import Client

    distributed: Any = dask.distributed
    worker = distributed.get_worker()
    if not hasattr(worker, "asks"):
        worker.asks = Client()
    return number, str(worker.asks.create(body(number)).value["choices"][0]["message"]["content"])


def dask_rows(rows: int, width: int, out: Path) -> None:
    """What a user of Dask writes first: a task for each row, and as many threads as requests."""
    import dask.distributed

    distributed: Any = dask.distributed  # it has no types
    options = {"n_workers": 2, "threads_per_worker": width // 2, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
        out.open("w") as file,
    ):
        futures = client.map(_dask_row, range(rows), retries=3)
        for _, (number, text) in distributed.as_completed(futures, with_results=True):
            file.write(json.dumps({"id": number, "text": text}) + "\n")


def ray_data(rows: int, width: int, out: Path) -> None:
    import ray

    library: Any = ray  # its types do not tell
    library.init(num_cpus=2, include_dashboard=False, log_to_driver=False)

    def answered(batch: dict[str, Any]) -> dict[str, Any]:
        answers = dict(_dask_chunk([int(number) for number in batch["id"]], width // 2))
        return {"id": batch["id"], "text": [answers[int(number)] for number in batch["id"]]}

    numbers = library.data.range(rows).map_batches(answered, batch_size=512, concurrency=2)
    with out.open("w") as file:
        for row in numbers.iter_rows():
            file.write(json.dumps({"id": int(row["id"]), "text": str(row["text"])}) + "\n")
    library.shutdown()


def curator(rows: int, width: int, out: Path) -> None:
    own = {"CURATOR_CACHE_DIR": f"{out}.cache", "TELEMETRY_ENABLED": "false", "CURATOR_VIEWER": "0"}
    own |= {
        "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    os.environ.update(own)
    litellm = importlib.util.find_spec("litellm")
    if litellm is not None and litellm.origin is not None:  # which brings a tokenizer that is else downloaded
        tokenizers = Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(tokenizers))
    library: Any = importlib.import_module("bespokelabs.curator")

    class Asked(library.LLM):  # type: ignore[misc]  # it has no types
        def prompt(self, row: dict[str, Any]) -> str:
            return str(row["prompt"])

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"id": row["id"], "text": response}

    asked = Asked(
        model_name="gpt-4o-mini",
        backend="openai",
        backend_params={
            "base_url": os.environ["OPENAI_BASE_URL"],
            "max_requests_per_minute": 10_000_000,
            "max_tokens_per_minute": 10_000_000_000,
            "max_concurrent_requests": width,
        },
    )
    answers: Any = asked([{"id": number, "prompt": prompt(number)} for number in range(rows)])
    with out.open("w") as file:
        for row in getattr(answers, "dataset", answers):
            file.write(json.dumps({"id": row["id"], "text": row["text"]}) + "\n")


class Rival(NamedTuple):
    """A contender.

    Attributes:
        ask: asks for so many rows, with so many under way, and writes them to a file.
        module: what has to be installed for it.
        wanted: so much faster a run is to be.
        than: which run; those on several processes have it with a run on a local cluster.
    """

    ask: Callable[[int, int, Path], None]
    module: str
    wanted: float
    than: str = RUN


RIVALS = {
    "Client.map, no ledger": Rival(psbridge_map, "psbridge", 0.9),
    "async-batch-llm over psbridge": Rival(partial(batch_llm, over_psbridge=True), "async_batch_llm", 2.0),
    "async-batch-llm as shipped": Rival(batch_llm, "async_batch_llm", 4.0),
    "openai with a semaphore": Rival(openai_semaphore, "openai", 4.0),
    "openai with aiohttp": Rival(partial(openai_semaphore, aiohttp=True), "aiohttp", 2.0),
    "curator": Rival(curator, "bespokelabs", 4.0),
    "Dask calling psbridge, by chunks": Rival(dask_chunks, "distributed", 1.4, CLUSTER),
    "Dask calling psbridge, by rows": Rival(dask_rows, "distributed", 1.4, CLUSTER),
    "Ray Data calling psbridge": Rival(ray_data, "ray", 3.5, CLUSTER),
}


def main() -> None:
    """Be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RIVALS)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    RIVALS[given.name].ask(given.rows, given.width, given.out)


if __name__ == "__main__":
    main()
