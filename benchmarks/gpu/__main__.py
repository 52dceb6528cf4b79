"""The command line: ``python -m benchmarks.gpu pack`` here, ``run`` on the machine with the GPU."""

import argparse
from pathlib import Path

from benchmarks.gpu.pack import make_pack
from benchmarks.gpu.running import run


def main() -> None:
    """Pack or run."""
    parser = argparse.ArgumentParser(description="What a GPU is worth to trainer fit.")
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="gather photos, pairs and wheels in one folder")
    pack.add_argument(
        "--photos", type=Path, required=True, help="VOCdevkit or any folder of photos"
    )
    pack.add_argument("--pairs", type=Path, help="real pairs: SCENE/m.png and g.png, any depth")
    pack.add_argument("--wheels", type=Path, help="folder of wheels that the machine lacks")
    pack.add_argument("--megabytes", type=float, default=60, help="largest size of the whole")
    pack.add_argument("--out", type=Path, required=True)
    work = commands.add_parser("run", help="check, time, train; write figures.json and page.html")
    work.add_argument("--pack", type=Path, required=True)
    work.add_argument("--minutes", type=float, required=True, help="everything ends within them")
    work.add_argument("--out", type=Path, required=True)
    work.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    work.add_argument(
        "--width", type=float, default=1.0, help="of the networks in checks and times"
    )
    work.add_argument("--train-width", type=float, default=0.5, help="of the network trained last")
    work.add_argument("--crop", type=int, default=224)
    given = parser.parse_args()
    if given.command == "pack":
        make_pack(given.photos, given.pairs, given.wheels, given.out, given.megabytes)
    else:
        run(given)


if __name__ == "__main__":
    main()
