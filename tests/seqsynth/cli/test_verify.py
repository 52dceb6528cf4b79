"""``seqsynth verify`` lists every fault and exits 1, or says that there is none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seqsynth.shards.index import digest_of


def flip(path: Path, place: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(bytes(data))


def test_whole_set_has_no_fault(seqsynth, tiny_shards):
    answer = seqsynth("verify", tiny_shards)
    assert answer.code == 0
    assert answer.out == f"{tiny_shards}: 24 sequences in 4 shards, no fault\n"


def test_progress_counts_the_shards(seqsynth, tiny_shards):
    assert seqsynth("verify", tiny_shards).err.startswith("verify: 4 of 4 shards, ")


def test_quiet_says_nothing_of_a_whole_set(seqsynth, tiny_shards):
    answer = seqsynth("-q", "verify", tiny_shards)
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_quiet_still_lists_faults(seqsynth, shards_copy):
    (shards_copy / "val-00000.h5").unlink()
    answer = seqsynth("-q", "verify", shards_copy)
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.startswith("val-00000.h5: cannot be read")


def test_any_flipped_bit_is_found(seqsynth, tiny_shards, tmp_path):
    rng = np.random.default_rng(8)
    for number, path in enumerate([*sorted(tiny_shards.iterdir())] * 3):
        copy = tmp_path / str(number)
        shutil.copytree(tiny_shards, copy)
        flip(copy / path.name, int(rng.integers(path.stat().st_size)), int(rng.integers(8)))
        answer = seqsynth("verify", copy)
        assert answer.code == 1, path.name
        assert path.name in answer.out + answer.err


def test_every_fault_is_listed_not_the_first_alone(seqsynth, shards_copy):
    flip(shards_copy / "train-00000.h5", 5000)
    (shards_copy / "train-00001.h5").unlink()
    with (shards_copy / "train-00002.h5").open("ab") as shard:
        shard.write(b"more")
    (shards_copy / "train-00099.h5").write_bytes(b"stray")
    answer = seqsynth("verify", shards_copy)
    files = {line.split(": ")[0] for line in answer.out.splitlines()}
    assert answer.code == 1
    assert files >= {f"train-{number:05d}.h5" for number in (0, 1, 2, 99)}


def test_deep_check_finds_shards_that_are_whole_but_not_of_these_photos(
    seqsynth, make_shards, tiny_voc, tmp_path
):
    shards = make_shards(tmp_path / "shards")
    voc = tmp_path / "VOCdevkit"
    shutil.copytree(tiny_voc, voc)
    photos = sorted((voc / "VOC2012" / "JPEGImages").iterdir())
    for photo, other in zip(photos, photos[1:] + photos[:1], strict=True):
        photo.write_bytes((tiny_voc / "VOC2012" / "JPEGImages" / other.name).read_bytes())
    assert seqsynth("verify", shards).code == 0
    answer = seqsynth("verify", shards, "--deep", "--voc", voc)
    assert answer.code == 1
    assert "transmission_layer of sequence 0 differs from what the photos give" in answer.out


def test_deep_check_passes_with_the_photos_the_set_was_made_from(seqsynth, tiny_shards, tiny_voc):
    answer = seqsynth("verify", tiny_shards, "--deep", "--voc", tiny_voc)
    assert answer.code == 0
    assert "make again: 24 of 24 sequences" in answer.err


def test_deep_check_waits_for_the_other_faults(seqsynth, shards_copy, tiny_voc):
    flip(shards_copy / "train-00000.h5", 5000)
    answer = seqsynth("verify", shards_copy, "--deep", "--voc", tiny_voc)
    assert answer.code == 1
    assert "no sequence was made again: mend these faults first" in answer.out
    assert "make again" not in answer.err


def test_deep_check_names_photos_that_are_gone(seqsynth, tiny_shards, photo_folder):
    answer = seqsynth("verify", tiny_shards, "--deep", "--voc", photo_folder)
    assert answer.code == 1
    assert "20 of the 20 photos the shards were made from are not there" in answer.error_lines[0]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--deep"], "--deep needs --voc, the photos the shards were made from"),
        (["--voc", "photos"], "--voc is for --deep, which makes sequences again; add --deep"),
        (["--samples", "0"], "0 is not in the range x>=1"),
    ],
)
def test_flags_that_make_no_sense_are_refused(seqsynth, tiny_shards, flags, told):
    answer = seqsynth("verify", tiny_shards, *flags)
    assert answer.code == 2
    assert told in answer.error_lines[0]


def test_edited_index_is_found_even_with_a_new_digest(seqsynth, shards_copy):
    path = shards_copy / "index.json"
    document = json.loads(path.read_text())
    document["shards"][0]["count"] += 1
    document["digest"] = digest_of(document)
    path.write_text(json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n")
    answer = seqsynth("verify", shards_copy)
    assert answer.code == 1
    assert "has 6 sequences; the index says 7" in answer.out


def test_no_such_set(seqsynth, tmp_path):
    answer = seqsynth("verify", tmp_path / "none")
    assert (answer.code, answer.error_lines) == (1, [f"{tmp_path / 'none'}: no such folder"])
