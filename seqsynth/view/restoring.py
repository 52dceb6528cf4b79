"""A photo that was dropped on the page, restored by ``trainer restore`` in a process of its own.

The browser's tools run without torch, so they ask the trainer's command line, not its modules.
"""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from seqsynth.errors import SourceError
from seqsynth.pictures import decode_photo
from seqsynth.view.pictures import exact_picture

MOST_BYTES = 64 * 2**20
"""Of a photo that is dropped."""

LONGEST_S = 600

PREVIEW_PX = 2000


class Restorer:
    """One checkpoint, asked for one photo at a time.

    Parameters
    ----------
    checkpoint : of a student
    """

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self._lock = threading.Lock()

    def restore(self, photo: bytes) -> bytes:
        """Restore a photo and return the result as PNG.

        Raises
        ------
        SourceError
            It is no photo, or the trainer cannot restore it; the text says why.
        """
        # What is no picture goes no further; what is one is handed on as plain pixels.
        picture = exact_picture(decode_photo(photo))
        with self._lock, tempfile.TemporaryDirectory(prefix="seqsynth-view-") as folder:
            place = Path(folder)
            (place / "photo.png").write_bytes(picture)
            result = place / "restored" / "photo.png"
            command = [
                sys.executable,
                "-m",
                "trainer",
                "--quiet",
                "restore",
                str(place / "photo.png"),
            ]
            command += ["--checkpoint", str(self.checkpoint), "--out", str(result.parent)]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=LONGEST_S, check=False
                )
            except subprocess.TimeoutExpired as error:
                raise SourceError(
                    f"restoring takes over {LONGEST_S} s; drop a smaller photo"
                ) from error
            if done.returncode or not result.is_file():
                said = done.stderr.strip().splitlines()
                raise SourceError(said[-1] if said else "trainer restore failed without a word")
            return result.read_bytes()
