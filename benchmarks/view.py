"""How quick `seqsynth view` is: first picture, a screen of tiles, scrolling, a million sequences.

A set of 1,000 shards of 1,000 sequences is one file under 1,000 names, so the disk stays small.
Run ``python -m benchmarks.view``; it writes its section of docs/view.md. The browser's part needs
chromium and chromedriver (see tests/seqsynth/view/test_browser.py).
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.photos import write_photos
from benchmarks.timing import machine
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.shards import read_index
from seqsynth.shards.index import render
from seqsynth.synthesis import generate

PAGE = Path(__file__).resolve().parents[1] / "docs" / "view.md"
BEGIN, END = "<!-- benchmarks.view -->", "<!-- /benchmarks.view -->"

SHARDS = 1000
SEQUENCES = 1000
"""Of each shard."""

SCREEN = 48
STEPS = 40
STEP_PX = 400
PATIENT_MS = 100
LONGEST_S = 300


@dataclass(frozen=True)
class Findings:
    """What was measured.

    Attributes
    ----------
    first_s : seconds from the start of the command to the first picture; the best of several
    first_cpu_s : seconds of CPU time the server had used by then
    screen_ms : from the first request to the last tile of a screen, asked for one by one
    filter_s : to look through all sequences for a condition on what datasets hold
    sort_s : until they are sorted by it
    memory : anonymous memory of the server after that, bytes
    empty_share : of scroll steps after which a tile in sight was empty for `PATIENT_MS`; None
        where there is no browser
    full_ms : from a scroll step until every tile in sight has its picture, median and worst
    """

    first_s: float
    first_cpu_s: float
    screen_ms: float
    filter_s: float
    sort_s: float
    memory: int
    empty_share: float | None = None
    full_ms: tuple[float, float] = (0, 0)


def measure() -> Findings:
    """Measure everything; takes a few minutes."""
    with tempfile.TemporaryDirectory() as name:
        many = make_set(Path(name))
        starts = [measure_start(many) for _ in range(5)]
        first_s, first_cpu_s = min(starts)
        with serving(many) as (address, process):
            screen_ms = measure_screen(address)
            filter_s = measure_filter(address)
            sort_s = measure_sort(address)
            memory = anonymous_bytes(process.pid)
        with serving(many) as (address, _):
            scrolled = measure_scrolling(address)
        return Findings(first_s, first_cpu_s, screen_ms, filter_s, sort_s, memory, *scrolled)


def make_set(folder: Path) -> Path:
    """Make a set of `SHARDS` shards that are one file under many names; return its folder."""
    write_photos(folder / "photos", 60)
    settings = {"sequences": SEQUENCES, "val_fraction": 0, "shard_size": 2**32, "image_set": "all"}
    config = SynthesisConfig.model_validate(settings)
    generate(folder / "photos", folder / "one", config, RunConfig())
    index = read_index(folder / "one")
    (entry,) = index.shards
    entries = [replace(entry, file=f"train-{number:05d}.h5") for number in range(SHARDS)]
    (folder / "many").mkdir()
    for one in entries:
        os.link(folder / "one" / entry.file, folder / "many" / one.file)
    # A shard of a set that is not complete is not asked for its place; here all say the first.
    content = render(index.with_shards(entries, complete=False))
    (folder / "many" / "index.json").write_bytes(content)
    return folder / "many"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the address of a server of a set, and its process."""
    command = [sys.executable, "-c", "from seqsynth.cli import main; main()", "view", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline() if process.stdout else ""
        yield re.findall(r"http://\S+", said)[0], process
    finally:
        process.terminate()
        process.wait()


def measure_start(folder: Path) -> tuple[float, float]:
    """Return seconds until the first picture, and the server's seconds of CPU time by then."""
    started = time.perf_counter()
    with serving(folder) as (address, process):
        fetch_tile(address, ask(address, "api/head")["run"], 0)
        seconds = time.perf_counter() - started
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return seconds, ticks / os.sysconf("SC_CLK_TCK")


def measure_screen(address: str) -> float:
    """Return milliseconds for the tiles of a screen in the middle of the set."""
    run = ask(address, "api/head")["run"]
    middle = SHARDS * SEQUENCES // 2
    started = time.perf_counter()
    rows = ask(address, f"api/sets/0/rows?first={middle}&count={SCREEN}")
    for row in rows:
        fetch_tile(address, run, row["number"])
    return (time.perf_counter() - started) * 1e3


def measure_filter(address: str) -> float:
    """Return seconds until a filter has looked at every sequence."""
    return wait(lambda: ask(address, "api/sets/0/selection?where=sigma%3E%3D3")["done"])


def measure_sort(address: str) -> float:
    """Return seconds of the first rows in the order of a recorded quantity."""
    started = time.perf_counter()
    ask(address, "api/sets/0/rows?first=0&count=60&sort=sigma")
    return time.perf_counter() - started


def measure_scrolling(address: str) -> tuple[float | None, tuple[float, float]]:
    """Scroll down in headless Chromium; return the share of gaps, and ms until all is there."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        return None, (0, 0)
    from selenium import webdriver  # noqa: PLC0415  # of the extra test

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000"):
        options.add_argument(flag)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_script_timeout(LONGEST_S)
        driver.get(address)
        waits = driver.execute_async_script(SCROLL, STEPS, STEP_PX)
    finally:
        driver.quit()
    gaps = sum(ms > PATIENT_MS for ms in waits) / len(waits)
    return gaps, (statistics.median(waits), max(waits))


SCROLL = """
const [steps, px, done] = arguments;
const grid = () => document.querySelector(".grid");
const full = () => {
  if (!grid() || !grid().querySelector(".tile")) return false;
  const box = grid().getBoundingClientRect();
  return [...grid().querySelectorAll(".tile")].every((tile) => {
    const place = tile.getBoundingClientRect();
    if (place.bottom <= box.top || place.top >= box.bottom) return true;
    const picture = tile.querySelector("img");
    return picture && picture.complete && picture.naturalWidth > 0;
  });
};
const frame = () => new Promise((resolve) => setTimeout(resolve, 4));
(async () => {
  while (!full()) await frame();
  const waits = [];
  for (let step = 0; step < steps; step += 1) {
    const started = performance.now();
    grid().dispatchEvent(new WheelEvent("wheel", { deltaY: px, cancelable: true }));
    await frame();
    while (!full()) await frame();
    waits.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  done(waits);
})();
"""
"""Scrolls as a wheel does, and measures how long each step leaves a tile in sight empty."""


def ask(address: str, path: str) -> Any:
    """Return a document of the server."""
    with urllib.request.urlopen(address + path) as answer:
        return json.load(answer)


def fetch_tile(address: str, run: str, number: int) -> None:
    """Fetch a tile's picture."""
    with urllib.request.urlopen(f"{address}strip/{run}/0/{number}") as answer:
        answer.read()


def wait(condition: Callable[[], bool]) -> float:
    """Return the seconds until a condition holds."""
    started = time.perf_counter()
    while not condition():
        if time.perf_counter() - started > LONGEST_S:
            raise TimeoutError(f"not done after {LONGEST_S} s")
        time.sleep(0.05)
    return time.perf_counter() - started


def anonymous_bytes(pid: int) -> int:
    """Return the memory of a process that is its own, mapped files left out."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def describe(findings: Findings) -> str:
    """Return the section of the page."""
    lines = [
        f"Measured by `python -m benchmarks.view` on {SHARDS:,} shards of {SEQUENCES:,} sequences,",
        "on a warm disk and a machine that did other work, too (a load of "
        f"{os.getloadavg()[0]:.0f}):",
        f"{machine()}.",
        "",
        "| | |",
        "| --- | --- |",
        f"| from starting the command to the first picture | {findings.first_s:.2f} s, of which "
        f"{findings.first_cpu_s:.2f} s are the server's own work |",
        f"| a screen of {SCREEN} tiles, anywhere in the set | {findings.screen_ms:.0f} ms |",
        f"| a filter on what is recorded, over all | {findings.filter_s:.1f} s; what is found is "
        "shown meanwhile |",
        f"| the first rows in another order | {findings.sort_s:.2f} s |",
        f"| memory of the server after that | {findings.memory / 2**20:.0f} MiB |",
    ]
    if findings.empty_share is not None:
        median, worst = findings.full_ms
        lines += [
            f"| scroll steps of two rows after which a tile was empty for {PATIENT_MS} ms | "
            f"{100 * findings.empty_share:.0f} % of {STEPS} |",
            f"| from such a step until every tile in sight has its picture | {median:.0f} ms; "
            f"{worst:.0f} ms at worst |",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write the section."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    section = describe(measure())
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{section}\n{END}{after}", encoding="utf-8")
    print(section)


if __name__ == "__main__":
    main()
