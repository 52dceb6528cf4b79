"""Which sequences a query takes, held to `seqsynth.shards.select` and to sorting by hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seqsynth.errors import ConfigError
from seqsynth.shards import ShardSet, open_shards
from seqsynth.shards.selection import parse_condition, select
from seqsynth.view.measurements import Survey
from seqsynth.view.selections import Selection, Selections, parse_query, subset_command


@pytest.fixture
def shards(tiny_shards: Path) -> Iterator[ShardSet]:
    """The tiny set."""
    with open_shards(tiny_shards) as opened:
        yield opened


@pytest.fixture
def survey(shards: ShardSet) -> Survey:
    """The tiny set, measured whole."""
    measured = Survey(shards)
    for number in range(len(shards)):
        measured.measure(number)
    return measured


def found(shards: ShardSet, survey: Survey, **asked: object) -> list[int]:
    """Return the numbers of a query, looked for to the end."""
    selection = Selection(shards, survey, parse_query(**asked))  # type: ignore[arg-type]
    selection.finish()
    assert selection.is_done
    assert selection.fault == ""
    return list(selection.numbers())


def test_conditions_take_what_subset_takes(shards: ShardSet, survey: Survey) -> None:
    texts = ["sigma>=3", "source~20"]
    wanted = select(shards, split=["train"], where=[parse_condition(text) for text in texts])
    names = [wanted.name(number) for number in range(len(wanted))]
    numbers = found(shards, survey, split="train", where=texts)
    assert 0 < len(numbers) < len(shards)
    assert [shards.name(number) for number in numbers] == names


def test_measured_numbers_choose_and_sort(shards: ShardSet, survey: Survey) -> None:
    psnr = survey.values("psnr")
    middle = float(np.median(psnr))
    numbers = found(shards, survey, where=[f"measured.psnr<{middle}"], sort="psnr")
    assert numbers == sorted(np.flatnonzero(psnr < middle), key=lambda number: psnr[number])


def test_largest_first_keeps_the_set_s_order_among_equals(shards: ShardSet, survey: Survey) -> None:
    numbers = found(shards, survey, sort="attenuation", descending=True)
    values = survey.values("attenuation")
    assert numbers == sorted(range(len(shards)), key=lambda number: (-values[number], number))


def test_what_is_not_measured_yet_comes_last(shards: ShardSet) -> None:
    begun = Survey(shards)
    begun.measure(5)
    begun.measure(7)
    assert set(found(shards, begun, sort="psnr")[:2]) == {5, 7}


def test_a_key_that_no_sequence_has_is_said(shards: ShardSet, survey: Survey) -> None:
    selection = Selection(shards, survey, parse_query(where=["sigmma>3"]))
    selection.finish()
    assert selection.fault.startswith("no sequence has 'sigmma'")
    assert selection.is_done


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"split": "trial"}, "split 'trial' is unknown"),
        ({"where": ["sigma"]}, "is not KEY OPERATOR VALUE"),
        ({"where": ["measured.beauty>3"]}, "nothing called 'measured.beauty' is measured"),
        ({"where": ["measured.psnr~3"]}, "is compared by"),
    ],
)
def test_a_query_that_makes_no_sense_is_one_sentence(asked: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_query(**asked)  # type: ignore[arg-type]


def test_the_command_is_the_subset_of_the_query() -> None:
    query = parse_query(split="val", where=["sigma>=3", "source~it's"])
    command = subset_command("my sets/voc", query)
    assert command == (
        "seqsynth subset 'my sets/voc' --split val --where 'sigma>=3' "
        "--where 'source~it'\"'\"'s' --out chosen"
    )


def test_what_is_measured_goes_out_by_names() -> None:
    assert "--names-from names.txt" in subset_command("set", parse_query(where=["measured.psnr<9"]))


def test_a_query_is_looked_for_once(shards: ShardSet, survey: Survey) -> None:
    selections = Selections(shards, survey)
    assert selections.of(parse_query(where=["sigma>3"])) is selections.of(
        parse_query(where=["sigma > 3"])
    )
    selections.stop()
