"""What one and a hundred million sequences would take, and how 10,000 shards are read.

Measures bytes and time of making sequences, indexes of up to 100,000 shards, random and windowed
orders over 10,000 shards (one file under 10,000 names, so the disk stays small), tasks on engines,
and fetching over HTTP; then writes docs/scale.md. Run ``python -m benchmarks.scale [VOC]``; without
a folder of photos they are drawn.
"""

import argparse
from pathlib import Path

from benchmarks.scale.measuring import measure
from benchmarks.scale.page import PAGE, write_page


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voc", nargs="?", type=Path, help="photos; drawn ones without it")
    page = write_page(measure(parser.parse_args().voc))
    PAGE.write_text(page, encoding="utf-8")
    print(page)


main()
