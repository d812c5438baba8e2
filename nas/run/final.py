"""The end of a search: the winner's last training, and its files under `best/`."""

import time
from pathlib import Path

from nas.errors import stops_pass
from nas.run.directory import best_directory, remove_trained, trial_directory, write_json
from nas.run.loop import Search
from nas.run.pace import Countdown
from nas.run.records import Final
from nas.space import Genome
from nas.types import Metrics


class Unfinished(RuntimeError):
    """A search has ended and its last step failed; resuming the run tries that again.

    Args:
        path: the run directory.
        why: what the final training raised.
    """

    def __init__(self, path: Path, why: Exception) -> None:
        super().__init__(f"the final training failed: {type(why).__name__}: {why}; go on with: nas resume {path}")
        self.path = path


def final_is_due(search: Search) -> bool:
    """Whether the best trial so far is to be trained, and has not been."""
    trains = search.evaluator.finishes and search.config.final_epochs != 0
    return trains and search.state.best is not None and search.state.trained is None


def finish(search: Search) -> None:
    """Train the winner by the evaluator's final recipe, if it has one, and write best/genome.json and best/result.json.

    The genome there is the network whose weights lie beside it: with the document's `final:` parameters once trained.
    A winner that was trained before the search went on is not trained again.
    Raises Unfinished where the training fails.
    """
    best, state, config = search.state.best, search.state, search.config
    if best is None:
        return
    genome = best.trial.genome
    directory = best_directory(search.path)
    if final_is_due(search):
        if state.final is not None:  # another one's, which must not be taken for this one's
            (directory / "genome.json").unlink(missing_ok=True)
        start = time.perf_counter()
        metrics = _train(search, genome)
        seconds = round(time.perf_counter() - start, 3)
        search.record(Final(number=best.trial.number, metrics=metrics, seconds=seconds))
    if state.trained is not None:
        genome = search.space.finalised(genome, config.final_set)
    else:
        keep_trained(trial_directory(search.path, best.trial.number), directory)
    write_json(directory / "genome.json", genome.to_json())
    remove_trained(search.path)
    search_metrics = best.result.metrics if best.result else None
    result = {"number": best.trial.number, "fingerprint": best.fingerprint, "search": search_metrics}
    write_json(directory / "result.json", {**result, "final": state.trained.metrics if state.trained else None})


def keep_trained(trial: Path, best: Path) -> None:
    """Moves what a trial has trained, where it has left that, to where a final training would have left its own."""
    from nas.data.record import CONFIG
    from nas.training.trained import WEIGHTS

    for name in (CONFIG, WEIGHTS):
        if (trial / name).is_file():
            (trial / name).replace(best / name)


def _train(search: Search, genome: Genome) -> Metrics:
    epochs, countdown = search.evaluator.final_epochs(search.config.final_epochs), Countdown()
    search.watcher.stage(f"final training: epoch 1{f' of {epochs}' if epochs else ''}")

    def report(epoch: int, metrics: Metrics) -> bool:
        search.watcher.final(epoch, epochs, metrics, countdown.left(epoch, epochs))
        return True

    directory = best_directory(search.path)
    try:
        with stops_pass():
            measured = search.evaluator.final(
                genome, search.config.seed, search.config.final_epochs, search.config.final_set, directory, report
            )
    except OSError:
        raise
    except Exception as error:
        if error is search.watcher.callbacks.raised:
            raise
        raise Unfinished(search.path, error) from error
    return {str(name): float(value) for name, value in measured.items()}
