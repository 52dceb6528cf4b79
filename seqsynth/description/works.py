"""The works that a user of a shard set should cite."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.shards import ShardIndex

_VOC_ID = re.compile(r"(?:.*/)?20\d\d_\d{6}")
_VOC_2007_ID = re.compile(r"\d{6}")
"""Any camera counts so, which is why it takes the official list as well."""

_VOC_LISTS = ("train", "val", "trainval")


@dataclass(frozen=True)
class Work:
    """A publication: for what it is cited, and its BibTeX entry."""

    purpose: str
    bibtex: str


PAPER = Work(
    "the idea of reflection dynamics, the recipe of the sequences, and Seq1K",
    """@inproceedings{zheng2021distilling,
  title     = {Distilling Reflection Dynamics for Single-Image Reflection Removal},
  author    = {Zheng, Quanlong and Qiao, Xiaotian and Cao, Ying and Guo, Shi and
               Zhang, Lei and Lau, Rynson W. H.},
  booktitle = {IEEE/CVF International Conference on Computer Vision Workshops (ICCVW)},
  pages     = {1886--1894},
  year      = {2021},
  doi       = {10.1109/ICCVW54120.2021.00215}
}""",
)
VOC = Work(
    "the photos",
    """@article{everingham2010pascal,
  title   = {The {PASCAL} Visual Object Classes ({VOC}) Challenge},
  author  = {Everingham, Mark and Van Gool, Luc and Williams, Christopher K. I. and
             Winn, John and Zisserman, Andrew},
  journal = {International Journal of Computer Vision},
  volume  = {88},
  number  = {2},
  pages   = {303--338},
  year    = {2010},
  doi     = {10.1007/s11263-009-0275-4}
}""",
)
BLEND_WORKS: Mapping[str, Work] = {
    "ceilnet": Work(
        "the blend",
        """@inproceedings{fan2017generic,
  title     = {A Generic Deep Architecture for Single Image Reflection Removal and
               Image Smoothing},
  author    = {Fan, Qingnan and Yang, Jiaolong and Hua, Gang and Chen, Baoquan and
               Wipf, David},
  booktitle = {IEEE International Conference on Computer Vision (ICCV)},
  year      = {2017}
}""",
    ),
    "zhang": Work(
        "the blend",
        """@inproceedings{zhang2018single,
  title     = {Single Image Reflection Separation with Perceptual Losses},
  author    = {Zhang, Xuaner and Ng, Ren and Chen, Qifeng},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2018}
}""",
    ),
    "ibcln": Work(
        "the blend",
        """@inproceedings{li2020single,
  title     = {Single Image Reflection Removal Through Cascaded Refinement},
  author    = {Li, Chao and Yang, Yixiao and He, Kun and Lin, Stephen and
               Hopcroft, John E.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2020}
}""",
    ),
    "dsrnet": Work(
        "the blend",
        """@inproceedings{hu2023single,
  title     = {Single Image Reflection Separation via Component Synergy},
  author    = {Hu, Qiming and Guo, Xiaojie},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  year      = {2023}
}""",
    ),
    "ghosting": Work(
        "the blend",
        """@inproceedings{wen2019single,
  title     = {Single Image Reflection Removal Beyond Linearity},
  author    = {Wen, Qiang and Tan, Yinjie and Qin, Jing and Liu, Wenxi and
               Han, Guoqiang and He, Shengfeng},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2019}
}""",
    ),
}
"""Blend model -> whose it is; ``linear`` is seqsynth's own."""


def list_works(index: ShardIndex) -> list[Work]:
    """Return what a user of the set should cite."""
    works = [PAPER]
    if index.kind != "synthetic":
        return works
    if is_from_voc(index):
        works.append(VOC)
    names = {str(configuration.get("blend")) for configuration in configurations(index)}
    return [*works, *(BLEND_WORKS[name] for name in sorted(names & BLEND_WORKS.keys()))]


def configurations(index: ShardIndex) -> list[Mapping[str, Any]]:
    """Return the configuration of a set, and those of the sets it was derived from."""
    parts = index.sources.get("parts", [])
    return [index.configuration, *(part["configuration"] for part in parts)]


def is_from_voc(index: ShardIndex) -> bool:
    """Tell whether a set shows photos of PASCAL VOC; a merged one may show others, too."""
    return any(_from_voc(index))


def is_from_voc_alone(index: ShardIndex) -> bool:
    """Tell whether a set shows photos of PASCAL VOC and no others."""
    return all(_from_voc(index))


def _from_voc(index: ShardIndex) -> list[bool]:
    """Tell PASCAL VOC's photos by their names and official list, in every set at first hand.

    A derived set's parts are asked: its own index no longer says which list its photos are of.
    """
    if index.kind != "synthetic":
        return [False]
    parts = index.sources.get("parts") or [
        {"configuration": index.configuration, "sources": index.sources}
    ]
    return [_is_voc(part["configuration"], part["sources"]) for part in parts]


def _is_voc(configuration: Mapping[str, Any], sources: Mapping[str, Any]) -> bool:
    ids = _photo_ids(sources.get("pools", {}))
    listed = configuration.get("image_set") in _VOC_LISTS
    if listed:  # photos of one's own in VOC's layout have a list of that name, too
        return any(
            _VOC_ID.fullmatch(photo_id) or _VOC_2007_ID.fullmatch(photo_id) for photo_id in ids
        )
    return bool(ids) and all(_VOC_ID.fullmatch(photo_id) for photo_id in ids)


def _photo_ids(pools: Mapping[str, Any]) -> list[str]:
    splits = [layers for layers in pools.values() if isinstance(layers, Mapping)]
    return [photo_id for layers in splits for ids in layers.values() for photo_id in ids]
