"""Changes that a stranger, a bad disk or a careless editor makes: of bytes, documents and text."""

import copy
import json
import random
from typing import Any

VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    3,
    2**31,
    2**63,
    2**70,
    0.5,
    -1e308,
    "",
    "..",
    "x",
    "a\x1b[31mb",
    "\0",
    "/etc/passwd",
    "a" * 5000,
    [],
    {},
    [1, 2],
    ["a", "b"],
    [[1]],
    {"a": 1},
    {"part": 0, "name": 3},
    [None],
    [{}],
]
"""What may come in the place of a value."""

TEXTS = [
    "NaN",
    "1e999",
    "9" * 5000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 3000 + "1" + "}" * 3000,
    '"\\ud800"',
    "",
    "}",
]
"""What may come in the place of a value in the text of a document."""


def spots(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a document."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path, *(spot for key, value in items for spot in spots(value, (*path, key)))]


def mutate(document: Any, rng: random.Random) -> Any:
    """Return a document with one to three values replaced, removed or added."""
    changed = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = [path for path in spots(changed) if path]
        if not places:
            break
        *way, last = rng.choice(places)
        holder = changed
        for key in way:
            holder = holder[key]
        action = rng.random()
        if action < 0.15:
            del holder[last]
        elif action < 0.25 and isinstance(holder, dict):
            holder[rng.choice(["sequences", "origin", "pools", "sigma", "x"])] = value_of(rng)
        else:
            holder[last] = value_of(rng)
    return changed


def value_of(rng: random.Random) -> Any:
    """Return a value of any kind."""
    return copy.deepcopy(rng.choice(VALUES))


def mutate_text(text: str, rng: random.Random) -> str:
    """Return a text with a stretch of it replaced."""
    start = rng.randrange(len(text) + 1)
    stop = min(len(text), start + rng.choice((0, 1, 5, 50, 5000)))
    return text[:start] + rng.choice([*TEXTS, "\0", "\ufeff", "\x1b[2J", "\n", " "]) + text[stop:]


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Return bytes with bits flipped, a stretch cut, repeated or replaced, or an early end."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        if not changed:
            break
        place = rng.randrange(len(changed))
        size = rng.choice((1, 2, 4, 16, 200))
        action = rng.randrange(6)
        if action == 0:
            changed[place] ^= 1 << rng.randrange(8)
        elif action == 1:
            changed[place : place + size] = rng.randbytes(size)
        elif action == 2:
            del changed[place : place + size]
        elif action == 3:
            changed[place:place] = changed[place : place + size]
        elif action == 4:
            changed[place : place + size] = rng.choice((b"\xff", b"\0", b"\x7f")) * size
        else:
            del changed[place:]
    return bytes(changed)


def json_bytes(document: Any) -> bytes:
    """Return a document as JSON, as an index is written."""
    return (json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode(
        errors="surrogatepass"
    )
