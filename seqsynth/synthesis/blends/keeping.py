"""What a shard keeps of a blend in layout ``layers``: each layer once, and what makes the views."""

import numpy as np

from seqsynth.config import SUM_BLENDS, VIGNETTED_BLENDS, BlendName, SynthesisConfig
from seqsynth.shards.schema import Array
from seqsynth.shards.vignette import least_levels, pack_bits
from seqsynth.synthesis.blends.cuts import reflection_windows
from seqsynth.synthesis.blends.levels import LevelTable
from seqsynth.synthesis.draft import Record
from seqsynth.synthesis.layers import BlendedViews, KeptReflection, LayerPair


def layer_arrays(config: SynthesisConfig) -> dict[str, Array]:
    """Return the datasets of layout layers that pictures are rebuilt from, origins left out."""
    level = np.dtype("u1")
    height, width = config.window
    arrays = {
        "transmission_layer": Array((*config.transmission_layer, 3), level),
        "reflection_layer": Array((*config.reflection_layer, 3), level),
    }
    if config.blend in SUM_BLENDS:
        return {**arrays, "attenuation": Array((config.views,), level)}
    is_tinted = config.blend == "linear" and config.blend_linear.transmission_tint > 0
    arrays["level_table"] = Array((3 if is_tinted else 1, 256, 256), level)
    if config.blend in VIGNETTED_BLENDS:
        arrays |= {
            "vignette_rows": Array((height,), np.dtype("i4")),
            "vignette_columns": Array((width,), np.dtype("i4")),
            "vignette_steps": Array((256,), np.dtype("i4")),
            "vignette_bits": Array((config.views, height, -(-3 * width // 8)), level),
        }
    return arrays


def kept_layers(
    blend: BlendName, pair: LayerPair, made: BlendedViews, kept: KeptReflection, table: LevelTable
) -> Record:
    """Return what layout layers keeps of a sequence, in the datasets of `layer_arrays`.

    Parameters
    ----------
    blend : the blend's name
    made, kept : its views, and R once
    table : I for every level of T and R
    """
    record: Record = {
        "transmission_layer": pair.transmission,
        "reflection_layer": kept.levels,
        "parameters": made.parameters,
    }
    if blend in SUM_BLENDS:
        return {**record, "attenuation": np.full(len(made.blended), kept.attenuation, np.uint8)}
    record["level_table"] = table[np.newaxis] if table.ndim == 2 else np.moveaxis(table, -1, 0)
    if kept.vignette is not None:
        vignette = kept.vignette
        least = least_levels(reflection_windows(pair, kept.levels), vignette)
        record |= {
            "vignette_rows": vignette.rows,
            "vignette_columns": vignette.columns,
            "vignette_steps": vignette.steps,
            "vignette_bits": pack_bits(made.reflection, least),
        }
    return record
