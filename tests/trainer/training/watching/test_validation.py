import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from seqsynth.metrics import psnr, ssim
from trainer.data.reading import BatchLayout
from trainer.data.sources import open_sources
from trainer.machine import Machine
from trainer.nets import StudentNet, TeacherNet
from trainer.recipe import FitConfig
from trainer.training.watching import validation
from trainer.training.watching.validation import (
    HeldOut,
    ScoreTally,
    Scoring,
    to_images,
    validate,
    validate_student,
    validate_teacher,
)

Recipe = Callable[..., FitConfig]

CPU = Machine(torch.device("cpu"))


DARKER = np.array([[0.5, 0, 0, 10], [0, 0.8, 0, 0], [0, 0, 1, 0]])


def held_out(folder: Path, crop: int = 224, split: str = "val") -> HeldOut:
    sources = open_sources([folder], split, {})
    return HeldOut(sources, BatchLayout(3, crop), DARKER, CPU)


def baselines(folder: Path, crop: int = 224) -> dict[str, float]:
    return Scoring(held_out(folder, crop).baselines(), {}).columns()


def test_identity_is_the_score_of_the_photo_as_it_is(synthetic: Path) -> None:
    sequences = open_sources([synthetic], "val", {})[0].sequences
    pairs = [(s.centre_blended, s.centre_transmission) for s in sequences]
    bars = baselines(synthetic)
    assert bars["psnr_identity"] == pytest.approx(np.mean([psnr(*pair) for pair in pairs]))
    assert bars["ssim_identity"] == pytest.approx(np.mean([ssim(*pair) for pair in pairs]))


def test_the_linear_map_is_applied_rounded_and_clipped(synthetic: Path) -> None:
    sequences = open_sources([synthetic], "val", {})[0].sequences
    expected = []
    for sequence in sequences:
        red, green, blue = np.moveaxis(sequence.centre_blended.astype(float), 2, 0)
        mapped = np.stack((red / 2 + 10, 0.8 * green, blue), 2)
        expected.append(psnr(np.rint(mapped), sequence.centre_transmission))
    assert baselines(synthetic)["psnr_linear"] == pytest.approx(np.mean(expected))


def test_a_crop_is_taken_from_the_centre(synthetic: Path) -> None:
    sequences = open_sources([synthetic], "val", {})[0].sequences
    pairs = [(s.centre_blended, s.centre_transmission) for s in sequences]
    inner = [psnr(image[12:44, 12:44], truth[12:44, 12:44]) for image, truth in pairs]
    bars = baselines(synthetic, crop=32)
    assert bars["psnr_identity"] == pytest.approx(np.mean(inner))


def test_sequences_of_several_sizes_are_scored(write_views: Callable[..., Path]) -> None:
    small = write_views("captured", 3, 2, size=(40, 48), split="val")
    large = write_views("captured", 3, 3, size=(48, 40), split="val", seed=6)
    sources = open_sources([small, large], "val", {})
    batches = list(HeldOut(sources, BatchLayout(3, 224), DARKER, CPU).batches())
    assert [tuple(batch.blended.shape) for batch in batches] == [
        (2, 3, 3, 40, 48),
        (3, 3, 3, 48, 40),
    ]


@pytest.mark.parametrize("kind", [TeacherNet, StudentNet])
def test_networks_are_scored_in_evaluation_mode_and_left_as_they_were(
    kind: type[TeacherNet | StudentNet], tiny: Recipe, synthetic: Path
) -> None:
    network, modes = kind(tiny().net), []
    network.register_forward_pre_hook(lambda net, _: modes.append(net.training))
    validate(network, None, held_out(synthetic))
    assert modes
    assert not any(modes)
    assert network.training


def test_the_probe_shows_the_teacher_its_centre_alone(tiny: Recipe, synthetic: Path) -> None:
    torch.manual_seed(0)
    teacher = TeacherNet(tiny().net)
    held = held_out(synthetic)
    seen = []
    teacher.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    scores = validate_teacher(teacher, held).columns()
    views, repeated = seen
    assert not torch.equal(views[:, 0], views[:, 1])
    for view in range(3):
        assert torch.equal(repeated[:, view], views[:, 1])
    assert scores["psnr"] != scores["psnr_repeated"]


def test_an_untrained_residual_student_scores_as_the_identity(
    tiny: Recipe, synthetic: Path
) -> None:
    student = StudentNet(tiny({"net": {"residual": True}}).net).eval()
    scores = validate_student(student, None, held_out(synthetic)).columns()
    for name in ("psnr", "ssim", "lmse", "structure_psnr"):
        assert scores[name] == scores[f"{name}_identity"]


def test_images_are_rounded_and_clamped() -> None:
    tensor = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0, 1.6 / 255]).view(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert to_images(tensor)[0][0, :, 0].tolist() == [0, 0, 128, 255, 255, 2]


def test_scores_are_counted_by_threads_and_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (24, 24, 3), np.uint8) for _ in range(13)]
    where: set[str] = set()
    plain = validation.score

    def note(*pair: np.ndarray) -> object:
        where.add(threading.current_thread().name)
        return plain(*pair)

    monkeypatch.setattr(validation, "score", note)
    with ThreadPoolExecutor(3, thread_name_prefix="scorer") as pool:
        beside, alone = ScoreTally(pool), ScoreTally()
        for one, other in pairwise(pictures):
            beside.add(one, other)
        assert {name.split("_")[0] for name in where} <= {"scorer"}
        for one, other in pairwise(pictures):
            alone.add(one, other)
        assert beside.means() == alone.means()
    assert "scorer_0" in where
