"""``seqsynth repair``, and the messages that lead to it."""

from pathlib import Path

import h5py

from tests.conftest import TINY_SETTINGS


def options() -> list[str]:
    """Return the tiny set's settings as options."""
    words = []
    for name, value in TINY_SETTINGS.items():
        parts = value if isinstance(value, tuple) else (value,)
        text = ["x".join(map(str, parts))] if name == "window" else [str(part) for part in parts]
        words += [f"--{name.replace('_', '-')}", *text]
    return words


def test_the_way_out_that_messages_name_works(run, shards_copy: Path, tiny_voc: Path) -> None:
    content = (shards_copy / "index.json").read_bytes()
    (shards_copy / "index.json").unlink()
    make = ["generate", "--voc", tiny_voc, "--out", shards_copy, "--jobs", 1, *options()]
    for command in (["info", shards_copy], ["verify", shards_copy], make):
        said = str(run(*command).exception)
        assert f"seqsynth repair {shards_copy} writes it anew" in said
    assert run("repair", shards_copy).return_value is None
    assert (shards_copy / "index.json").read_bytes() == content
    assert "was complete already" in run(*make).output


def test_torn_index_leads_to_repair(run, shards_copy: Path) -> None:
    (shards_copy / "index.json").write_bytes(b"{")
    assert "or have seqsynth repair write it anew" in str(run("info", shards_copy).exception)
    assert run("repair", shards_copy).return_value is None


def test_what_is_left_out_and_missing_is_told(run, shards_copy: Path) -> None:
    (shards_copy / "index.json").unlink()
    (shards_copy / "train-00000.h5").write_bytes(b"")
    result = run("repair", shards_copy)
    assert result.return_value == 1
    assert "index.json written anew, 13 train, 5 val sequences in 3 shards" in result.output
    assert "left out: train-00000.h5: is torn or no HDF5 file (it is empty)" in result.output
    assert "missing: 6 of 24 sequences; the index is marked incomplete" in result.output


def test_old_shards_are_repaired_from_photos_and_settings(
    run, shards_copy: Path, tiny_voc: Path
) -> None:
    (shards_copy / "index.json").unlink()
    for path in shards_copy.glob("*.h5"):
        with h5py.File(path, "r+") as shard:
            del shard.attrs["index"], shard.attrs["index_entry"]
    assert run("repair", shards_copy, "--voc", tiny_voc, *options()).return_value is None
    assert run("verify", shards_copy).return_value is None
    make = ["generate", "--voc", tiny_voc, "--out", shards_copy, "--jobs", 1, *options()]
    assert "was complete already" in run(*make).output
