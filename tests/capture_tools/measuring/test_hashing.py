"""Hashes find a picture again and keep others apart."""

import cv2
import numpy as np
import pytest
import scipy.fft

from capture_tools.measuring.hashing import CropHashes, near_pairs, picture_hashes
from capture_tools.photos.working_view import Image, reduce_view
from tests.drawing.textures import leaves

DUPLICATE, CANDIDATE = 56, 72


def hashes(image: Image) -> CropHashes:
    return picture_hashes(reduce_view(np.ascontiguousarray(image)))


def hash_distance(first: CropHashes, second: CropHashes) -> int:
    """Count bits one by one: the fewest between either whole and any crop of the other."""
    return min(
        sum(bin(a ^ b).count("1") for a, b in zip(whole, crop, strict=True))
        for wholes, crops in ((first[:1], second), (second[:1], first))
        for whole in wholes.tolist()
        for crop in crops.tolist()
    )


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    sides = [np.random.default_rng(seed) for seed in range(12)]
    return [np.clip(leaves((290, 440), rng) * 255, 0, 255).astype(np.uint8) for rng in sides]


@pytest.fixture(scope="module")
def picture(pictures: list[Image]) -> Image:
    return pictures[0]


@pytest.mark.parametrize("number", range(12))
def test_first_hash_is_of_the_slowest_255_cosines(pictures: list[Image], number: int) -> None:
    picture = pictures[number]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    small = cv2.resize(grey.astype(np.float32), (64, 64), interpolation=cv2.INTER_AREA)
    basis = scipy.fft.dct(np.eye(64), axis=0, norm="ortho")
    slowest = (basis @ small.astype(np.float64) @ basis.T)[:16, :16].ravel()[1:]
    bits = np.unpackbits(hashes(picture)[0])[:255].astype(bool)
    assert np.array_equal(bits, slowest > np.median(slowest))


def test_picture_is_at_no_distance_from_itself(picture: Image) -> None:
    assert hash_distance(hashes(picture), hashes(picture)) == 0


@pytest.mark.parametrize("share", [0.95, 0.9, 0.8])
def test_central_crop_is_found(picture: Image, share: float) -> None:
    rows, columns = round(290 * (1 - share) / 2), round(440 * (1 - share) / 2)
    cropped = picture[rows : 290 - rows, columns : 440 - columns]
    assert hash_distance(hashes(picture), hashes(cropped)) <= DUPLICATE


def test_crop_is_found_from_either_side(picture: Image) -> None:
    cropped = hashes(picture[15:-15, 22:-22])
    assert hash_distance(hashes(picture), cropped) == hash_distance(cropped, hashes(picture))


def test_resaved_picture_is_found(picture: Image) -> None:
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    again = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert hash_distance(hashes(picture), hashes(again)) <= DUPLICATE


def test_brightened_picture_is_found(picture: Image) -> None:
    brighter = np.clip(picture * 1.2, 0, 255).astype(np.uint8)
    assert hash_distance(hashes(picture), hashes(brighter)) <= DUPLICATE


def test_picture_of_another_size_is_found(picture: Image) -> None:
    large = cv2.resize(picture, (1760, 1160), interpolation=cv2.INTER_CUBIC)
    assert hash_distance(hashes(picture), hashes(large)) <= DUPLICATE


def test_other_pictures_are_no_candidates(pictures: list[Image]) -> None:
    assert near_pairs([hashes(picture) for picture in pictures], CANDIDATE) == []


def test_near_pairs_are_named_by_place_and_distance(pictures: list[Image]) -> None:
    crop = pictures[1][15:-15, 22:-22]
    all_hashes = [hashes(each) for each in (pictures[0], pictures[1], pictures[2], crop)]
    distance = hash_distance(all_hashes[1], all_hashes[3])
    assert near_pairs(all_hashes, DUPLICATE) == [(1, 3, distance)]


def test_fewer_than_two_pictures_make_no_pair(picture: Image) -> None:
    assert near_pairs([hashes(picture)], 255) == []
