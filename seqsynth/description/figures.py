"""Figures as the page prints them: thousands grouped, sizes in decimal units, ranges in words."""

from collections.abc import Iterable, Sequence
from typing import Any


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 sequence", "2,000 sequences"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(nbytes: float) -> str:
    """Return a number of bytes as "365 kB" or "1.36 GB" (powers of 1000)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if nbytes < 999.5:
            return f"{significant(nbytes)} {unit}"
        nbytes /= 1000
    return f"{significant(nbytes)} TB"


def significant(value: float) -> str:
    """Return three significant digits and at most three decimals; an exponent from a million on."""
    if value < 0:
        return f"−{significant(-value)}"
    if value >= 1e6:
        return f"{value:.3g}"
    digits = min(3, max(0, 2 - _magnitude(value)))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: float) -> str:
    """Return a share as a percentage."""
    return f"{significant(100 * part)} %"


def setting(value: Any) -> str:
    """Return a setting's value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == []:
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(setting(item) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def interval(low: float, high: float) -> str:
    """Return "10 to 20", or "1" where the ends are equal."""
    return setting(low) if low == high else f"{setting(low)} to {setting(high)}"


def join_words(words: Sequence[str]) -> str:
    """Return "I", "I and T", "I, T and R"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def frame_sizes(shapes: Iterable[tuple[int, ...]]) -> str:
    """Return the distinct heights and widths as "224 × 224", commonest first."""
    seen: dict[tuple[int, ...], int] = {}
    for shape in shapes:
        seen[shape[1:3]] = seen.get(shape[1:3], 0) + 1
    ordered = sorted(seen, key=lambda sides: (-seen[sides], sides))
    named = ", ".join(f"{height}\u00a0×\u00a0{width}" for height, width in ordered[:3])
    return named + (f" and {len(ordered) - 3} more" if len(ordered) > 3 else "")


def _magnitude(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
