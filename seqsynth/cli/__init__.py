"""The command line: ``seqsynth COMMAND``; one module per command, none imported before its use."""

from seqsynth.terminal import command_line, run

COMMANDS = {
    "generate": ("seqsynth.cli.generate", "Synthesise multi-view sequences from VOC."),
    "ingest-pairs": (
        "seqsynth.cli.ingest_pairs",
        "Store benchmark pairs (Real20, Nature, SIR2, ...) as shards.",
    ),
    "group-captures": ("seqsynth.cli.group_captures", "Make scene folders from a camera roll."),
    "check-captures": (
        "seqsynth.cli.check_captures",
        "Judge captured scenes without writing shards.",
    ),
    "ingest-captures": ("seqsynth.cli.ingest_captures", "Judge, align and store captured scenes."),
    "info": ("seqsynth.cli.info", "Say what a shard set holds."),
    "verify": ("seqsynth.cli.verify", "Find every fault of a shard set."),
    "repair": ("seqsynth.cli.repair", "Write a lost index.json anew."),
    "report": ("seqsynth.cli.report", "Write an HTML page to look at a shard set."),
    "view": ("seqsynth.cli.view", "Look at sets, runs and results in a browser."),
    "compare": ("seqsynth.cli.compare", "Say how far a synthetic set is from a real one."),
    "merge": ("seqsynth.cli.merge", "Join shard sets into one."),
    "split": ("seqsynth.cli.split", "Divide a shard set into training, validation and test."),
    "subset": ("seqsynth.cli.subset", "Choose sequences of a shard set."),
    "export": (
        "seqsynth.cli.export",
        "Give shards to another project in the layout it reads.",
    ),
    "demo": ("seqsynth.cli.demo", "See it all work on public-domain photos."),
}

group = command_line("seqsynth", "Build datasets of multi-view reflection sequences.", COMMANDS)


def main() -> None:
    """Run ``seqsynth``."""
    run(group)
