"""Dividing scenes into training and test: shares, strata, kin, growth."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from seqsynth.ingest.splitting import SceneStratum, split_scenes

PAPER = Fraction(300, 1015)


def scenes(
    count: int, strata: Sequence[tuple[str, ...]] = (("indoor", "normal"),), prefix: str = "scene"
) -> list[SceneStratum]:
    return [SceneStratum(f"{prefix}_{n:04d}", strata[n % len(strata)]) for n in range(count)]


def test_paper_sized_set_is_split_as_the_paper_says():
    sides = split_scenes(scenes(1015), test_fraction=PAPER, seed=0)
    assert Counter(sides.values()) == {"train": 715, "test": 300}


def test_every_stratum_has_its_share():
    strata = (("indoor", "normal"), ("outdoor", "normal"), ("outdoor", "low"))
    split = split_scenes(scenes(300, strata), test_fraction=Fraction(1, 4), seed=3)
    tested = Counter(s.stratum for s in scenes(300, strata) if split[s.scene] == "test")
    assert tested == dict.fromkeys(strata, 25)


def test_seed_decides_who():
    first, second = (split_scenes(scenes(40), test_fraction=PAPER, seed=s) for s in (1, 2))
    assert first != second
    assert first == split_scenes(scenes(40), test_fraction=PAPER, seed=1)


def test_order_of_the_scenes_does_not_matter():
    forward = split_scenes(scenes(40), test_fraction=PAPER, seed=1)
    assert split_scenes(scenes(40)[::-1], test_fraction=PAPER, seed=1) == forward


@given(st.integers(0, 99), st.integers(1, 40), st.integers(0, 40))
def test_added_scenes_move_nobody(seed, before, added):
    old = split_scenes(scenes(before), test_fraction=PAPER, seed=seed)
    more = [*scenes(before), *scenes(added, prefix="new")]
    new = split_scenes(more, test_fraction=PAPER, seed=seed, assigned=old)
    assert {name: new[name] for name in old} == old
    wanted = int(PAPER * len(more) + Fraction(1, 2))
    assert Counter(new.values())["test"] == wanted


@given(st.integers(0, 999), st.sets(st.integers(0, 19), min_size=2, max_size=6))
def test_kin_stay_together(seed, members):
    kin = [f"scene_{n:04d}" for n in members]
    split = split_scenes(scenes(20), test_fraction=Fraction(1, 2), seed=seed, kin=[kin])
    assert len({split[name] for name in kin}) == 1


def test_new_kin_join_the_side_of_the_old():
    old = {"scene_0000": "train"}
    for seed in range(20):
        split = split_scenes(
            scenes(4),
            test_fraction=Fraction(1, 2),
            seed=seed,
            assigned=old,
            kin=[["scene_0000", "scene_0003"]],
        )
        assert split["scene_0003"] == "train"
