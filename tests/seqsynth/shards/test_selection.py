"""Conditions on sequences, against the same questions asked of the datasets by bare h5py."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.errors import ConfigError
from seqsynth.shards import Condition, ShardSet, open_shards, parse_condition, select
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.selection import facts_of, values_of

Truth = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def truth(tiny_shards: Path) -> Truth:
    """The small datasets of the tiny set, joined over its shards in their order."""
    files = sorted(tiny_shards.glob("*.h5"))
    joined: dict[str, list[NDArray[Any]]] = {}
    for path in files:
        with h5py.File(path) as shard:
            for name in ("sigma", "attenuation", "source"):
                joined.setdefault(name, []).append(shard[name][:])
    return {name: np.concatenate(parts) for name, parts in joined.items()}


@pytest.fixture
def tiny(tiny_shards: Path) -> Iterator[ShardSet]:
    with open_shards(tiny_shards) as shards:
        yield shards


def chosen(shards: ShardSet, *texts: str, **options: Any) -> list[int]:
    """Numbers, in the whole set, of the sequences selected."""
    selected = select(shards, where=[parse_condition(text) for text in texts], **options)
    names = [shards.name(number) for number in range(len(shards))]
    return [names.index(selected.name(number)) for number in range(len(selected))]


# --- reading a condition ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("sigma>=3", Condition("sigma", ">=", "3")),
        ("attenuation<10", Condition("attenuation", "<", "10")),
        ("source~2008_", Condition("source", "~", "2008_")),
        ("name=train-000004", Condition("name", "=", "train-000004")),
        ("split==val", Condition("split", "=", "val")),
        ("split!=val", Condition("split", "!=", "val")),
        ("parameters.gain>0.8", Condition("parameters.gain", ">", "0.8")),
        (" sigma <= 2.5e0 ", Condition("sigma", "<=", "2.5e0")),
        ("name=garden gate, été", Condition("name", "=", "garden gate, été")),
        ("name=a>b=c", Condition("name", "=", "a>b=c")),
    ],
)
def test_condition_is_key_operator_value(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize("text", ["", "sigma", "sigma>", ">3", "=3", "two words=3", "sigma 3"])
def test_text_that_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not KEY OPERATOR VALUE"):
        parse_condition(text)


@pytest.mark.parametrize("value", ["wide", "nan", "inf", "3px"])
def test_order_wants_a_number(value: str) -> None:
    with pytest.raises(ConfigError, match=f">= wants a number, not '{value}'"):
        parse_condition(f"sigma>={value}")


# --- what holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "holds"),
    [("<", np.less), ("<=", np.less_equal), (">", np.greater), (">=", np.greater_equal)],
)
def test_order_is_that_of_the_stored_numbers(
    tiny: ShardSet, truth: Truth, sign: str, holds: Callable[..., Any]
) -> None:
    bound = float(truth["sigma"][7])  # one of the set's own numbers, so that < and <= differ
    expected = np.flatnonzero(holds(truth["sigma"], bound)).tolist()
    assert chosen(tiny, f"sigma{sign}{bound!r}") == expected


def test_order_holds_where_every_view_keeps_it(
    make_shards: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_shards(tmp_path, overflow="view", shard_size=10**6)
    with h5py.File(folder / "train-00000.h5") as train, h5py.File(folder / "val-00000.h5") as val:
        levels = np.concatenate([train["attenuation"][:], val["attenuation"][:]])
    bound = int(np.median(levels))
    every = (levels < bound).all(axis=1)
    assert (every != (levels < bound).any(axis=1)).any()
    with open_shards(folder) as shards:
        assert chosen(shards, f"attenuation<{bound}") == np.flatnonzero(every).tolist()


def test_contains_holds_where_any_value_does(tiny: ShardSet, truth: Truth) -> None:
    expected = [n for n, row in enumerate(truth["source"]) if any(b"2008_" in s for s in row)]
    assert 0 < len(expected) < 24
    assert chosen(tiny, "source~2008_") == expected


def test_equal_holds_where_any_value_is(tiny: ShardSet, truth: Truth) -> None:
    photo = truth["source"][3, 1]
    expected = [n for n, row in enumerate(truth["source"]) if photo in row]
    assert chosen(tiny, f"source={photo.decode()}") == expected


def test_unequal_holds_where_no_value_is(tiny: ShardSet, truth: Truth) -> None:
    photo = truth["source"][3, 1]
    expected = [n for n, row in enumerate(truth["source"]) if photo not in row]
    assert chosen(tiny, f"source!={photo.decode()}") == expected


def test_numbers_are_equal_however_they_are_written(tiny: ShardSet) -> None:
    assert chosen(tiny, "strength=1") == chosen(tiny, "strength=1.00") == list(range(24))


def test_number_equals_no_word(tiny: ShardSet) -> None:
    assert chosen(tiny, "strength=full") == []


def test_name_and_split_can_be_asked_for(tiny: ShardSet) -> None:
    assert chosen(tiny, "name=train-000004") == [4]
    assert chosen(tiny, "split=val") == [19, 20, 21, 22, 23]


def test_size_can_be_asked_for(captures: Path) -> None:
    with open_shards(captures) as shards:
        assert chosen(shards, "height>20", "width=20", "views=3") == [2]


def test_conditions_all_hold(tiny: ShardSet, truth: Truth) -> None:
    both = (truth["sigma"] > 3) & (np.arange(24) < 19)
    assert chosen(tiny, "sigma>3", "split=train") == np.flatnonzero(both).tolist()


def test_nested_names_are_joined_by_dots(make_shards: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_shards(tmp_path, blend="zhang", shard_size=10**7)
    with h5py.File(folder / "train-00000.h5") as train:
        column = train["parameters"].attrs["names"].tolist().index(b"sigma_px")
        sigmas = train["parameters"][:, column]
    bound = float(np.median(sigmas))
    with open_shards(folder) as shards:
        found = chosen(shards, f"parameters.sigma_px>{bound}", "split=train")
    assert found == np.flatnonzero(sigmas > bound).tolist()


def set_sequences(folder: Path, edit_index: Callable[..., Any], rows: list[Any]) -> ShardSet:
    with edit_index(folder) as document:
        document["shards"][0]["sequences"] = rows
    return open_shards(folder)


def test_values_in_lists_of_objects_are_found(
    captures_copy: Path, edit_index: Callable[..., Any]
) -> None:
    findings = [{"code": "motion", "value": 3}, {"code": "light", "value": None}]
    shards = set_sequences(captures_copy, edit_index, [{"findings": findings}, {}])
    assert chosen(shards, "findings.code=light") == [0]


def test_a_name_stands_for_everything_below_it(
    captures_copy: Path, edit_index: Callable[..., Any]
) -> None:
    rows = [{"files": {"blended": "Nature/1.jpg"}}, {"files": {"blended": "Real20/1.jpg"}}]
    assert chosen(set_sequences(captures_copy, edit_index, rows), "files~Real20") == [1]


def test_sequence_without_the_key_never_matches(
    captures_copy: Path, edit_index: Callable[..., Any]
) -> None:
    shards = set_sequences(captures_copy, edit_index, [{"gain": 0.9}, {"gain": None}])
    assert chosen(shards, "gain!=0.5") == [0]


def test_truth_is_written_as_in_json(captures_copy: Path, edit_index: Callable[..., Any]) -> None:
    shards = set_sequences(captures_copy, edit_index, [{"indoor": True}, {"indoor": False}])
    assert chosen(shards, "indoor=true") == [0]


def test_order_of_a_word_is_refused(tiny: ShardSet) -> None:
    with pytest.raises(ConfigError, match=r"'name>3': name may be 'train-000000'.*no order"):
        chosen(tiny, "name>3")


def test_key_no_sequence_has_is_refused_with_those_there_are(tiny: ShardSet) -> None:
    with pytest.raises(ConfigError, match="no sequence has 'gain'; there are attenuation, height"):
        chosen(tiny, "gain>0.8")


def test_key_of_some_sequences_is_known(
    captures_copy: Path, edit_index: Callable[..., Any]
) -> None:
    assert chosen(set_sequences(captures_copy, edit_index, [{}, {"iso": 100}]), "iso=100") == [1]


# --- selecting ----------------------------------------------------------------------------------


def test_nothing_asked_selects_everything(tiny: ShardSet) -> None:
    assert chosen(tiny) == list(range(24))


def test_splits_keep_the_order_of_the_set(tiny: ShardSet) -> None:
    assert chosen(tiny, split=["val", "train"]) == list(range(24))
    assert chosen(tiny, split=["val"]) == list(range(19, 24))


def test_limit_takes_the_first_that_match(tiny: ShardSet, truth: Truth) -> None:
    matching = np.flatnonzero(truth["sigma"] > 3).tolist()
    assert chosen(tiny, "sigma>3", limit=4) == matching[:4]


@pytest.mark.parametrize("limit", [0, 24, 99])
def test_limit_may_be_none_or_more_than_there_are(tiny: ShardSet, limit: int) -> None:
    assert chosen(tiny, limit=limit) == list(range(min(24, limit)))


def test_part_of_a_set_is_selected_from_as_a_part(tiny: ShardSet, truth: Truth) -> None:
    part = select(tiny[10:20], where=[parse_condition("sigma>3")])
    assert len(part) == int((truth["sigma"][10:20] > 3).sum())


def test_unknown_split_is_refused(tiny: ShardSet) -> None:
    with pytest.raises(ConfigError, match="split 'validation' is unknown; there are train, val"):
        select(tiny, split=["validation"])


def test_negative_limit_is_refused(tiny: ShardSet) -> None:
    with pytest.raises(ConfigError, match="limit -1 is negative"):
        select(tiny, limit=-1)


def test_split_and_limit_open_no_shard(tiny: ShardSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a shard was opened")

    monkeypatch.setattr(MappedShard, "__init__", refuse)
    assert len(select(tiny, split=["train"], limit=7)) == 7


def test_reading_stops_at_the_limit(tiny: ShardSet, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def metadata(number: int) -> dict[str, Any]:
        asked.append(number)
        return {}

    monkeypatch.setattr(tiny, "metadata", metadata)
    select(tiny, where=[parse_condition("split=train")], limit=3)
    assert asked == [0]  # one of the first shard stands for its split


@pytest.mark.parametrize(
    "text",
    [
        *(f"{key}{sign}3" for key in ("sigma", "attenuation") for sign in ("=", "!=", "<", ">=")),
        "sigma=2.1",
        "sigma=wide",
        "sigma!=wide",
        "sigma~2.",
        "attenuation~1",
        "source~2008_",
        "source!=2008_000001",
        "window_source>=8",
        "split!=train",
        "height=24",
        "name~0003",
        "name!=train-000004",
    ],
)
def test_whole_shards_are_judged_as_their_sequences_are(tiny: ShardSet, text: str) -> None:
    condition = parse_condition(text)
    mixed = tiny.take([20, 3, 4, 4, 5, 23, 0, 7, 6])
    for shards in (tiny, mixed):
        wanted = [
            shards.name(number)
            for number in range(len(shards))
            if condition.holds(values_of(facts_of(shards, number), condition.key))
        ]
        found = select(shards, where=[condition])
        assert [found.name(number) for number in range(len(found))] == wanted


def test_numbers_of_lower_precision_are_compared_as_they_are_told() -> None:
    stored = np.array([[2.1], [2.5]], np.float32)
    assert parse_condition("sigma=2.1").holds_of_rows(stored).tolist() == [False, False]
    assert parse_condition("sigma=2.5").holds_of_rows(stored).tolist() == [False, True]


def test_stretches_lie_in_one_shard_each(tiny: ShardSet) -> None:
    for shards in (tiny, tiny.take([20, 3, 4, 4, 5, 23, 0, 7, 6])):
        stretches = list(shards.stretches())
        assert [n for stretch in stretches for n in stretch] == list(range(len(shards)))
        files = [{shards.place(n)[1].file for n in stretch} for stretch in stretches]
        assert all(len(found) == 1 for found in files)
        assert all(one != other for one, other in pairwise(files))
    assert list(tiny.take([]).stretches()) == []


def test_no_frame_is_read(tiny: ShardSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a frame was read")

    monkeypatch.setattr("seqsynth.shards.reader.fill_frames", refuse)
    assert chosen(tiny, "split=val") == list(range(19, 24))
