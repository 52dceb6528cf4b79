"""Synthesis of multi-view reflection sequences (paper 4.2)."""

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.synthesis.generate import (
    GenerationPlan,
    generate,
    generation,
    plan_generation,
)
from seqsynth.synthesis.regenerate import regenerate_faults
from seqsynth.synthesis.stream import SequenceStream, synthesise

__all__ = [
    "GenerationPlan",
    "RunConfig",
    "SequenceStream",
    "SynthesisConfig",
    "generate",
    "generation",
    "plan_generation",
    "regenerate_faults",
    "synthesise",
]
