"""The settings of a search that run.yaml keeps as they are given: see `nas.run.settings`."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.executors import EXECUTORS
from nas.run.alike import WORDS
from nas.run.callbacks import LOGS
from nas.run.keywords import setting

if TYPE_CHECKING:  # the help of the command line reads this, and needs no space
    from nas.space import Space

GROUPS = ("", "the search", "the evaluation of a network", "where it runs")  # of options, as help shows them
document, search, evaluation, place, in_python = (partial(setting, group) for group in (*GROUPS, None))


@dataclass(frozen=True)
class Plan:
    """What both a user says of a search (Request) and run.yaml keeps of it (run.config.Config).

    A setting that is kept as it is given stands here and nowhere else.
    """

    space: "str | Path | Space" = document(
        "nasbench201", "the search space: a packaged one (nas list), or a path to a document", "Or a Space."
    )
    _: KW_ONLY
    evaluator: Any = evaluation(
        "train",
        "how networks are scored: train, table (looked up) or proxy (without training)",
        "Or any picklable function of a genome that gives a number to maximise or a mapping of metrics, or an "
        "Evaluator.",
    )
    executor: str = place(
        "serial", "where trials run: serial (in this process) or ray (in workers)", words=EXECUTORS, to="executor.name"
    )
    searcher: str = search(
        "regularized_evolution",
        "the searcher: regularized_evolution, bananas, random, nsga2, optuna:tpe, darts ... (docs/searchers.md)",
    )
    searcher_options: Mapping[str, Any] = search(
        dict, "a setting of the searcher, such as population=50", flag="--searcher-set"
    )
    trials: int = search(30, "how many networks to evaluate", "No two of them count as one.", least=1)
    epochs: int | None = evaluation(
        None,
        "epochs of training for each candidate (default: those of the recipe)",
        "With asha or hyperband, the most that a candidate gets.",
        least=1,
    )
    schedule: str = evaluation(
        "full",
        "how epochs are shared out: full (all to everyone), asha or hyperband (most to the best)",
        "Halving pauses most after fewer, and goes on where they are among the best.",
        metavar="NAME",
    )
    schedule_options: Mapping[str, Any] = evaluation(
        dict, "a setting of the schedule: eta=3, min_epochs=1", flag="--schedule-set"
    )
    final_epochs: int | None = evaluation(
        None,
        "epochs of training for the winner; 0 for none (default: those of the final recipe)",
        least=0,
    )
    final_set: Mapping[str, Any] = evaluation(
        dict, "a parameter of the document for the last training of the winner, such as channels=36"
    )
    seed: int = search(0, "the seed of everything random", metavar="S")
    limits: Mapping[str, Any] = search(
        dict,
        "the most that a network may cost: parameters=3.5M, mult_adds=600M, depth=20, latency_ms=5",
        flag="--limit",
    )
    objectives: str | Sequence[str] = search(
        list,
        "maximise this, or minimise it with :min: valid_accuracy, latency_ms:min ...; the first decides",
        "Metrics of the evaluator, or costs of a network. The first says which trial is best, and is the one that "
        "a searcher of one objective sees. `macro_f1` and the like are the validation set's.",
        flag="--objective",
        metavar="METRIC[:min]",
    )
    warm_start: str | None = search(
        None,
        "score N random networks by proxies and begin with the best: synflow:1000, synflow+jacov:1000 (sum of ranks)",
        "The best are a tenth of the trials.",
        metavar="PROXY:N",
    )
    baseline: str = search(
        "none",
        "random: train random networks too, for as long as the supernets of a one-shot searcher took",
        "So that it shows what the supernets are worth.",
        words=("none", "random"),
    )
    deduplicate: str | None = search(
        None,
        "which genomes count as one: of the same answers (genome), of a network that trains alike (network: what train "
        "and proxy take) or that computes the same (function: what table takes)",
        "None: as the evaluator takes it; your own takes 'genome'.",
        metavar="WHICH",
        words=tuple(WORDS),
    )
    max_time: float | str | None = search(
        None,
        "begin no trial after so long: 90m, 1h30m, 1d, or seconds",
        "Those under way may end, and the winner is trained. What counts is how long the search was running, "
        "before a kill too, up to the last record of its journal.",
        metavar="8h",
    )
    log: str | Sequence[str] = place(
        list,
        "write all trials and their epochs to RUN/logs: csv, tensorboard, mlflow or wandb (docs/watching.md)",
        "As mlflow and wandb are set up by their environment variables, to their servers instead.",
        words=tuple(LOGS),
        metavar="TOOL",
    )
