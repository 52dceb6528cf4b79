"""Time the scores of one 540x400 picture against the field's way of computing them.

The reference is the evaluation that published tables come from, written out again: scikit-image
channel by channel for SSIM and PSNR, and a Python loop over windows for LMSE. Every repetition
times both sides in turn, in CPU seconds, and the ratio is that of the medians: other work on the
machine then weighs on both.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from seqsynth import metrics

HEIGHT, WIDTH = 400, 540
REPETITIONS = 15

Array = NDArray[Any]


def main() -> None:
    """Print one line a comparison: reference, ours, ratio, largest difference in value."""
    cv2.setNumThreads(1)
    for kind in (np.float64, np.float32, np.uint8):
        prediction, truth = (picture.astype(kind) for picture in draw_pair())
        print(f"\n{WIDTH}x{HEIGHT}, {kind.__name__} input, CPU ms")
        print(f"{'':34}{'loops':>9}{'ours':>9}{'ratio':>8}{'difference':>12}")
        for name, reference, ours in comparisons():
            print_comparison(name, reference, ours, (prediction, truth))


Scorer = Callable[[Array, Array], list[float]]


def comparisons() -> list[tuple[str, Scorer, Scorer]]:
    """Return (name, the field's way, ours)."""
    return [
        ("SSIM", lambda p, t: [loop_ssim(p, t)], lambda p, t: [metrics.ssim(p, t)]),
        ("LMSE", lambda p, t: [loop_lmse(p, t)], lambda p, t: [metrics.lmse(p, t)]),
        ("PSNR", lambda p, t: [loop_psnr(p, t)], lambda p, t: [metrics.psnr(p, t)]),
        ("NCC", lambda p, t: [plain_ncc(p, t)], lambda p, t: [metrics.ncc(p, t)]),
        ("the four, each called", loop_four, each_of_four),
        ("the four, by score() of seven", loop_four, four_by_score),
    ]


def print_comparison(name: str, reference: Scorer, ours: Scorer, pair: tuple[Array, Array]) -> None:
    """Time both in turn and print the line."""
    exact = [picture.astype(np.float64) for picture in pair]
    # uint8 would overflow in the reference, which the field feeds floats.
    fed = pair if pair[0].dtype.kind == "f" else (exact[0], exact[1])
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPETITIONS):
        seconds[0].append(cpu_seconds(reference, fed))
        seconds[1].append(cpu_seconds(ours, pair))
    slow, fast = (statistics.median(times) * 1e3 for times in seconds)
    difference = np.abs(np.subtract(reference(exact[0], exact[1]), ours(*pair))).max()
    print(f"{name:34}{slow:9.1f}{fast:9.1f}{slow / fast:8.1f}{difference:12.1e}")


def cpu_seconds(scorer: Scorer, pair: tuple[Array, Array]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    scorer(*pair)
    return time.process_time() - start


def draw_pair() -> tuple[Array, Array]:
    """Return a smooth truth and a darkened, noisy prediction of it, whole levels."""
    rng = np.random.default_rng(0)
    truth = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)), (0, 0), 3)
    truth = cv2.normalize(truth, truth, 0, 255, cv2.NORM_MINMAX)
    prediction = 0.9 * truth + 20 + rng.normal(0, 6, truth.shape)
    return np.clip(prediction, 0, 255).round(), truth.round()


def loop_four(prediction: Array, truth: Array) -> list[float]:
    """Return PSNR, SSIM, LMSE, NCC the field's way."""
    return [metric(prediction, truth) for metric in (loop_psnr, loop_ssim, loop_lmse, plain_ncc)]


def each_of_four(prediction: Array, truth: Array) -> list[float]:
    """Return PSNR, SSIM, LMSE, NCC by four calls."""
    ours = (metrics.psnr, metrics.ssim, metrics.lmse, metrics.ncc)
    return [metric(prediction, truth) for metric in ours]


def four_by_score(prediction: Array, truth: Array) -> list[float]:
    """Return the same four from the call that computes three more."""
    scores = metrics.score(prediction, truth)
    return [scores.psnr, scores.ssim, scores.lmse, scores.ncc]


def loop_psnr(prediction: Array, truth: Array) -> float:
    """Return the mean of the channels' PSNR."""
    ratio: Callable[..., Any] = peak_signal_noise_ratio
    return float(
        np.mean([ratio(truth[..., c], prediction[..., c], data_range=255) for c in (0, 1, 2)])
    )


def loop_ssim(prediction: Array, truth: Array) -> float:
    """Return the mean of the channels' SSIM."""
    similarity: Callable[..., Any] = structural_similarity
    return float(
        np.mean([similarity(truth[..., c], prediction[..., c], data_range=255) for c in (0, 1, 2)])
    )


def loop_lmse(prediction: Array, truth: Array) -> float:
    """Return LMSE window by window."""
    error = energy = 0.0
    for channel in range(3):
        for row in range(0, truth.shape[0] - 19, 10):
            for column in range(0, truth.shape[1] - 19, 10):
                window = np.s_[row : row + 20, column : column + 20, channel]
                given, wanted = prediction[window], truth[window]
                power = np.sum(given**2)
                gain = np.sum(wanted * given) / power if power > 1e-5 else 0.0
                error += np.sum((wanted - gain * given) ** 2)
                energy += np.sum(wanted**2)
    return float(error / energy)


def plain_ncc(prediction: Array, truth: Array) -> float:
    """Return the correlation of all values."""
    product = np.mean((prediction - np.mean(prediction)) * (truth - np.mean(truth)))
    return float(product / (np.std(prediction) * np.std(truth)))


if __name__ == "__main__":
    main()
