"""What is done where a search collapses or diverges, besides saying so: `guard=warn`, `stop` or `skip`.

What was decided follows from the curve and from the files beside the checkpoint, so that a training that is resumed
takes the same turns: after each epoch that is not flagged its state is kept in `good.safetensors`; where auxiliary skip
connections are turned on, what was trained before goes to `before.safetensors`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from nas.errors import UserError
from nas.oneshot.epoch import Epoch
from nas.oneshot.guard import Guard, is_flagged, warnings
from nas.oneshot.skips import check_skips
from nas.oneshot.training import Training
from nas.space import Genome
from nas.training.loop import Diverged

ACTIONS = ("warn", "stop", "skip")
GOOD, GOOD_SINCE, BEFORE = "good.safetensors", "good_since.safetensors", "before.safetensors"
IN_A_ROW = 2  # epochs that are flagged before anything is done


class Guarded:
    """A training with its guard.

    action: "warn": no more than that. "stop": the training ends where two epochs in a row are flagged. "skip": it goes
    back to the last epoch that was not, and on from there with auxiliary skip connections (`nas.oneshot.skips`), once.
    Raises UserError where the space has no skip connections to add.

    Where the loss or the weights are no numbers any more, it goes back likewise, and ends there.
    """

    def __init__(self, training: Training, action: str = "warn") -> None:
        if action == "skip":
            check_skips(training.net.choices)
        self.training, self.action, self.guard = training, action, Guard(training)
        self.notes: list[tuple[int, str]] = []  # what was done, with the epoch of the curve at which it is said

    def lines(self) -> list[list[str]]:
        """All that is to be said so far of each epoch of the curve."""
        curve = self.training.curve
        said = warnings(curve, self.training.epochs)
        for epoch, note in self.notes:
            if epoch <= len(said):
                said[epoch - 1].append(note)
        return said

    def run(self, told: Callable[[Epoch], bool], checkpoint: Path, save_every: float = 60.0) -> Genome:
        """As the training's own `run`. Raises Diverged only where no epoch has ended before."""
        training = self.training
        before, good, since = (checkpoint.with_name(name) for name in (BEFORE, GOOD, GOOD_SINCE))
        if not before.exists():
            genome = self._run(told, checkpoint, good, save_every, self.action != "warn")
            if self.action == "warn" or not collapsed(training.curve):
                return genome
            if self.action == "stop":
                last = training.curve[-1].epoch
                if early := training.epochs - last:
                    self.notes.append((last, f"flagged twice in a row: it ends here, {early} epochs early"))
                return genome
            os.replace(checkpoint, before)
        training.load(before)
        back = good_epoch(training.curve)
        after = training.curve[-1].epoch - back
        what = f"flagged in the {after} epochs that came after: from here on with auxiliary_skip"
        self.notes.append((back, what))
        if not checkpoint.exists():
            training.load(good)
        training.method.auxiliary_skip = True  # type: ignore[attr-defined]
        if not checkpoint.exists():
            training.save(since)
            training.save(checkpoint)
        genome = self._run(told, checkpoint, since, save_every, False)
        if any(is_flagged(training.curve, number) for number in range(back, len(training.curve))):
            self.notes.append((training.curve[-1].epoch, "it was flagged with auxiliary_skip too"))
        return genome

    def _run(self, told: Callable[[Epoch], bool], checkpoint: Path, good: Path, every: float, ends: bool) -> Genome:
        training = self.training

        def judged(epoch: Epoch) -> bool:
            self.guard.look(epoch)
            if not is_flagged(training.curve, len(training.curve) - 1) or not good.exists():
                training.save(good)
            return told(epoch)

        try:
            return training.run(judged, checkpoint, every, collapsed if ends else None)
        except Diverged as error:
            if not good.exists():
                raise
            training.load(good)
            training.save(checkpoint)  # whose weights others read
            last = training.curve[-1]
            self.notes.append((last.epoch, f"{error}; it ends here, at the last epoch that was well"))
            return last.genome


def collapsed(curve: list[Epoch]) -> bool:
    """Whether its last epochs are flagged."""
    numbers = range(len(curve) - IN_A_ROW, len(curve))
    return len(curve) >= IN_A_ROW and all(is_flagged(curve, number) for number in numbers)


def good_epoch(curve: list[Epoch]) -> int:
    """The last epoch that is not flagged; the first, where all are."""
    return next((n + 1 for n in range(len(curve) - 1, -1, -1) if not is_flagged(curve, n)), 1)


def check_action(action: str, skips: bool) -> None:
    """Raises UserError for a word that is none. skips: whether the method has auxiliary skips, and they are off."""
    if action not in ACTIONS:
        raise UserError("searcher", f"guard is {action!r}", f"give one of {', '.join(ACTIONS)}")
    if action == "skip" and not skips:
        raise UserError("searcher", "guard is 'skip', but there is no auxiliary_skip to be turned on", "give stop")
