"""What check-captures and ingest-captures share: their options, and the table of scenes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.settings import check_settings, read_toml
from seqsynth.terminal import SETTINGS_FILE, given, say, settings_options

if TYPE_CHECKING:
    from seqsynth.ingest import Verdicts
    from seqsynth.ingest.decisions import Decisions

RUN_FIELDS = frozenset({"image_cache"})
"""Settings of a run that have no meaning for captures."""


def capture_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments of both commands."""
    scenes = click.argument("scenes", type=click.Path(path_type=Path))
    toml = click.option(
        "--config",
        "toml_file",
        type=SETTINGS_FILE,
        help="TOML file of settings, named as the options below; limits in a table [limits].",
    )
    limit = click.option(
        "--limit",
        "limit_texts",
        multiple=True,
        metavar="NAME=VALUE",
        help="Change one limit of the checks, like iso_max=6400.",
    )
    strict = click.option("--strict", is_flag=True, help="Exit with 1 if a scene is rejected.")
    overwrite = click.option(
        "--overwrite",
        is_flag=True,
        help="Replace another shard set in --out; scenes keep the split they have there. A check "
        "writes no shards.",
    )
    decisions = click.option(
        "--decisions",
        "decisions_file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Scenes that were accepted or rejected by hand, as seqsynth view writes them.",
    )
    settings = settings_options(
        CaptureConfig, RunConfig, leave_out=RUN_FIELDS | frozenset({"limits"})
    )
    return scenes(toml(limit(decisions(strict(overwrite(settings(function)))))))


def load_capture_configs(
    toml_file: Path | None, limit_texts: Sequence[str], options: dict[str, Any]
) -> tuple[CaptureConfig, RunConfig]:
    """Fill both configurations from a TOML file and the command line.

    Raises
    ------
    ConfigError
        A key or a limit is unknown or out of range.
    """
    values = {} if toml_file is None else read_toml(toml_file)
    values |= given(options)
    limits = dict(values.get("limits", {})) | dict(map(_limit, limit_texts))
    if limits:
        values["limits"] = limits
    run = {name: values.pop(name) for name in list(values) if name in RunConfig.model_fields}
    return check_settings(CaptureConfig, values), check_settings(RunConfig, run)


def decisions_of(file: Path | None) -> "Decisions | None":
    """Return the decisions of a file, None without one.

    Raises
    ------
    SourceError
        The file holds no decisions.
    """
    from seqsynth.ingest import read_decisions

    return None if file is None else read_decisions(file)


def tell(verdicts: "Verdicts") -> None:
    """Print the table of scenes with every finding in words."""
    captures = verdicts.captures
    for scene in captures.scenes:
        verdict = "accept" if scene.accepted else "REJECT"
        by_hand = "" if scene.verdict.decision is None else "  (by hand)"
        say(f"{verdict}  {scene.group.name}{by_hand}")
        for finding in scene.verdict.findings:
            where = f" ({finding.photo})" if finding.photo else ""
            say(f"          {finding.severity:<6} {finding.code}{where}: {finding.message}")
    if captures.strangers:
        say(f"decided, but no scene here: {', '.join(captures.strangers)}")
    say(
        f"{len(captures.accepted)} scenes accepted, {verdicts.rejected} rejected; details in "
        f"{verdicts.findings}"
    )


def stop_if_strict(verdicts: "Verdicts", *, strict: bool) -> None:
    """Exit with 1 where a scene was rejected and that matters."""
    if strict and verdicts.rejected:
        raise click.exceptions.Exit(1)


def _limit(text: str) -> tuple[str, float | bool]:
    name, _, value = text.partition("=")
    if value.strip().lower() in ("true", "false"):
        return name.strip(), value.strip().lower() == "true"
    try:
        return name.strip(), float(value)
    except ValueError:
        raise ConfigError(f"--limit {text!r}: write it as NAME=NUMBER") from None
