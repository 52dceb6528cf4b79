"""Synthesis of multi-view reflection sequences (paper 4.2)."""

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.synthesis.generate import (
    Generation,
    GenerationPlan,
    generate,
    plan_generation,
)
from seqsynth.synthesis.stream import SequenceStream, synthesise

__all__ = [
    "Generation",
    "GenerationPlan",
    "RunConfig",
    "SequenceStream",
    "SynthesisConfig",
    "generate",
    "plan_generation",
    "synthesise",
]
