"""docs/scale.md: the plan for one and for a hundred million sequences, from what was measured."""

import inspect
import math
import re
import textwrap
from pathlib import Path

from benchmarks.scale.measuring import PER_GIB, PLANNED, VOC_PHOTOS, Findings, Form
from benchmarks.scale.orders import BATCH, SEQUENCES, SHARDS, windowed_order
from benchmarks.timing import machine, table
from seqsynth.shards.reader import MOST_OPEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"

LINKS_GBIT = (1, 10)
WIDTH = 115
VAL = 0.05


def write_page(findings: Findings) -> str:
    """Return the page."""
    parts = [_head(), _making(findings), _photos(findings), _division(findings)]
    parts += [_index(findings), _reading(findings), _shuffling(), _transport(findings)]
    return _fill("\n\n".join(parts)) + "\n"


def _fill(text: str) -> str:
    """Break the lines of prose anew; headings, tables and code stay as they are."""
    prose, *rest = text.split("```python\n", 1)
    blocks = [_fill_block(block) for block in prose.split("\n\n")]
    if not rest:
        return "\n\n".join(blocks)
    code, _, after = rest[0].partition("\n```")
    return "\n\n".join(blocks) + f"```python\n{code}\n```" + _fill(after)


def _fill_block(block: str) -> str:
    if block.startswith(("|", "#")) or not block.strip():
        return block
    bullets = re.split(r"\n(?=- )", block)
    return "\n".join(
        textwrap.fill(
            " ".join(bullet.split()),
            WIDTH,
            subsequent_indent="  " if bullet.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for bullet in bullets
    )


def _head() -> str:
    return f"""# A million sequences, and a hundred million

Written by `python -m benchmarks.scale`, which measures every figure on one small machine that
does other work, too; CPU time unless it says otherwise. What follows for larger machines is
multiplied out, not tried.

{machine()}"""


def _making(findings: Findings) -> str:
    tables = "\n\n".join(
        f"{photos}:\n\n{_forms_table(forms)}" for photos, forms in findings.forms.items()
    )
    first = next(iter(findings.forms.values()))
    layers, views = first[0], first[-1]
    per_core = 3600 * 1000 / layers.making_ms
    return f"""## Bytes and core-hours

One sequence: three 224x224 views; decoding, blending, writing, hashing and syncing. Core-hours
and terabytes of the plans follow from it.

{tables}

Compression depends on the photos{_caution(findings)}. Plan with the first table and measure your
own: `seqsynth generate --dry-run`, then a set of 1,000. `views` takes
{views.nbytes / layers.nbytes:.1f} times the bytes of `layers` and says nothing more: make
`layers`, and `seqsynth export` what needs frames.

A core makes {per_core:,.0f} sequences an hour, {layers.nbytes / layers.making_ms / 1000:.0f} MB a
second. So the disk is what a large machine waits for: 16 cores would write
{16 * layers.nbytes / layers.making_ms / 1e6:.1f} GB a second. `--image-cache` spares the decoding
where memory holds the photos ([performance](performance.md)); VOC decoded takes about
{VOC_PHOTOS * 500 * 375 * 3 / 1e9:.1f} GB."""


def _caution(findings: Findings) -> str:
    if len(findings.forms) == 1:
        return ": those drawn here have grain"
    return ": drawn ones have grain, those of the sample are partly stored at low quality"


def _forms_table(forms: tuple[Form, ...]) -> str:
    rows = []
    for form in forms:
        row = [form.name, f"{form.nbytes / 1000:.0f}", f"{form.making_ms:.2f}"]
        for number in PLANNED.values():
            row += [
                f"{form.nbytes * number / 1e12:.3g} TB",
                f"{form.making_ms * number / 3.6e6:.3g} h",
            ]
        rows.append(tuple(row))
    header = ("layout, compression", "kB a sequence", "ms a sequence")
    header += tuple(f"{name}, {what}" for name in PLANNED for what in ("bytes", "one core"))
    return table(header, rows)


def _photos(findings: Findings) -> str:
    half = VOC_PHOTOS // 2
    held = math.floor(VAL * half + 0.5)
    train = half - held
    pairs = train**2
    rows = []
    for name, number in PLANNED.items():
        drawn = number - math.floor(VAL * number + 0.5)
        distinct = -pairs * math.expm1(-drawn / pairs)
        rows.append((name, f"{drawn:,}", f"{distinct / 1e6:.2f} million", f"{drawn / train:,.0f}"))
    header = ("sequences", "for training", "distinct pairs, expected", "uses of a T photo, mean")
    return f"""## Photos: what VOC has to give

VOC2012 has {VOC_PHOTOS:,} photos: {half:,} for T, as many for R, {half**2 / 1e6:.1f} million
pairs. With 5 % held back it is {train:,} of each for training, {pairs / 1e6:.1f} million pairs.
Photos under 264 px on a side cannot be used for R ({findings.unusable:.1%} of the sample
measured).

{table(header, rows)}

A hundred million sequences repeat photos ten thousand times and show pairs more than once, though
with other windows, steps and blur. That is not a hundred million independent examples: what a
network sees of the world is still {train:,} photos. More photos (`--voc` takes any folder) are
likely worth more than more sequences, and a million sequences from VOC may teach as much as a
hundred; try it on a subset first. `SequenceStream` draws without storing anything."""


def _division(findings: Findings) -> str:
    layers = next(iter(findings.forms.values()))[0]
    rows = []
    for size, (each, *counts) in findings.divisions.items():
        seconds = each * layers.making_ms / 1000
        overheads = [f"{ms / seconds / 10:.2f} %" for ms in findings.engines.values()]
        shards = [f"{count:,}" for count in counts]
        rows.append((size, f"{each:,}", *shards, f"{seconds:.1f} s", *overheads))
    header = (
        "--shard-size",
        "sequences a shard",
        *(f"shards, {name}" for name in PLANNED),
        "a task",
    )
    header += tuple(f"{engine}'s share" for engine in findings.engines)
    engines = ", ".join(f"{name} {ms:.2f} ms" for name, ms in findings.engines.items())
    return f"""## Shards, tasks and engines

A task makes one shard. An empty task takes, wall clock: {engines} (two workers here, start left
out). Handing a task the plan over VOC's photos takes {findings.packing_ms:.2f} ms, however many
shards there are: a worker unpacks it once. Ray is measured where it is installed.

{table(header, rows)}

Choose 1 GiB from a million sequences on (`--shard-size 1GB`): few files, tasks of many seconds,
whole shards worth fetching. Smaller shards resume and cache in smaller steps. Engine and number
of workers never change a byte.

A hundred million sequences are best made as ten sets of ten million, with `--seed 0` to `--seed
9`, each in its own folder: each has its own index, journal and lock, can be made on another
machine, verified and fetched alone, and `open_shards([folder, ...])` reads them as one. The seed
also divides the photos, so a photo held back in one set is trained on in another: hold out with a
photo list of your own (`--image-set FILE`, `--val-fraction 0`), or take the validation set from
one seed and real photos."""


def _index(findings: Findings) -> str:
    rows = [
        (
            f"{one.shards:,}",
            f"{one.shards * PER_GIB / 1e6:,.0f} million",
            f"{one.nbytes / 1e6:.1f} MB",
            f"{one.opening_ms:,.0f} ms",
            f"{one.memory / 1e6:.0f} MB",
        )
        for one in findings.indexes
    ]
    header = ("shards of 1 GiB", "sequences", "index.json", "opening", "memory of the set")
    few, *_, many = findings.indexes
    each = (many.nbytes - few.nbytes) / (many.shards - few.shards)
    return f"""## Index

Names, counts and hashes of the shards, and VOC's {VOC_PHOTOS:,} photo ids; a shard takes
{each:.0f} bytes. Opening reads it, checks its digest, and touches no shard. Every process of a
`DataLoader` that is started by fork shares the set; one that is spawned gets a copy.

{table(header, rows)}

Ten thousand shards are no burden. Where an index of a hundred thousand takes too long to open or
to fetch, several sets do the same in parallel."""


def _reading(findings: Findings) -> str:
    rows = [
        (
            one.name,
            f"{one.first_ms:.3f}",
            f"{one.later_ms:.3f}",
            f"{one.hits:.1%}",
            f"{one.shared:.1%}",
            f"{one.entropy:.2f}",
        )
        for one in findings.readings
    ]
    header = (
        "order",
        "first visit, ms",
        "later, ms",
        "shard was open",
        f"batches of {BATCH} with two of one shard",
        "bits of the order",
    )
    first, again = findings.opening_ms
    in_order, anywhere, *_ = findings.readings
    return f"""## Reading {SHARDS:,} shards

{SHARDS:,} shards of {SEQUENCES} sequences, one file under {SHARDS:,} names and in the page cache:
this is the cost of finding, opening and rebuilding, without any disk. Batches of {BATCH}, one
process, ms of CPU time a sequence. `ShardSet` keeps {MOST_OPEN} shards open. Opening one for the
first time takes {first:.2f} ms (HDF5), a later time {again:.2f} ms: it is mapped from what the
process remembers. "Bits of the order" is the logarithm of how many orders can occur, against all
orders of all sequences.

{table(header, rows)}

With all on a local disk, random order over everything is affordable: a shard is opened for nearly
every sequence, and still a sequence takes {anywhere.later_ms / in_order.later_ms:.1f} times as
long as in order. Beyond that it costs the disk's seeks, and each process opens every shard once
by HDF5, {SHARDS * first / 1000:.0f} s of CPU time for {SHARDS:,}."""


def _shuffling() -> str:
    code = inspect.getsource(windowed_order)
    return f"""## Shuffling across shards

From a slow disk or over a network, mix the sequences of a window of shards and go on to the next:

```python
from collections.abc import Iterator, Sequence

import numpy as np

from seqsynth.shards import open_shards


{code}

sequences = open_shards("shards").split("train")
shards = [shard for _, index in sequences.parts for shard in index.shards]
counts = [shard.count for shard in shards if shard.split == "train"]
rng = np.random.default_rng(0)
order = list(windowed_order(counts, 64, rng))
for first in range(0, len(order), 10):
    batch = sequences.batch(order[first : first + 10])
```

What is lost: a window holds a share of the sequences, so a batch can only join what lies in it,
and often holds two sequences of one shard. In synthetic sets that matters little. Sequences are
drawn independently, so those of a shard have no more in common than any others: the first epoch
in any order, even that of the files, is a random sample. What repeats from epoch to epoch is only
which sequences meet, and windows are drawn anew each time. Captured and pair sets are small:
shuffle them whole.

With several processes or machines give each its own share of `places` (`places[rank::world]`),
from the same seed."""


def _transport(findings: Findings) -> str:
    rows = []
    for form in next(iter(findings.forms.values())):
        times = [
            _duration(form.nbytes * number * 8 / (gbit * 1e9))
            for number in PLANNED.values()
            for gbit in LINKS_GBIT
        ]
        rows.append((form.name, *times))
    header = (
        "layout, compression",
        *(f"{name}, {gbit} Gbit/s" for name in PLANNED for gbit in LINKS_GBIT),
    )
    return f"""## Moving it: verification, caching, egress

Hashing runs at {findings.hashing_mb_s / 1000:.2f} GB a second and core, so `seqsynth verify`
waits for the disk. Fetching over HTTP ([remote sets](remote.md)) ran at
{findings.fetching_mb_s:.0f} MB a second here, server included, on the same two cores:
{findings.fetching_mb_s * 8 / 1000:.1f} Gbit/s. Nothing but bytes is moved; at the nominal speed
of a link that takes

{table(header, rows)}

- Every machine fetches a shard once and keeps it; machines that share a cache folder fetch it
  once together. So egress is the set's bytes times the number of caches, not times epochs. Look
  up what your store asks for a gigabyte and multiply.
- Generating can be cheaper than moving: index and photos are enough to make the same bytes
  elsewhere (`seqsynth generate` with the same settings; `seqsynth verify` proves it).
- Compressed shards move faster and read slower: they are unpacked sequence by sequence, not
  mapped. Fetch them once, not each epoch.
- A cache that cannot hold the set is read by windows, and emptied by the user: nothing removes a
  copy by itself."""


def _duration(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * 86400 else f"{seconds / 86400:.1f} days"
