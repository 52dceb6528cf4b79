"""Keep what a stage reaches: validations and checkpoints, by the leading process alone."""

from trainer.training.run_folder import RunFolder
from trainer.training.watching.csv_log import Columns
from trainer.training.watching.life_watch import is_dead
from trainer.training.watching.observer import Observer, Validation
from trainer.training.watching.step_log import StepLog


class Keeper:
    """Validates, keeps and shows a stage; its scores are counted while it trains on.

    A GPU would stand idle for as long as a CPU scores pictures, and nothing that trains depends on
    scores: the pictures are those of the step that was validated, and so are the weights set aside
    for best.pt and the step of the log. Before the next checkpoint all is counted, so that one
    never holds more or less than the same run's would another time; last.pt of the validated step
    itself says that its scores are missing, and a run taken up from there counts them again.

    Parameters
    ----------
    kept : checkpoints
    observer : logs, scores and pictures
    step_log : whose rates are to leave this work out
    """

    def __init__(self, kept: RunFolder, observer: Observer, step_log: StepLog) -> None:
        self.observer = observer
        self._kept = kept
        self._step_log = step_log
        self._validating = False
        self._found: tuple[Validation, ...] = ()

    def resume(self, step: int) -> None:
        """Make up for what the step that the run was taken up from lacks: scores, or pictures."""
        if self._kept.is_unscored:
            self.validate(step, at_once=True)
        else:
            self.observer.draw_missing(step)

    def found(self) -> tuple[Validation, ...]:
        """Return the validations that were scored to the end since this was last asked."""
        if self._validating and self.observer.is_scored:
            self.settle()
        found, self._found = self._found, ()
        return found

    def validate(self, step: int, *, at_once: bool) -> Columns:
        """Validate and keep a step, and return what is known of its network already.

        Parameters
        ----------
        at_once : wait for the scores, since something depends on them; so does the end of a network
            that is dead, and a run without scores to wait for
        """
        self.settle()
        with self._step_log.paused():
            inner = self.observer.validate(step)
            self._kept.is_dead = is_dead(inner)
            if at_once or self._kept.is_dead or not self.observer.holds_out:
                validation = self.observer.collect()
                # Before the pictures: whatever they come to, the checkpoint is there.
                self._kept.keep(step, validation.scores)
                self.observer.show(validation)
                # Last: a panel that is there says that all else is, see `resume`.
                self.observer.draw_panel(step)
                self._found += (validation,)
            else:
                self._kept.keep_unscored(step)
                self._validating = True
                self.observer.draw_panel(step)
        return inner

    def keep(self, step: int) -> None:
        """Keep a step that is not validated."""
        self.settle()
        with self._step_log.paused():
            self._kept.keep(step, {})

    def settle(self) -> None:
        """Wait until all scores are counted, and take them up."""
        if not self._validating:
            return
        self._validating = False
        with self._step_log.paused():
            validation = self.observer.collect()
            self._kept.settle(validation.scores)
            self.observer.show(validation)
            self._found += (validation,)
