"""The tests in `inside` need a .NET runtime in their own process; `test_in_child` runs them in one."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("INSIDE_DOTNET") else ["inside"]
