"""Under which terms the pictures of a shard set may be used: those of whoever took them."""

from collections.abc import Iterator
from dataclasses import dataclass

from seqsynth.description.figures import join_words
from seqsynth.description.works import is_from_voc, is_from_voc_alone
from seqsynth.shards import ShardIndex
from seqsynth.shards.provenance import is_derived

VOC_PAGE = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/"
FLICKR_TERMS = "https://www.flickr.com/help/terms"

_CODE = "The licence of seqsynth covers its code, not the pictures."
_RECIPE = (
    "The configuration and the photo ids can always be shared: with the same photos they make this "
    "set again, byte for byte."
)


@dataclass(frozen=True)
class Terms:
    """The terms of a set's pictures.

    Attributes
    ----------
    name : short name, of lower-case letters and hyphens
    links : pages that state them
    paragraphs : what a user must know, in sentences
    """

    name: str
    links: tuple[str, ...]
    paragraphs: tuple[str, ...]


def terms_of(index: ShardIndex) -> Terms:
    """Return the terms that hold for the pictures of a set, as far as its index tells."""
    if index.kind == "captured":
        return _captured(index)
    if index.kind == "pair":
        return _pair(index)
    return _voc(index) if is_from_voc(index) else _photos(index)


def recorded(index: ShardIndex, key: str) -> list[str]:
    """Return the distinct values that the set's sequences record under a key, sorted."""
    return sorted(set(_recorded(index, key)))


def _recorded(index: ShardIndex, key: str) -> Iterator[str]:
    for shard in index.shards:
        for sequence in shard.details.get("sequences", ()):
            if sequence.get(key):
                yield str(sequence[key])


def _shared(index: ShardIndex) -> str:
    """Return what holds whoever took the photos."""
    # No configuration alone makes a derived set again.
    return _CODE if is_derived(index) else f"{_RECIPE} {_CODE}"


def _voc(index: ShardIndex) -> Terms:
    others = (
        ""
        if is_from_voc_alone(index)
        else " Photos of other sources are among them: for these their own licences hold."
    )
    return Terms(
        "pascal-voc-and-flickr-terms",
        (VOC_PAGE, FLICKR_TERMS),
        (
            "The pixels come from PASCAL VOC's photos, which come from Flickr: whoever uses them "
            "is bound by Flickr's terms of use and by the rights of the photographers, and VOC "
            f"offers them for research.{others}",
            "The shards, and pictures shown of them, contain such pixels: pass them on only where "
            f"those terms allow it. {_shared(index)}",
        ),
    )


def _photos(index: ShardIndex) -> Terms:
    return Terms(
        "terms-of-the-photos",
        (),
        (
            "The pixels are those of the photos that were given; their licences hold for the set, "
            "and for pictures shown of it. By their names they are not PASCAL VOC's: cite the "
            "source they come from.",
            f"Pass the shards on only where those licences allow it. {_shared(index)}",
        ),
    )


def _captured(index: ShardIndex) -> Terms:
    licences = recorded(index, "licence")
    stated = (
        f" and are licensed, as stated scene by scene, under {', '.join(licences)}"
        if licences
        else ""
    )
    return Terms(
        "terms-of-the-photographers",
        (),
        (
            f"The pictures belong to whoever took them{stated}. Ask before passing on what states "
            f"no licence. {_CODE}",
        ),
    )


def _pair(index: ShardIndex) -> Terms:
    benchmarks = recorded(index, "benchmark")
    owner = join_words(benchmarks) if benchmarks else "the benchmark they come from"
    paragraphs = [
        f"The pictures belong to {owner}, whose terms hold for the set, and for pictures shown of "
        f"it. Cite it. {_CODE}"
    ]
    if "SIR2" in benchmarks:
        paragraphs.append(
            "SIR2 is handed out by its authors and may not be passed on: share how the set was "
            "made, not its shards."
        )
    return Terms("terms-of-the-benchmark", (), tuple(paragraphs))
