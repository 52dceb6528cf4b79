"""What a shard set does not show, or shows otherwise than real glass does."""

from seqsynth.description.works import configurations, is_from_voc
from seqsynth.shards import ShardIndex

NO_PARALLAX = (
    "No parallax: windows slide over flat photos, as in the paper. Within a layer nothing moves "
    "against anything else, and nothing is hidden or uncovered."
)
PLANES = (
    "Each layer is a flat picture, or two beside each other, that a camera moves before: nothing "
    "within one hides anything else, and lens, light and focus stay as they are."
)
STRANGERS = (
    "T and R of a sequence are photos of different places. Behind real glass the reflected scene "
    "and its light have to do with the one that is seen through it."
)
CEILNET = (
    "CEILNet's reflections are stronger than most real ones: at strength 1 its blended views stand "
    "near 14 dB (PSNR) from the truth, published real pairs at 20 to 24 dB. It adds gamma-coded "
    "values, where light adds up linearly."
)
LINEAR = (
    "The constants of blend linear were chosen so that I against T has the brightness and PSNR of "
    "published real pairs; its reflections have the shapes of unrelated photos all the same."
)
UNMEASURED = "How far the blend is from real glass depends on its settings; seqsynth compare tells."
FORWARD = (
    "Windows move in one direction only, down and right (direction forward, as in the paper); a "
    "network may learn that."
)
VOC_PHOTOS = (
    "VOC's photos are JPEGs of about 500 x 375 px, chosen for twenty classes of objects, and show "
    "people who can be recognised; their compression is in T and R alike."
)
CENTRE = (
    "T was photographed a moment apart from the views, without the glass or with the reflection "
    "blocked, and aligned with the centre view: small shifts and changes of light remain. R is not "
    "known."
)
AS_PUBLISHED = (
    "Alignment, exposure and compression are as published; single views show no motion. Counts "
    "differ between releases of a benchmark: compare them before comparing scores."
)

_OF_BLENDS = {"ceilnet": CEILNET, "linear": LINEAR}


def list_limits(index: ShardIndex) -> list[str]:
    """Return the known limits of a set, one sentence or two each."""
    if index.kind == "captured":
        return [CENTRE]
    if index.kind == "pair":
        return [AS_PUBLISHED, *map(str, index.sources.get("remarks", ()))]
    settings = configurations(index)
    blends = sorted({str(one["blend"]) for one in settings if "blend" in one})
    moved = {one.get("motion") == "camera" for one in settings}
    limits = [NO_PARALLAX] * (False in moved) + [PLANES] * (True in moved) + [STRANGERS]
    limits += dict.fromkeys(_OF_BLENDS.get(blend, UNMEASURED) for blend in blends)
    if any(one.get("direction") == "forward" for one in settings):
        limits.append(FORWARD)
    if is_from_voc(index):
        limits.append(VOC_PHOTOS)
    return limits
