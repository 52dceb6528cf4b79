"""What both command lines share: programs, one-line errors, speech, progress, options."""

from seqsynth.terminal.bars import progress
from seqsynth.terminal.groups import command_line
from seqsynth.terminal.options import given, settings_options
from seqsynth.terminal.paths import OUT_FOLDER, SETTINGS_FILE, OutPath
from seqsynth.terminal.running import run
from seqsynth.terminal.speech import counted, is_quiet, on_one_line, say, tell, tell_text

__all__ = [
    "OUT_FOLDER",
    "SETTINGS_FILE",
    "OutPath",
    "command_line",
    "counted",
    "given",
    "is_quiet",
    "on_one_line",
    "progress",
    "run",
    "say",
    "settings_options",
    "tell",
    "tell_text",
]
