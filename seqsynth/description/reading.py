"""Lines of code that read a set, to copy: with seqsynth, and with h5py and numpy alone."""

from collections.abc import Iterator

from seqsynth.config import SUM_BLENDS, VIGNETTED_BLENDS
from seqsynth.shards import ShardIndex
from seqsynth.shards.provenance import configuration_of

_LAYERS = ("transmission", "reflection")

_SUM = """\
R = R.astype(int) - shard["attenuation"][n, view]
R = np.maximum(R, 0)
I = np.minimum(T + R, 255)"""

_VIGNETTE = """\
rows, columns = (shard[f"vignette_{axis}"][n] / 2**20 for axis in ("rows", "columns"))
begins, left = shard["vignette_steps"][n], np.multiply.outer(rows, columns)[..., None]
bits = np.unpackbits(shard["vignette_bits"][n, view], axis=-1, count=3 * w)
R = np.searchsorted(begins, begins[R] * left, "right") - 1 + bits.reshape(h, w, 3)"""

_TABLE = """\
table = shard["level_table"][n]
I = table[np.arange(3) % len(table), T, R]"""


def reading_code(index: ShardIndex) -> str:
    """Return a few lines that open a set with seqsynth."""
    split = index.shards[0].split if index.shards else "train"
    return (
        "from seqsynth.shards import open_shards  # pip install seqsynth[remote] for URLs\n\n"
        f'sequences = open_shards("DIR").split("{split}")  # or a URL\n'
        "sequence = sequences[0]\n"
        "I, T, R = sequence.blended, sequence.transmission, sequence.reflection  # None if unknown"
    )


def plain_code(index: ShardIndex, view: int = 0) -> str:
    """Return a few lines that read the first sequence of a set without seqsynth.

    Parameters
    ----------
    view : the one that is rebuilt where the set's layout is layers
    """
    packed = index.configuration.get("compression") == "zstd"
    head = f"import h5py{', hdf5plugin' if packed else ''}\nimport numpy as np\n\n"
    opened = f'with h5py.File("DIR/{index.shards[0].file}") as shard:\n'
    if index.layout == "views":
        return (
            head.replace("import numpy as np\n", "") + opened + '    I = shard["blended"][0]\n'
            '    T = shard["transmission"][0] if "transmission" in shard else None\n'
            '    R = shard["reflection"][0] if "reflection" in shard else None'
        )
    return head + opened + "\n".join(f"    {line}" for line in rebuilding_code(index, view))


def rebuilding_code(index: ShardIndex, view: int) -> Iterator[str]:
    """Yield the lines that rebuild a view of the first sequence of a set of layout layers."""
    yield f'n, view, (h, w) = 0, {view}, shard.attrs["window"]'
    origins = ", ".join(f'shard["{layer}_origin"][n, view]' for layer in _LAYERS)
    yield f"(y, x), (v, u) = {origins}"
    yield 'T = shard["transmission_layer"][n, y : y + h, x : x + w]'
    yield 'R = shard["reflection_layer"][n, v : v + h, u : u + w]'
    stated = index.configuration
    if "blend" not in stated:
        stated = configuration_of(index, index.shards[0])
    blend = stated.get("blend", SUM_BLENDS[0])
    pieces = [_SUM] if blend in SUM_BLENDS else [_TABLE]
    if blend in VIGNETTED_BLENDS:
        pieces.insert(0, _VIGNETTE)
    for piece in pieces:
        yield from piece.splitlines()
