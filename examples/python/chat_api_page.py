"""The example of the PowerShell ChatApi page, in Python.

    python chat_api_page.py --offline        # no key, no network
    OPENAI_API_KEY=... python chat_api_page.py

The page's calls themselves, one for one, are in `psbridge/cli/page.py`; `psbridge demo` shows each of them at
work. Here they are run as the page runs them, with its `catch` block. The page leaves its values at
placeholders ("MyContent", `MaxTokens 0`), which the offline server accepts and the service refuses: that is
what the `except` shows.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

import psbridge as ps
from psbridge.cli import page


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the example of the PowerShell ChatApi page.")
    parser.add_argument("--offline", action="store_true", help="ask the offline server")
    with ExitStack() as stack:
        if parser.parse_args().offline:
            server = stack.enter_context(ps.OfflineServer())
            stack.enter_context(ps.use_configuration(base_url=server.base_url, access_token="none"))
        try:
            result = page.run(ps)
        except ps.ClientError as error:
            print("Exception occurred when calling New-ChatCompletion:", error, file=sys.stderr)
            print("Error details:", error.ErrorDetails, file=sys.stderr)
            print("Response headers:", dict(error.Exception.Response.Headers), file=sys.stderr)
            return 1
    print(result.model_dump_json(indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
