"""Where the sequences come from, and what was thrown away on the way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.description.figures import count, share
from seqsynth.description.sources import Losses, count_losses, list_pools
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey
from seqsynth.shards import ShardIndex
from seqsynth.shards.provenance import DERIVATION, is_derived, origin_of, parts_of

MOST_UNUSABLE = 200


@dataclass(frozen=True)
class Share:
    """What a derived set holds of a set its sequences were first made in.

    Attributes
    ----------
    fingerprint, made_by : of that set
    taken, total : sequences here, and there
    """

    fingerprint: str
    made_by: str
    taken: int
    total: int


def sources_section(survey: Survey) -> Section | None:
    """Return the pools and the losses, or None where the index names no source."""
    index = survey.index
    losses = count_losses(index)
    pools = list_pools(index.sources)
    others = _other_sources(index.sources)
    shares = list_shares(index)
    if not (pools or others or shares or losses.redraws or losses.unusable or losses.rejections):
        return None
    return render_section(
        "sources",
        "Sources and rejections" if index.kind == "synthetic" and not shares else "Sources",
        "sources.html",
        pools=pools,
        unused=len(index.sources.get("pools", {}).get("unused", [])),
        others=others,
        losses=losses,
        rejected=_rejected(losses, index.sequences),
        listed=sorted(losses.unusable.items())[:MOST_UNUSABLE],
        shares=shares,
        operation=index.configuration.get("derived", {}).get("command"),
        is_synthetic=index.kind == "synthetic" and not shares,
        image_set=index.configuration.get("image_set"),
        rules=index.configuration.get("reject", []),
    )


def list_shares(index: ShardIndex) -> list[Share]:
    """Return the sets that a derived set's sequences were first made in; none for another set."""
    if not is_derived(index):
        return []
    taken = Counter(
        origin_of(index, entry, row)[0] for entry in index.shards for row in range(entry.count)
    )
    return [
        Share(part.fingerprint, f"seqsynth {part.library_version}", taken[number], part.sequences)
        for number, part in enumerate(parts_of(index))
    ]


def _rejected(losses: Losses, accepted: int) -> str:
    """Say how many drawn pairs were rejected, of how many."""
    rejected = sum(losses.rejections.values())
    drawn = rejected + accepted
    if not rejected:
        return "No drawn pair was rejected."
    return (
        f"{rejected:,} of {count(drawn, 'drawn pair')} ({share(rejected / drawn)}) "
        f"{'was' if rejected == 1 else 'were'} rejected and drawn again."
    )


def _other_sources(sources: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say of every other source what it is, or how many there are."""
    return [
        (name.replace("_", " "), _extent(value))
        for name, value in sources.items()
        if name != "pools" and name not in DERIVATION
    ]


def _extent(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return count(len(value), "entry", "entries")
    return str(value)
