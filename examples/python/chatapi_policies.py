"""ChatApi by the names of the C# page: several tokens with their rate limits, policies, events.

    python examples/python/chatapi_policies.py --offline

Without --offline the tokens come from OPENAI_API_KEYS, separated by commas.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from datetime import timedelta

import psbridge
from psbridge import BearerToken, ChatApi, RateLimitProvider, configure_api
from psbridge.chatapi import ApiResponseEventArgs, ClientBuilder, HostConfiguration, HttpClientSettings

QUESTIONS = ("What is a cmdlet?", "What is a pipeline?", "What is a parameter set?")


async def ask(api: ChatApi, question: str) -> str:
    """One question; its answer, or why there is none."""
    request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]}
    response = await api.CreateChatCompletionAsync(request)
    found, completion = response.TryOk()
    if not found or completion is None:
        return f"HTTP {response.StatusCode} {response.ReasonPhrase}"
    return completion.choices[0].message.content or ""


async def ask_all(api: ChatApi) -> None:
    """All questions at once; each token is used as often as its timeout allows."""
    async with api:
        for question, answer in zip(
            QUESTIONS, await asyncio.gather(*(ask(api, one) for one in QUESTIONS)), strict=True
        ):
            print(f"{question}\n    {answer}")


def report(sender: object, args: ApiResponseEventArgs) -> None:
    """Say how each call went."""
    response = args.ApiResponse
    took = response.DownloadedAt - response.RequestedAt
    print(f"{response.StatusCode} after {took / timedelta(milliseconds=1):.0f} ms")


def connect(address: str | None, keys: list[str]) -> ChatApi:
    """A ChatApi with these keys, each used at most ten times a second."""

    def client(settings: HttpClientSettings) -> None:
        settings.BaseAddress = address

    def policies(builder: ClientBuilder) -> None:
        builder.AddRetryPolicy(2).AddTimeoutPolicy(60).AddCircuitBreakerPolicy(5, timedelta(seconds=30))

    def configure(options: HostConfiguration) -> None:
        options.AddTokens([BearerToken(key, timedelta(milliseconds=100)) for key in keys])
        options.UseProvider(RateLimitProvider).AddApiHttpClients(client, policies)

    api = configure_api(configure).Create(ChatApi)
    api.Events.OnCreateChatCompletion += report
    return api


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask several questions through ChatApi.")
    parser.add_argument("--offline", action="store_true", help="ask psbridge's offline server instead")
    offline = parser.parse_args().offline
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(psbridge.OfflineServer()).base_url if offline else None
        keys = (
            ["sk-offline-one", "sk-offline-two"] if offline else os.getenv("OPENAI_API_KEYS", "").split(",")
        )
        try:
            asyncio.run(ask_all(connect(address, keys)))
        except psbridge.PSBridgeError as error:
            print(f"{error.error_id}: {error.message}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
