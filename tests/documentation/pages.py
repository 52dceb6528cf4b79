"""What the documentation shows: its pages, their code blocks, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
"""Every page, from the top of the repository."""

PROGRAMS = frozenset(
    {
        "seqsynth",
        "trainer",
        "python",
        "python3",
        "pip",
        "make",
        "ssh",
        "torchrun",
        "dask",
        "ray",
        "git",
        ".",
        "mkdir",
        "cp",
        "ls",
    }
)
"""First words by which a command is known wherever it stands."""

_FENCE = re.compile(r"^```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes
    ----------
    line : number of the line it begins on
    follows : whether nothing stands between the block before it and this one
    """

    page: str
    language: str
    text: str
    line: int
    follows: bool

    @property
    def is_output(self) -> bool:
        """Whether it shows what the block before it prints."""
        return self.language == "text" and self.follows


@dataclass(frozen=True)
class Command:
    """A command as shown, and as the shell would split it.

    Attributes
    ----------
    place : page and line
    text : one line, continuation lines joined
    words : without assignments to the environment, comments, and the "&" of the background
    """

    place: str
    text: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The program, without the folder it stands in."""
        return Path(self.words[0]).name or self.words[0]


def read(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page, of the languages named or of all."""
    text, end = read(page), 0
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        follows = end > 0 and not text[end : match.start()].strip()
        found.append(Block(page, match["language"], match["text"], line, follows))
        end = match.end()
    return [block for block in found if not languages or block.language in languages]


def commands(page: str) -> list[Command]:
    """Return the commands of the page's ``sh`` blocks, in order."""
    return [command for block in blocks(page, "sh") for command in split(block)]


def mentions(page: str) -> list[Command]:
    """Return the commands that the page's sentences name, where they name more than a command."""
    prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), read(page))
    found = []
    for match in _INLINE.finditer(prose):
        words = _words(match[1])
        if len(words) > 1 and Path(words[0]).name in PROGRAMS:
            place = f"{page}:{prose.count(chr(10), 0, match.start()) + 1}"
            found.append(Command(place, match[1], words))
    return found


def flags(page: str) -> set[str]:
    """Return the options that the page's sentences name by themselves, like ``--blend linear``."""
    prose = _FENCE.sub("", read(page))
    return {match[1].split()[0] for match in _INLINE.finditer(prose) if match[1].startswith("--")}


def stray_commands(page: str) -> list[str]:
    """Return lines that show a command but stand in no ``sh`` block."""
    shown = [
        line for block in blocks(page) if block.language != "sh" for line in block.text.splitlines()
    ]
    shown += re.findall(r"^(?: {4}|\t).*", _FENCE.sub("", read(page)), re.MULTILINE)
    lines = (line.strip().removeprefix("$ ") for line in shown)
    return [line for line in lines if len(words := line.split()) > 1 and _is_command(words[0])]


def _is_command(word: str) -> bool:
    return Path(word).name in PROGRAMS and not word.endswith("/")


def split(block: Block) -> Iterator[Command]:
    """Yield the commands of a block: one a line, lines that end in a backslash joined."""
    text, first = "", block.line
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        first = first if text else number
        text += line
        if text.endswith("\\"):
            text = text[:-1]
            continue
        words = _words(text)
        if words:
            yield Command(f"{block.page}:{first}", " ".join(text.split()), words)
        text = ""


def _words(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        return ()
    while words and re.match(r"^[A-Z_]+=", words[0]):
        words = words[1:]
    return tuple(words[:-1] if words[-1:] == ["&"] else words)
