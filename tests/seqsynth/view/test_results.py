"""Outputs of methods: matched by name, scored as `seqsynth.metrics` scores."""

from seqsynth.metrics import score
from seqsynth.view.collection import Collection
from seqsynth.view.results import INPUT


def test_outputs_are_matched_and_scored(collection: Collection) -> None:
    results = collection.results
    assert results is not None
    results.finish()
    document = results.document()
    assert document["methods"] == [INPUT, "good", "bad"]
    assert document["scored"] == len(document["photos"]) == 3
    for photo, result in zip(document["photos"], results.results, strict=True):
        sequence = result.shards.shards[result.number]
        truth = sequence.centre_transmission
        assert truth is not None
        assert photo["scores"][INPUT]["ssim"] == score(sequence.centre_blended, truth).ssim
        # The truth itself has no finite PSNR, and every other score at its best.
        assert "psnr" not in photo["scores"]["good"]
        assert (photo["scores"]["good"]["ssim"], photo["scores"]["good"]["lmse"]) == (1, 0)
        assert photo["scores"]["bad"]["psnr"] < photo["scores"][INPUT]["psnr"]
