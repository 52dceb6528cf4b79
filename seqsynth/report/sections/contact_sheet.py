"""The contact sheet: sequences as strips, and as layers that move when they are played."""

from dataclasses import dataclass

from seqsynth.description import figures
from seqsynth.report.film import Film, choose_views, make_film
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey
from seqsynth.sequence import Views, ViewSequence


@dataclass(frozen=True)
class Reel:
    """A film and how to show it.

    Attributes
    ----------
    name, symbol : "transmission", "T"
    film : its frames
    rest : the frame shown while it does not play (the centre view)
    """

    name: str
    symbol: str
    film: Film
    rest: int


@dataclass(frozen=True)
class Card:
    """A sequence on the sheet.

    Attributes
    ----------
    number : its place in the set
    name, split : see `ViewSequence`
    reels : I, and T and R where known
    captions : of the strip of views; empty where there is one view
    facts : what was drawn for it
    """

    number: int
    name: str
    split: str
    reels: tuple[Reel, ...]
    captions: tuple[str, ...]
    facts: tuple[str, ...]


def contact_sheet_section(survey: Survey) -> Section | None:
    """Return the pictures of the sequences to show."""
    if not survey.shown:
        return None
    cards = [make_card(survey.sequences[number], number) for number in survey.shown]
    films = {reel.symbol: reel.film for card in cards for reel in card.reels}
    moving = [symbol for symbol, film in films.items() if film.frames > 1]
    return render_section(
        "sequences",
        "Sequences",
        "contact_sheet.html",
        cards=cards,
        total=len(survey.sequences),
        moves=bool(moving),
        symbols=figures.join_words(moving),
        has_layers=len(moving) == 3,
        slides=any(survey.sequences[number].trajectory is not None for number in survey.shown),
    )


def make_card(sequence: ViewSequence, number: int) -> Card:
    """Turn a sequence into pictures small enough for a page."""
    views = choose_views(sequence.views)
    frames = {
        "blended": sequence.blended,
        "transmission": sequence.transmission,
        "reflection": sequence.reflection,
    }
    reels = tuple(
        _reel(name, symbol, kept, views, sequence.centre)
        for (name, kept), symbol in zip(frames.items(), "ITR", strict=True)
        if kept is not None
    )
    captions = tuple(_caption(view, sequence.centre) for view in views) if len(views) > 1 else ()
    return Card(number, sequence.name, sequence.split, reels, captions, _facts(sequence))


def _reel(name: str, symbol: str, frames: Views, views: list[int], centre: int) -> Reel:
    if len(frames) == 1:
        return Reel(name, symbol, make_film(frames), 0)
    return Reel(name, symbol, make_film(frames[views]), views.index(centre))


def _caption(view: int, centre: int) -> str:
    return f"view {view + 1}, centre" if view == centre else f"view {view + 1}"


def _facts(sequence: ViewSequence) -> tuple[str, ...]:
    recorded = sequence.metadata
    facts = []
    if "source" in recorded:
        facts += [f"T {recorded['source'][0]}", f"R {recorded['source'][1]}"]
    sigma = recorded.get("parameters", {}).get("sigma_px", recorded.get("sigma"))
    if sigma is not None:
        facts.append(f"σ\u00a0{figures.significant(sigma)}\u00a0px")
    if "attenuation" in recorded:
        levels = list(dict.fromkeys(recorded["attenuation"]))
        facts.append(f"attenuation\u00a0{'/'.join(map(str, levels))}")
    if recorded.get("strength", 1.0) != 1.0:
        facts.append(f"strength\u00a0{figures.significant(recorded['strength'])}")
    return tuple(facts)
