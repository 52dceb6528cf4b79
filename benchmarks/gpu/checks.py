"""What needs a device: half precision, compiling, resuming, running out of memory, torchrun."""

from collections.abc import Callable
from typing import Any

from benchmarks.gpu.session import Session, call, call_json, is_small, net_of

Check = Callable[[Session], dict[str, Any]]


def _trains(name: str, **recipe: Any) -> Check:
    """Return a check that a teacher trains with settings, its loss a number throughout."""

    def check(session: Session) -> dict[str, Any]:
        batch = {"batch": 2, "crop": session.given.crop}
        asked = {"stage": "teacher", "net": net_of(session.given), "teacher": batch, **recipe}
        found = session.trial(f"check-{name}", asked, 6, 3)
        return {**found, "ok": bool(found.get("objective"))}

    return check


def _resumes(session: Session) -> dict[str, Any]:
    """Train 4 steps at once, and 2 and then 2: the same weights to the last bit."""
    common = {
        "stage": "teacher",
        "net": net_of(session.given),
        "teacher": {"batch": 2, "crop": session.given.crop, "steps": 4, "validate_steps": 9},
    }
    session.trial("check-resume-whole", common, 4, 3)
    session.trial("check-resume-parts", {**common, "max_steps": 2}, 4, 3)
    session.trial("check-resume-parts", common, 4, 3)
    places = [
        str(session.given.out / "work" / f"check-resume-{name}" / "run" / "teacher" / "last.pt")
        for name in ("whole", "parts")
    ]
    code = (
        "import json, sys, torch; from trainer.checkpoint import load_teacher; from pathlib import "
        "Path; a, b = (load_teacher(Path(p))[0].state_dict() for p in sys.argv[1:]); d = max("
        "float((a[k].float() - b[k].float()).abs().max()) for k in a); "
        "print(json.dumps({'largest_difference': d, 'ok': d == 0}))"
    )
    return call_json(["-c", code, *places], 120)


def _runs_out_of_memory(session: Session) -> dict[str, Any]:
    """Ask for a batch that no card holds: one sentence on what to lower, no traceback."""
    if is_small(session.given):
        return {"ok": None, "fault": "only a device runs out of memory this way"}
    asked = {
        "stage": "teacher",
        "net": net_of(session.given),
        "teacher": {"batch": 2048, "crop": session.given.crop},
    }
    said = session.trial("check-memory", asked, 2, 1).get("fault", "")
    return {"said": said, "ok": "too little memory" in said and "lower" in said}


def _shares(session: Session) -> dict[str, Any]:
    """Run torchrun with one process: the group is made, used and left."""
    given = session.given
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1"]
    command += ["-m", "trainer", "-q", "fit", str(given.out / "work" / "shards")]
    command += ["--out", str(given.out / "work" / "check-ddp"), "--stage", "teacher"]
    command += ["--perceptual", "none", "--device", given.device, "--max-steps", "3"]
    for setting in (f"net.width={given.width}", "teacher.batch=2", f"teacher.crop={given.crop}"):
        command += ["--set", setting]
    fault = call(command)
    return {"ok": fault == "", "fault": fault}


CHECKS: dict[str, Check] = {
    "float32-teacher": _trains("float32-teacher", precision="float32"),
    "bfloat16": _trains("bfloat16", precision="bfloat16"),
    "compile": _trains("compile", compile=True),
    "resume": _resumes,
    "out-of-memory": _runs_out_of_memory,
    "ddp-of-one": _shares,
}
"""What needs a device: each says "ok"."""
