"""The dataset card of a shard set: README.md in the form of the Hugging Face Hub."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqsynth.description import figures
from seqsynth.description.limits import list_limits
from seqsynth.description.reading import plain_code, reading_code
from seqsynth.description.sources import count_losses, list_pools
from seqsynth.description.terms import terms_of
from seqsynth.description.works import is_from_voc, list_works
from seqsynth.shards import ShardIndex
from seqsynth.shards.folder import OWN_MARK
from seqsynth.shards.provenance import DERIVATION, is_derived

TITLES = {
    "synthetic": "Synthetic multi-view reflection sequences",
    "captured": "Captured multi-view reflection sequences",
    "pair": "Reflection pairs of published benchmarks",
}
_PURPOSES = {
    "synthetic": "Sequences of {views} that show a scene through glass: I, the photo with the "
    "reflection; T, what lies behind the glass; R, what the glass adds. Between views T and R move "
    "by different amounts, which tells them apart. Made by blending windows of photos, for "
    "training single-image reflection removal.",
    "captured": "Photos of scenes through glass, {views} a scene, and T, the centre view without "
    "the reflection, for training and testing single-image reflection removal.",
    "pair": "Photos through glass (I) and the same without the reflection (T), for testing "
    "single-image reflection removal.",
}
_SIZES = (
    ("n<1K", 10**3),
    ("1K<n<10K", 10**4),
    ("10K<n<100K", 10**5),
    ("100K<n<1M", 10**6),
    ("1M<n<10M", 10**7),
    ("10M<n<100M", 10**8),
    ("100M<n<1B", 10**9),
)

MOST_INPUTS = 20
"""Sets named of those a set was derived from."""


def dataset_card(index: ShardIndex) -> str:
    """Return the card of a set: front matter, then Markdown; one index gives one text."""
    sections = {
        "": [_purpose(index), _table(_facts(index), ("", ""))],
        "Where it comes from": [*_provenance(index)],
        "How it was made": [*_making(index)],
        "Reading it": [*_reading(index)],
        "Known limits": ["\n".join(f"- {limit}" for limit in list_limits(index))],
        "Terms": [*terms_of(index).paragraphs, *_links(index)],
        "Citing it": [*_citing(index)],
    }
    parts = [_front_matter(index), f"<!-- {OWN_MARK}; without this line it is yours to edit -->"]
    parts.append(f"# {TITLES[index.kind]}")
    for title, paragraphs in sections.items():
        parts += [f"## {title}"] if title and paragraphs else []
        parts += paragraphs
    return "\n\n".join(parts) + "\n"


def purpose_of(index: ShardIndex) -> str:
    """Return what a set is and what it is for, in two or three sentences."""
    views = index.configuration.get("views")
    return _PURPOSES[index.kind].format(
        views=figures.count(views, "view") if isinstance(views, int) else "views"
    )


def _purpose(index: ShardIndex) -> str:
    text = purpose_of(index)
    if not index.complete:
        text += " **Incomplete:** the making was interrupted; the same command again goes on."
    return text


def _front_matter(index: ShardIndex) -> str:
    """Return the YAML that the Hub reads; JSON's strings and lists are YAML's, too."""
    terms = terms_of(index)
    blends = [str(index.configuration["blend"])] if "blend" in index.configuration else []
    fields: dict[str, Any] = {
        "pretty_name": f"{TITLES[index.kind]} {index.fingerprint[:12]}",
        "license": "other",
        "license_name": terms.name,
        **({"license_link": terms.links[0]} if terms.links else {}),
        "task_categories": ["image-to-image"],
        "size_categories": [_size(index.sequences)],
        "annotations_creators": [
            "machine-generated" if index.kind == "synthetic" else "expert-generated"
        ],
        "source_datasets": ["extended|other-pascal-voc" if is_from_voc(index) else "original"],
        "tags": [
            "reflection-removal",
            "image-restoration",
            "hdf5",
            "seqsynth",
            index.kind,
            *blends,
        ],
        "viewer": False,
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _size(sequences: int) -> str:
    return next((name for name, limit in _SIZES if sequences < limit), "n>1T")


def _facts(index: ShardIndex) -> list[tuple[str, str]]:
    nbytes = sum(shard.bytes for shard in index.shards)
    splits = ", ".join(f"{number:,} {name}" for name, number in index.counts().items())
    facts = [("sequences", f"{index.sequences:,} ({splits})" if splits else "0")]
    if window := index.configuration.get("window"):
        facts.append(("window", f"{window[0]} x {window[1]} px, 8-bit RGB"))
    files = (
        f"{figures.count(len(index.shards), 'HDF5 shard')}, {figures.size(nbytes)}, layout "
        f"`{index.layout}`, and `index.json` with the sha256 of each"
    )
    return [
        *facts,
        ("files", files),
        ("fingerprint", f"`{index.fingerprint}`"),
        ("made by", f"seqsynth {index.library_version}, shard format {index.schema_version}"),
    ]


def _provenance(index: ShardIndex) -> Iterator[str]:
    pools = list_pools(index.sources)
    if pools:
        image_set = index.configuration.get("image_set")
        named = f" of the list {_code(image_set)}" if image_set else ""
        # What a derived set lists are the photos it shows; the sets it comes from divided theirs.
        divided = (
            ", as its sequences show them"
            if is_derived(index)
            else ", divided by seed into disjoint pools for T and R, and these into training and "
            "validation"
        )
        yield f"Photos{named}{divided}; `index.json` names every photo."
        rows = [(pool.split, f"{pool.transmission:,}", f"{pool.reflection:,}") for pool in pools]
        yield _table(rows, ("split", "photos for T", "photos for R"))
    yield from _losses(index)
    others = [
        (name.replace("_", " "), f"{len(value):,}")
        for name, value in sorted(index.sources.items())
        if name not in ("pools", *DERIVATION) and isinstance(value, Mapping | list)
    ]
    if others:
        yield _table(others, ("recorded in index.json", "entries"))
    yield from _inputs(index)


def _losses(index: ShardIndex) -> Iterator[str]:
    # A derived set does not know what was lost before: its parts state it of all they held.
    if index.kind != "synthetic" or is_derived(index):
        return
    losses = count_losses(index)
    unusable, rejected = len(losses.unusable), sum(losses.rejections.values())
    yield (
        f"{figures.count(losses.redraws, 'photo')} drawn again because unusable "
        f"({unusable:,} distinct, named in `index.json` with the reason); "
        f"{figures.count(rejected, 'drawn pair')} rejected"
        + "".join(f", {number:,} by {_code(rule)}" for rule, number in losses.rejections.items())
        + "."
    )


def _inputs(index: ShardIndex) -> Iterator[str]:
    inputs: Sequence[Mapping[str, Any]] = index.sources.get("inputs", [])
    if inputs:
        rows = [
            (_code(one["fingerprint"]), f"{one['sequences']:,}", str(one["library_version"]))
            for one in inputs[:MOST_INPUTS]
        ]
        yield "Derived from other shard sets:"
        yield _table(rows, ("fingerprint", "sequences", "seqsynth"))
    if len(inputs) > MOST_INPUTS:
        yield f"And {len(inputs) - MOST_INPUTS:,} more, listed in `index.json`."


def _making(index: ShardIndex) -> Iterator[str]:
    if not index.configuration:
        return
    if index.kind == "synthetic" and not is_derived(index):
        yield (
            "`seqsynth generate` with these settings and the same photos makes every byte again; "
            "the format's specification says how, without the program."
        )
    rows = [
        (_code(name), _code(json.dumps(value, sort_keys=True, ensure_ascii=False)))
        for name, value in index.configuration.items()
    ]
    yield _table(rows, ("setting", "value"))


def _reading(index: ShardIndex) -> Iterator[str]:
    yield _fenced("python", reading_code(index))
    if index.shards:
        yield "With h5py and numpy alone:"
        yield _fenced("python", plain_code(index))
    yield (
        "`seqsynth verify DIR` holds every byte against `index.json`, and this against its own "
        "digest."
    )


def _links(index: ShardIndex) -> list[str]:
    links = terms_of(index).links
    return [", ".join(f"<{link}>" for link in links)] if links else []


def _citing(index: ShardIndex) -> Iterator[str]:
    yield f"State the fingerprint, `{index.fingerprint[:12]}`, and cite what the set is built on:"
    for work in list_works(index):
        yield f"For {work.purpose}:"
        yield _fenced("bibtex", work.bibtex)


def _table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _fenced(language: str, code: str) -> str:
    return f"```{language}\n{code}\n```"


def _code(text: object) -> str:
    """Return text of the index as a span of code, which it must not be able to leave."""
    flat = " ".join(str(text).replace("`", "'").replace("|", "\\|").split())
    return f"`{flat}`"
