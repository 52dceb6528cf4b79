"""Where the sequences come from, and what was thrown away on the way."""

from collections.abc import Mapping
from typing import Any

from seqsynth.description.figures import count, share
from seqsynth.description.sources import Losses, count_losses, list_pools
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey

MOST_UNUSABLE = 200


def sources_section(survey: Survey) -> Section | None:
    """Return the pools and the losses, or None where the index names no source."""
    index = survey.index
    losses = count_losses(index)
    pools = list_pools(index.sources)
    others = _other_sources(index.sources)
    if not (pools or others or losses.redraws or losses.unusable or losses.rejections):
        return None
    return render_section(
        "sources",
        "Sources and rejections" if index.kind == "synthetic" else "Sources",
        "sources.html",
        pools=pools,
        unused=len(index.sources.get("pools", {}).get("unused", [])),
        others=others,
        losses=losses,
        rejected=_rejected(losses, index.sequences),
        listed=sorted(losses.unusable.items())[:MOST_UNUSABLE],
        is_synthetic=index.kind == "synthetic",
        image_set=index.configuration.get("image_set"),
        rules=index.configuration.get("reject", []),
    )


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
    return [(name.replace("_", " "), _extent(value)) for name, value in sources.items()
            if name != "pools"]  # fmt: skip


def _extent(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return count(len(value), "entry", "entries")
    return str(value)
