"""The command line: ``trainer COMMAND``; one module per command, none imported before its use."""

from seqsynth.terminal import command_line, run

COMMANDS = {
    "fit": ("trainer.cli.fit", "Train teacher and student, or another method, on shards."),
    "restore": ("trainer.cli.restore", "Remove the reflections of photos."),
    "evaluate": (
        "trainer.cli.evaluate",
        "Score a checkpoint on benchmarks, as the paper's Table 1.",
    ),
    "score": (
        "trainer.cli.score",
        "Score folders of output images, beside each other and checkpoints.",
    ),
    "ablate": ("trainer.cli.ablate", "Train and score the eight rows of the paper's Table 2."),
    "table": ("trainer.cli.table", "Train the paper's Table 1 on shards, and score it."),
    "compare-data": (
        "trainer.cli.compare_data",
        "Say which shards make which method better.",
    ),
    "import-weights": (
        "trainer.cli.import_weights",
        "Turn a method's published weights into a checkpoint.",
    ),
    "export": (
        "trainer.cli.export",
        "Write a network as ONNX or safetensors, with a model card.",
    ),
}

group = command_line(
    "trainer",
    "Train and use reflection removers: the paper's, and those it compares with.",
    COMMANDS,
)


def main() -> None:
    """Run ``trainer``."""
    run(group)
