"""The errors a caller of seqsynth may want to catch; each is also the built-in it resembles."""


class SeqsynthError(Exception):
    """Root of every error that seqsynth raises on purpose; its text is one sentence for a user."""


class ConfigError(SeqsynthError, ValueError):
    """A setting is unknown, out of range or contradicts another.

    Attributes
    ----------
    faults : a sentence each; the error's text has them one a line
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class SourceError(SeqsynthError, ValueError):
    """A source photo, list or folder cannot be used."""


class ShardError(SeqsynthError, OSError):
    """A shard set is missing, torn, of another schema, or in use."""


class LeakError(SeqsynthError, ValueError):
    """A photo would be trained on and held out at once, or counted twice."""


class OutputError(SeqsynthError, OSError):
    """The output cannot be written: no room, no permission, or something else stands there."""
