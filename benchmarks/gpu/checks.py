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


LAYOUT = """
import json, sys, torch
from torch import nn
from trainer.machine import find_machine
from trainer.nets import TeacherNet
from trainer.nets.config import NetConfig
machine = find_machine(sys.argv[1], "float32")
net = machine.host(TeacherNet(NetConfig(width=float(sys.argv[2]))))
kept = []
def look(module, inputs, output):
    kept.append(output.is_contiguous(memory_format=torch.channels_last))
for module in net.modules():
    if isinstance(module, nn.Conv2d):
        module.register_forward_hook(look)
net(torch.rand(2, 3, 3, 64, 64, device=machine.device).to(torch.float32))
print(json.dumps({"share": sum(kept) / len(kept), "ok": all(kept)}))
"""
"""Says of each convolution's output whether its channels lie together, as kernels like best."""


def _keeps_channels_last(session: Session) -> dict[str, Any]:
    given = session.given
    return call_json(["-c", LAYOUT, given.device, str(given.width)], 120)


CHECKS: dict[str, Check] = {
    "float32-teacher": _trains("float32-teacher", precision="float32"),
    "bfloat16": _trains("bfloat16", precision="bfloat16"),
    "float16": _trains("float16", precision="float16"),
    "channels-last": _keeps_channels_last,
    "resume": _resumes,
    "ddp-of-one": _shares,
    "out-of-memory": _runs_out_of_memory,
    "compile": _trains("compile", compile=True),
    "graphs": _trains("graphs", compile=True, graphs=True),
}
"""What needs a device: each says "ok"."""
