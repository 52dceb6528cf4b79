"""Metadata of a shard set as MLCommons Croissant 1.1 (JSON-LD).

HDF5 is no format that Croissant can take fields from. So the record sets tell what the index knows
(the shards, with split, count and hash; the splits; the datasets of a shard), and the pictures are
described, not extracted.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from seqsynth.description.arrays import list_arrays
from seqsynth.description.card import TITLES, purpose_of
from seqsynth.description.limits import list_limits
from seqsynth.description.terms import terms_of
from seqsynth.description.works import is_from_voc, list_works
from seqsynth.shards import ShardIndex
from seqsynth.shards.folder import OWN_MARK
from seqsynth.shards.index import INDEX_NAME, render

MOST_FILES = 500
"""Shards listed one by one; of more, the index alone does. Readers of JSON-LD are slow."""

HDF5 = "application/x-hdf5"

CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms every Croissant file declares, as its specification lists them."""


def croissant(index: ShardIndex, *, published: datetime.date | None = None) -> str:
    """Return croissant.json of a set; one index and date give one text.

    Parameters
    ----------
    published : day of publication, which Croissant recommends and an index does not know
    """
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": f"seqsynth-{index.kind}-{index.fingerprint[:12]}",
        "description": f"{TITLES[index.kind]}. {purpose_of(index)} ({OWN_MARK})",
        "identifier": index.fingerprint,
        # The content is named by its fingerprint, so there is no second version of it.
        "version": f"{index.schema_version}.0.0",
        "creator": {"@type": "sc:Organization", "name": f"seqsynth {index.library_version}"},
        "license": _licence(index),
        "citeAs": "\n\n".join(work.bibtex for work in list_works(index)),
        "keywords": ["reflection removal", "image restoration", "HDF5", index.kind],
        "isLiveDataset": False,
        **({} if published is None else {"datePublished": published.isoformat()}),
        **_responsible(index),
        "distribution": _distribution(index),
        "recordSet": [_shard_records(), *_split_records(index), _array_records(index)],
    }
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _licence(index: ShardIndex) -> list[str]:
    terms = terms_of(index)
    return [*terms.links] if terms.links else [" ".join(terms.paragraphs)]


def _responsible(index: ShardIndex) -> dict[str, Any]:
    """Return the fields of Croissant's vocabulary for responsible use."""
    collection = {
        "synthetic": "Synthetic: windows of photos, blended as glass does.",
        "captured": "Photographed through glass, judged and aligned by program.",
        "pair": "Taken over from published benchmarks.",
    }
    fields: dict[str, Any] = {
        "rai:dataCollection": collection[index.kind],
        "rai:dataLimitations": list_limits(index),
        "rai:dataUseCases": ["Training and testing single-image reflection removal."],
        "rai:dataPreprocessingProtocol": [
            f"seqsynth {index.library_version}, configuration in {INDEX_NAME}"
        ],
    }
    if is_from_voc(index):
        fields["rai:personalSensitiveInformation"] = [
            "The photos show people who can be recognised."
        ]
    return fields


def _distribution(index: ShardIndex) -> list[dict[str, Any]]:
    content = render(index)
    digest = hashlib.sha256(content).hexdigest()
    files = [_file(INDEX_NAME, "application/json", len(content), digest)]
    if len(index.shards) > MOST_FILES:
        return [*files, _file_set()]
    return files + [_file(one.file, HDF5, one.bytes, one.sha256) for one in index.shards]


def _file(name: str, encoding: str, nbytes: int, sha256: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{nbytes} B",
        "encodingFormat": encoding,
        "sha256": sha256,
    }


def _file_set() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "shard-files",
        "name": "shard-files",
        "description": f"The shards; {INDEX_NAME} lists each with its sha256.",
        "encodingFormat": HDF5,
        "includes": "*.h5",
    }


def _shard_records() -> dict[str, Any]:
    types = {
        "file": "sc:Text",
        "split": "sc:Text",
        "count": "sc:Integer",
        "bytes": "sc:Integer",
        "sha256": "sc:Text",
    }
    return {
        "@type": "cr:RecordSet",
        "@id": "shards",
        "name": "shards",
        "description": "The HDF5 files: split, number of sequences, bytes, sha256.",
        "key": {"@id": "shards/file"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"shards/{name}",
                "name": f"shards/{name}",
                "dataType": data_type,
                "source": {
                    "fileObject": {"@id": INDEX_NAME},
                    "extract": {"jsonPath": f"$.shards[*].{name}"},
                },
            }
            for name, data_type in types.items()
        ],
    }


def _split_records(index: ShardIndex) -> list[dict[str, Any]]:
    rows = [
        {"splits/name": name, "splits/sequences": number} for name, number in index.counts().items()
    ]
    types = {"name": "sc:Text", "sequences": "sc:Integer"}
    return [_inline("splits", "Sequences of each split.", types, rows)] if rows else []


def _array_records(index: ShardIndex) -> dict[str, Any]:
    rows = [
        {
            "arrays/name": array.name,
            "arrays/type": array.dtype,
            "arrays/shape": ", ".join(["n", *array.shape]),
            "arrays/meaning": array.meaning,
            "arrays/present": array.present,
        }
        for array in list_arrays(index)
    ]
    types = dict.fromkeys(("name", "type", "shape", "meaning", "present"), "sc:Text")
    meaning = "Datasets of every shard: n sequences, V views, windows of H x W px."
    return _inline("arrays", meaning, types, rows)


def _inline(
    name: str, meaning: str, types: Mapping[str, str], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": meaning,
        "key": {"@id": f"{name}/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": f"{name}/{field}",
                "dataType": data_type,
            }
            for field, data_type in types.items()
        ],
        "data": rows,
    }
