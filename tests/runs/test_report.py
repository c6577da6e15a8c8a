"""The report as a browser shows it: headless Chromium, in both colour schemes and at a phone's width."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import KEY, Counting, Tickets

pytest.importorskip("matplotlib")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def page(tickets: Tickets, counting: Counting) -> Path:
    tickets.write(120)
    counting.reset(bad=5, first500=5, delay=10)
    prices = tickets.folder / "prices.json"
    prices.write_text('{"gpt-4o-mini": {"input": 1, "output": 2}}', encoding="utf-8")
    assert tickets.run("--price-file", str(prices)).returncode == 1
    path = tickets.folder / "report.html"
    done = tickets.psbridge("runs", "report", str(tickets.ledger), "--out", str(path))
    assert done.returncode == 0, done.stderr
    return path


def test_it_is_one_page_that_needs_nothing_else(page: Path, tickets: Tickets) -> None:
    text = page.read_text(encoding="utf-8")
    for said in ("prefers-color-scheme", "@media print", 'name="viewport"', "<svg", "currentColor"):
        assert said in text
    assert "<script" not in text and KEY not in text
    loads = re.findall(r"""(?:src|href)\s*=\s*["']([^"'#][^"']*)|url\(\s*['"]?([^'"#)][^)]*)""", text)
    assert loads == [] and "@import" not in text
    assert text.count("<svg") == 3
    status = tickets.status()
    shown = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text))
    assert (shown["Rows"], shown["Failed"]) == ("120", str(status.Failed)) and status.Failed > 0
    assert "PSBridge.BadRequest" in text and "gpt-4o-mini" in text and "Slowest rows" in text


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it(page: Path, dark: bool, width: int) -> None:
    if BROWSER is None:
        pytest.skip("no Chromium: Debian's package is chromium")
    picture = page.with_name("picture.png")
    profile = page.with_name("profile")
    done = subprocess.run(
        [
            *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={profile}", f"--window-size={width},1600", "--enable-logging=stderr"),
            *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []),
            *(f"--screenshot={picture}", page.as_uri()),
        ],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"CONSOLE" not in done.stderr, done.stderr.decode()
    pillow = pytest.importorskip("PIL.Image")
    with pillow.open(picture) as image:
        pixels = image.convert("RGB")
        corner = pixels.getpixel((2, pixels.height - 2))
        colours = {colour for _, colour in pixels.getcolors(1 << 24)}
    assert (sum(corner) < 150) == dark, "the paper follows the colour scheme"
    assert any(blue > 180 and red < 130 for red, _, blue in colours), "figures are drawn"
