"""A prediction is found under the names that people give it, the most telling first."""

from seqsynth.shards.aliases import aliases_of


def test_a_stored_file_adds_its_path_and_its_name() -> None:
    assert aliases_of("nature/train-1", "sub/a.b/IMG_7.jpeg") == (
        "nature/train-1",
        "nature_train-1",
        "nature-train-1",
        "sub/a.b/IMG_7",
        "sub_a.b_IMG_7",
        "IMG_7",
        "train-1",
    )


def test_equal_names_are_said_once() -> None:
    assert aliases_of("train-000001") == ("train-000001",)
    assert aliases_of("a/b", "a/b.png") == ("a/b", "a_b", "a-b", "b")
