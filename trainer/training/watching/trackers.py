"""Where else a run is watched: TensorBoard and Weights & Biases, both optional, behind one face."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from seqsynth.errors import ConfigError
from trainer.files import write_file
from trainer.recipe import FitConfig

RUN_ID = "wandb-id.txt"
"""Beside a stage's logs: which run at Weights & Biases is its own."""


class Tracker(Protocol):
    """Shows the values of steps somewhere; any of its methods may raise `OSError`."""

    name: str

    def post(self, values: Mapping[str, float], step: int) -> None:
        """Hand over the values of a step; steps never go back."""

    def flush(self) -> None:
        """Let what was handed over be seen."""


class TensorBoard:
    """Event files in ``tensorboard`` beside a stage's logs.

    Parameters
    ----------
    folder : of the stage
    step : what was posted for later steps is of a run that was killed, and hidden
    """

    name = "TensorBoard's log"

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  # an optional extra

        purge = {"purge_step": step + 1} if step else {}
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), **purge)

    def post(self, values: Mapping[str, float], step: int) -> None:
        """Hand over the values of a step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def flush(self) -> None:
        """Write to disk."""
        self._writer.flush()


class WeightsAndBiases:
    """A run of its own for each stage, which a resumed stage goes on with.

    What is posted again for steps that were run before changes nothing there.

    Parameters
    ----------
    folder : of the stage
    project : at Weights & Biases
    config : of the run, shown there

    Raises
    ------
    ConfigError
        The package is not installed.
    """

    name = "Weights & Biases"

    def __init__(self, folder: Path, project: str, config: FitConfig) -> None:
        try:
            import wandb  # noqa: PLC0415  # an optional extra
        except ImportError:
            raise ConfigError(
                f"wandb = {project!r}, but the package is missing: pip install wandb, or leave "
                "the setting out"
            ) from None
        known = None
        with suppress(FileNotFoundError):
            known = (folder / RUN_ID).read_text(encoding="utf-8").strip()
        folder.mkdir(parents=True, exist_ok=True)
        self._run: Any = wandb.init(
            project=project,
            name=f"{folder.parent.name}/{folder.name}",
            id=known,
            resume="allow",
            dir=str(folder),
            config=config.model_dump(mode="json"),
        )
        if known is None:
            write_file(folder / RUN_ID, f"{self._run.id}\n")

    def post(self, values: Mapping[str, float], step: int) -> None:
        """Hand over the values of a step."""
        self._run.log(dict(values), step=step)

    def flush(self) -> None:
        """Do nothing: it sends by itself."""


def open_trackers(config: FitConfig, folder: Path, step: int) -> list[Tracker]:
    """Return what the settings ask for; TensorBoard only where it is installed.

    Parameters
    ----------
    folder : of the stage
    step : the stage goes on from

    Raises
    ------
    ConfigError
        Weights & Biases is asked for and not installed.
    OSError
        Something cannot be written.
    """
    trackers: list[Tracker] = []
    if config.tensorboard:
        with suppress(ImportError):
            trackers.append(TensorBoard(folder, step))
    if config.wandb:
        trackers.append(WeightsAndBiases(folder, config.wandb, config))
    return trackers
