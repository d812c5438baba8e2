import json
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.run.compound import closed, members, scale, standing, write
from tests.space.documents import space_of

TEXT = """
input: [1, 8, 8]
classes: 10
network:
  stem: {conv_bn_relu: {channels: 8, kernel: 3}}
  trunk: {repeat: 2, body: [{conv_bn_relu: {channels: 8, kernel: 3}}]}
  head: [global_avg_pool, {linear: =classes}]
"""


def finest(genome: nas.Genome) -> float:
    """As if more of the image were better."""
    graph = nas.Space(genome.document).graph(genome)
    return float(max(node.shape[1] for node in graph.nodes if node.operation == "resize"))


@pytest.fixture
def run(tmp_path: Path) -> nas.Run:
    return scale(space_of(TEXT), 2.0, evaluator=finest, runs=tmp_path, progress=False)


def test_the_grid_is_a_search_and_its_best_gives_the_family(run: nas.Run, tmp_path: Path) -> None:
    rows = standing(run)
    assert len(rows) == len(run.trials) == run.space.size() >= 3
    assert rows[0]["gamma"] == max(row["gamma"] for row in rows)
    assert all(1.8 <= row["cost"] <= 2.2 for row in rows)
    networks = members(run, 2)
    files = write(run, 2, tmp_path / "family")
    for (document, graph), file in zip(networks, files, strict=True):
        space = nas.load(str(file))
        assert space.name == document.name == file.stem
        assert space.graph().prune().fingerprint() == graph.fingerprint()
    with pytest.raises(nas.UserError, match="exists already"):
        write(run, 2, tmp_path / "family")


def test_candidates_are_told_apart_by_what_the_search_goes_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def evaluate(genome: nas.Genome) -> dict[str, float]:
        return {"valid_rmse": 10 / finest(genome)}

    settings = {"evaluator": evaluate, "objectives": "valid_rmse:min", "runs": tmp_path, "progress": False}
    run = scale(space_of(TEXT), 2.0, **settings)
    rows = standing(run)
    assert rows[0]["valid_rmse"] == min(row["valid_rmse"] for row in rows)
    assert main(["scale", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert "valid rmse" in out and f"{rows[0]['valid_rmse']:.4g}" in out


def test_a_genome_of_a_space_is_scaled_as_a_document_of_its_own(tmp_path: Path) -> None:
    space = nas.load("nasbench201", channels=8, cells=2, input=[3, 16, 16])
    genome = space.answered(lambda: lambda choice: "nor_conv_3x3")
    alone = closed(space, genome)
    assert alone.fixed and alone.graph().fingerprint() == space.graph(genome).prune().fingerprint()
    with pytest.raises(nas.UserError, match="is no run of nas scale"):
        standing(nas.search(space, trials=1, evaluator=lambda one: 1.0, runs=tmp_path, progress=False))


def test_the_command_shows_a_run_and_a_member_trains(
    run: nas.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "family"
    assert main(["scale", str(run.path), "--phi", "1", "--to", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["phi"] for one in said["family"]] == [0, 1] and said["best"] == said["grid"][0]
    assert main(["scale", str(run.path), "--phi", "1"]) == 0
    assert "best: alpha" in capsys.readouterr().out
    assert main(["scale", str(run.path), "--cost", "2"]) == 2
    trained = ["train", said["family"][1]["file"], "--epochs", "1", "--to", str(tmp_path / "trained")]
    assert main(trained) == 0
    genome = nas.Genome.load(tmp_path / "trained" / "genome.json")
    assert nas.Space(genome.document).graph().mult_adds == said["family"][1]["mult_adds"]
