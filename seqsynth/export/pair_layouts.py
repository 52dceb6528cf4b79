"""The peers' folders of pictures, as data: where each kind of frame lies, and who reads it.

What each peer's loader does with names and order is in docs/export.md, with its source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from seqsynth.shards import FRAMES

BLENDED, TRANSMISSION, REFLECTION = FRAMES


@dataclass(frozen=True)
class Root:
    """A part of a layout: samples that one loader reads, numbered from 0.

    Attributes
    ----------
    name : what the manifest calls it
    splits : whose sequences go there
    files : kind of frame -> path of its picture, with {stem} and {suffix}
    optional : kinds that are left out of the whole root where one of its samples lacks them
    training : "pool": training photos that the loader blends itself, of synthetic sequences alone;
        "pairs": training pairs; "" for neither
    listing : file that lists the pictures' names; "" for none
    folders : folders the loader opens even where they are empty
    """

    name: str
    splits: tuple[str, ...]
    files: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    training: Literal["pool", "pairs", ""] = ""
    listing: str = ""
    folders: tuple[str, ...] = ()


def _layered(folder: str, split: str, training: Literal["pairs", ""] = "") -> Root:
    """Return blended/ + transmission_layer/ [+ reflection_layer/] with the same file names."""
    files = {
        BLENDED: f"{folder}/blended/{{stem}}.{{suffix}}",
        TRANSMISSION: f"{folder}/transmission_layer/{{stem}}.{{suffix}}",
        REFLECTION: f"{folder}/reflection_layer/{{stem}}.{{suffix}}",
    }
    return Root(folder, (split,), files, frozenset({REFLECTION}), training)


def _pool(folder: str, listing: str) -> Root:
    """Return one folder of photos and the list that names them."""
    files = {TRANSMISSION: f"{folder}/{{stem}}.{{suffix}}"}
    return Root(folder, ("train",), files, training="pool", listing=listing)


PAIR_LAYOUTS: Mapping[str, tuple[Root, ...]] = {
    "errnet": (
        _pool("VOCdevkit/VOC2012/PNGImages", "VOC2012_224_train_png.txt"),
        _layered("real_train", "train", "pairs"),
        _layered("testdata_val", "val"),
        _layered("testdata_test", "test"),
    ),
    "dsrnet": (
        _pool("train/VOCdevkit/VOC2012/PNGImages", "train/VOC2012_224_train_png.txt"),
        _layered("train/real", "train", "pairs"),
        _layered("test/val", "val"),
        _layered("test/test", "test"),
    ),
    "ibcln": (
        Root(
            "train",
            ("train",),
            {
                TRANSMISSION: "trainA1/{stem}.{suffix}",
                REFLECTION: "trainA2/{stem}.{suffix}",
                BLENDED: "trainB/{stem}.{suffix}",
            },
            training="pool",
        ),
        Root(
            "natural",
            ("train",),
            {TRANSMISSION: "natural_T/{stem}.{suffix}", BLENDED: "natural_I/{stem}.{suffix}"},
            training="pairs",
        ),
        Root(
            "test",
            ("val", "test"),
            {
                TRANSMISSION: "testA1/{stem}.{suffix}",
                REFLECTION: "testA2/{stem}.{suffix}",
                BLENDED: "testB/{stem}.{suffix}",
            },
            optional=frozenset({REFLECTION}),
            folders=("testA2",),
        ),
    ),
    "ceilnet": tuple(
        Root(
            split,
            (split,),
            {
                BLENDED: f"{split}/{{stem}}-input.{{suffix}}",
                TRANSMISSION: f"{split}/{{stem}}-label1.{{suffix}}",
                REFLECTION: f"{split}/{{stem}}-label2.{{suffix}}",
            },
            optional=frozenset({REFLECTION}),
        )
        for split in ("train", "val", "test")
    ),
    "bdn": tuple(
        Root(
            split,
            (split,),
            {
                BLENDED: f"{split}/I/{{stem}}.{{suffix}}",
                TRANSMISSION: f"{split}/B/{{stem}}.{{suffix}}",
                REFLECTION: f"{split}/R/{{stem}}.{{suffix}}",
            },
        )
        for split in ("train", "val", "test")
    ),
}
