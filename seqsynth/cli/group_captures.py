"""``seqsynth group-captures``: a flat camera roll in, scene folders out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqsynth.cli.options import dry_run_option, out_option
from seqsynth.errors import SourceError
from seqsynth.terminal import progress, say, tell

if TYPE_CHECKING:
    from capture_tools.scenes import GroupingPlan


@click.command(short_help="Make scene folders from a camera roll.")
@click.argument("roll", type=click.Path(path_type=Path))
@out_option
@click.option(
    "--order",
    default="before,centre,transmission,after",
    show_default=True,
    help="The order in which a scene's photos were taken.",
)
@click.option(
    "--gap",
    "gap_s",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest pause between two photos of a scene.",
)
@click.option("--link", is_flag=True, help="Hard-link the photos instead of copying them.")
@dry_run_option
def command(  # the command line itself
    roll: Path, out: Path, order: str, gap_s: float, link: bool, dry_run: bool
) -> None:
    """Make scene folders from a folder of photos, by their EXIF times and the shooting order.

    Photos are copied or hard-linked, never moved; nothing is overwritten. What fits no scene is
    listed.
    """
    from capture_tools import CaptureError, plan_grouping
    from capture_tools.scenes import parse_order

    try:
        plan = plan_grouping(roll, order=parse_order(order), gap_s=gap_s, outside=(out,))
        _show(plan)
        refused = 0 if dry_run else _make(plan, out, link=link)
    except CaptureError as error:
        raise SourceError(str(error)) from error
    verb = "would be made" if dry_run else "stand"
    say(
        f"{len(plan.scenes) - refused} scenes {verb} in {out}, {len(plan.leftovers)} photos left "
        "over"
    )
    if refused:
        raise click.exceptions.Exit(1)


def _show(plan: "GroupingPlan") -> None:
    for scene in plan.scenes:
        photos = ", ".join(f"{role} {path.name}" for role, path in scene.photos)
        say(f"{scene.name}: {photos}")
        for remark in scene.remarks:
            say(f"    {remark}")
    for leftover in plan.leftovers:
        say(f"left over: {leftover.path.name}: {leftover.reason}")
    if plan.left_out:
        say(plan.left_out)


def _make(plan: "GroupingPlan", out: Path, *, link: bool) -> int:
    """Make the scene folders and return how many were refused."""
    from capture_tools import execute_plan
    from capture_tools.scenes import Outcome

    refused = []
    with progress("group", len(plan.scenes), "scenes") as advance:
        for made in execute_plan(plan, out, link=link):
            advance()
            if made.outcome is Outcome.REFUSED:
                refused.append(made)
    for made in refused:
        tell(f"not made: {made.name}: {made.reason}", err=True)
    return len(refused)
