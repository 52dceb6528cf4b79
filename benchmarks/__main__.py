"""Run the benchmarks of generation and reading, and write docs/performance.md."""

from pathlib import Path

from benchmarks import generation, reading

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"

INTRODUCTION = """# Performance

Written by `make bench`. Compare ratios, which hold across machines; every figure is CPU time of
one process unless it says otherwise, the alternatives measured in turn in one run.
"""


def main() -> None:
    """Measure, print and write the page."""
    sections = {"Generation": generation.measure(), "Reading": reading.measure()}
    page = INTRODUCTION + "".join(f"\n## {name}\n\n{text}\n" for name, text in sections.items())
    PAGE.write_text(page, encoding="utf-8")
    print(page)


main()
