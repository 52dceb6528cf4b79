"""``seqsynth info``: what is in a shard set."""

import json
from pathlib import Path
from typing import Any

import click

from seqsynth.cli.options import shards_argument
from seqsynth.terminal import tell, tell_text


@click.command(short_help="Say what a shard set holds.")
@shards_argument
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def command(shards: str | Path, as_json: bool) -> None:
    """Say what a shard set holds: sequences, sizes, sources and configuration."""
    from seqsynth.shards.summary import summarise

    facts = summarise(shards)
    if as_json:
        tell_text(json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False))
    else:
        for line in _lines(facts):
            tell(line)


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        else:
            text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            lines.append(f"{indent}{name + ':':<{24 - len(indent)}} {text}")
    return lines
