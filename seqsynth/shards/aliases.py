"""The names under which somebody may have saved a picture made from a stored photo."""

from pathlib import PurePosixPath


def aliases_of(name: str, file: str = "") -> tuple[str, ...]:
    """Return paths and names, without suffix, that a prediction may have; the most telling first.

    Parameters
    ----------
    name : of the sequence
    file : of the photo it was stored from, "" where unknown
    """
    aliases = [name, name.replace("/", "_"), name.replace("/", "-")]
    if file:
        path = PurePosixPath(file).with_suffix("")
        whole = path.as_posix()
        aliases += [whole, whole.replace("/", "_"), path.name]
    aliases.append(PurePosixPath(name).name)
    return tuple(dict.fromkeys(aliases))
