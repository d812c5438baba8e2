"""Compound scaling (Tan and Le 2019): a search over the grid of one network, and the family of its best point."""

from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.run.directory import write_atomically
from nas.run.fitting import fitted
from nas.run.results import Run
from nas.run.settings import Request
from nas.run.start import search
from nas.run.trained import asked_for
from nas.space import Genome, Space
from nas.space.compound import factors_of, family, is_grid, scaling_of
from nas.space.document import Document
from nas.space.library import library
from nas.space.rewrite import with_values

KINDS = ("input", "classes")  # what data decide, unless the user does


def scale(space: Space, cost: float = 2.0, **settings: Any) -> Run:
    """Train the grid of a network: every way in which `cost` times its mult-adds are shared out.

    Args:
        space: a document without choices.
        cost: how many times the mult-adds.
        settings: keywords of `nas.search`: the data set, the epochs, where it runs.

    Returns:
        A run of the searcher `grid`, of which `standing` and `members` tell the rest.

    Raises:
        UserError: the network cannot be scaled, and what of it cannot; or as `nas.search`.
    """
    asked = Request(space, **settings)
    own, _ = asked_for(asked)
    base = fitted(space, dict(asked.overrides), own)
    if not base.fixed:
        raise UserError(base.name, "has open choices", "name one network, or a run of it")
    grid, among = scaling_of(base.document, cost)
    overrides = {name: value for name, value in asked.overrides.items() if name in KINDS}
    settings = {"final_epochs": 0, **settings, "overrides": overrides}
    return search(Space(grid), searcher="grid", trials=len(among), **settings)


def standing(run: Run) -> list[dict[str, Any]]:
    """The candidates of a grid that ended, the best first: their factors, costs, and what the search went by.

    Raises UserError where the run is of no grid.
    """
    document = run.space.document
    if not is_grid(document):
        raise UserError(str(run.path), "is no run of nas scale", "give one, or --cost to scale its best network")
    base = Space(family(document, 0, 0)[0]).graph().mult_adds
    rows, metric = [], objective(run)
    for trial in run.results():
        number = trial["genome"]["parameters.candidate"]
        row = {"candidate": number, **factors_of(document, number)}
        row |= {name: trial[name] for name in ("parameters", "mult_adds")}
        row["cost"] = trial["mult_adds"] / base
        rows.append({**row, metric: (trial["metrics"] or {}).get(metric), "error": trial["error"]})
    return rows


def objective(run: Run) -> str:
    """The metric by which the candidates of a grid are told apart: `valid_accuracy`, or that of the data's task."""
    return run.config.objectives[0].partition(":")[0]


def members(run: Run, most: int) -> list[tuple[Document, Graph]]:
    """The networks that the best candidate gives for phi = 0 to `most`. Raises UserError where there is none yet."""
    done = [row for row in standing(run) if row["error"] is None]
    if not done:
        raise UserError(str(run.path), "no candidate has succeeded", f"nas resume {run.path}")
    return [(one, Space(one).graph().prune()) for one in family(run.space.document, done[0]["candidate"], most)]


def write(run: Run, most: int, folder: str | Path) -> list[Path]:
    """Write these networks as documents, `NAME_phi0.yaml` and so on, into a folder. Raises UserError as `members`."""
    from nas.imports.text import yaml_of

    folder, files = Path(folder), []
    documents = [document for document, _ in members(run, most)]
    for document in documents:
        data = {key: value for key, value in document.data.items() if key != "blocks"}
        own = {name: one for name, one in (document.data.get("blocks") or {}).items() if library().get(name) != one}
        if own:
            data = {**{key: data[key] for key in data if key != "network"}, "blocks": own, "network": data["network"]}
        files.append(folder / f"{document.name}.yaml")
        if files[-1].exists():
            raise UserError(str(files[-1]), "exists already", "give another folder, or remove it first")
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(files[-1], yaml_of(data))
    return files


def closed(space: Space, genome: Genome) -> Space:
    """A genome's network as a document without choices."""
    if space.fixed:
        return space
    from nas.imports.document import document_of

    about = {"name": space.name, "description": f"a network of {space.name}"}
    return Space(with_values(Document(document_of(space.graph(genome).prune(), about)), {}))
