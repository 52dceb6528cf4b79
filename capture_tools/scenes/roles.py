"""Roles: which file name means which view, and which the transmission photo."""

import fnmatch
import unicodedata
from dataclasses import dataclass

from capture_tools.capture import CaptureError

TRANSMISSION_NAMES = ("transmission", "t", "gt", "ground_truth")


@dataclass(frozen=True)
class Roles:
    """Patterns for the names of a scene's photos, without suffix, whatever their case.

    ``views`` holds one tuple of patterns (``*`` and ``?`` allowed) for each view in shooting
    order; the first pattern of a tuple is the role's name in messages.
    """

    views: tuple[tuple[str, ...], ...]
    transmission: tuple[str, ...] = TRANSMISSION_NAMES

    @property
    def names(self) -> tuple[str, ...]:
        """The roles' names: the views in shooting order, then the transmission photo."""
        return (*(patterns[0] for patterns in self.views), self.transmission[0])

    @property
    def count(self) -> int:
        """How many photos make one scene."""
        return len(self.views) + 1

    def match(self, stem: str) -> int | None:
        """Return the number of the role a file name (without suffix) stands for.

        Views count from 0 in shooting order; the transmission photo is the last role.
        """
        name = plain_name(stem)
        for role, patterns in enumerate((*self.views, self.transmission)):
            if any(fnmatch.fnmatchcase(name, plain_name(pattern)) for pattern in patterns):
                return role
        return None


def default_roles(views: int = 3) -> Roles:
    """Return the spellings understood unasked.

    ``before centre after transmission`` (with five views ``before_2 before_1 centre after_1
    after_2``), ``view_0 view_1 view_2 t``, and ``1 2 3 gt``.
    """
    if views < 2:
        raise CaptureError(f"views = {views}: a scene has at least 2 views, the paper's has 3")
    named = [_time_names(view - views // 2) if views % 2 else () for view in range(views)]
    return Roles(tuple((*names, *_numbers(view)) for view, names in enumerate(named)))


def parse_roles(text: str) -> Roles:
    """Read roles from ``view|view|...|transmission``; several names of one role: ``a,b``.

    Raises
    ------
    CaptureError
        A role is empty, or there are fewer than two views.
    """
    roles = [
        tuple(name.strip() for name in part.split(",") if name.strip()) for part in text.split("|")
    ]
    if len(roles) < 3 or not all(roles):
        raise CaptureError(
            f"roles {text!r}: name every view in shooting order and the transmission photo last, "
            "as in 'before|centre|after|transmission'"
        )
    return Roles(tuple(roles[:-1]), roles[-1])


def plain_name(name: str) -> str:
    """Fold case and Unicode spelling: some systems store an accent apart from its letter."""
    return unicodedata.normalize("NFC", name).casefold()


def _time_names(step: int) -> tuple[str, ...]:
    """Name the view that lies ``step`` views after the centre."""
    if step == 0:
        return ("centre", "center")
    word = "before" if step < 0 else "after"
    distance = abs(step)
    numbered = (f"{word}_{distance}", f"{word}{distance}", f"{word}-{distance}")
    return (word, *numbered) if distance == 1 else numbered


def _numbers(view: int) -> tuple[str, ...]:
    names = (f"view_{view}", f"view{view}", f"view-{view}", f"view_{view:02d}")
    return (*names, str(view + 1), f"{view + 1:02d}")
