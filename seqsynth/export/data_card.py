"""README.md of a Hugging Face folder: the head that load_dataset reads, and a data card."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seqsynth import __version__
from seqsynth.description.card import purpose_of
from seqsynth.description.limits import list_limits
from seqsynth.description.terms import terms_of
from seqsynth.description.works import list_works
from seqsynth.shards import ShardIndex

COLUMNS = {
    "blended": "I, the photo with the reflection; a list, one a view, where all were exported",
    "transmission": "T, what lies behind the glass; null where unknown",
    "reflection": "R, what the glass adds; null where unknown",
    "name": "of the sequence, in its shard set",
    "kind": "`synthetic`, `captured` or `pair`",
    "views, centre": "number of views of the sequence, and which of them is the centre",
    "transmission_origin, reflection_origin": "row and column of each view's window in the layer; "
    "null where unknown",
    "metadata": "JSON of everything else on record",
}


def render_data_card(
    indexes: Sequence[ShardIndex], files: Mapping[str, str], samples: Mapping[str, int]
) -> str:
    """Return the data card of what was exported from some shard sets.

    Parameters
    ----------
    indexes : of the shard sets
    files : split, as the datasets library calls it -> pattern of its files
    samples : the same split -> number of rows
    """
    parts = [_head(indexes, files), "# Reflection sequences"]
    parts += _distinct([purpose_of(index)] for index in indexes)
    parts.append(_table(("split", "rows"), [(s, str(n)) for s, n in samples.items()]))
    parts.append(_table(("column", "content"), list(COLUMNS.items())))
    parts += ["## Known limits", *_bullets(list_limits(index) for index in indexes)]
    parts += ["## Terms", *_distinct(terms_of(index).paragraphs for index in indexes)]
    parts += ["## Where it comes from", f"Exported by seqsynth {__version__} from"]
    parts.append("\n".join(f"- a {i.kind} set, fingerprint `{i.fingerprint}`" for i in indexes))
    parts += ["## Citing it", *_works(indexes)]
    return "\n\n".join(parts) + "\n"


def _head(indexes: Sequence[ShardIndex], files: Mapping[str, str]) -> str:
    """Return the YAML head; JSON's strings and lists are YAML's, too."""
    terms = {terms_of(index).name: terms_of(index) for index in indexes}
    fields: dict[str, Any] = {
        "license": "other",
        "license_name": next(iter(terms)) if len(terms) == 1 else "several-terms",
        "task_categories": ["image-to-image"],
        "tags": ["reflection-removal", "image-restoration", "seqsynth"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": path} for split, path in files.items()],
            }
        ],
    }
    lines = [f"{name}: {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _distinct(texts: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(text for listed in texts for text in listed))


def _bullets(texts: Iterable[Iterable[str]]) -> list[str]:
    return ["\n".join(f"- {text}" for text in _distinct(texts))]


def _works(indexes: Sequence[ShardIndex]) -> Iterator[str]:
    works = {work.bibtex: work for index in indexes for work in list_works(index)}
    for work in works.values():
        yield f"For {work.purpose}:"
        yield f"```bibtex\n{work.bibtex}\n```"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
