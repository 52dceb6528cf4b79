"""Why a measurement cannot be told: the third answer every check may give."""

from enum import StrEnum


class Doubt(StrEnum):
    """The reason, in words, why a number is not to be trusted."""

    TOO_DARK = "too dark: noise hides it"
    LITTLE_TEXTURE = "too little texture to measure on"
    BLANK = "the picture is blank"
    UNSETTLED = "the alignment did not settle"
    NOT_ALIGNED = "the pictures are not aligned well enough"
    TOO_CLIPPED = "too few usable pixels: clipped, dark or without texture"
    WEAK_REFLECTION = "the reflection is too weak"
    NOT_TOLD_APART = "not told apart from the transmission"
    AMBIGUOUS = "more than one motion fits"
