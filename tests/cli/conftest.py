"""Documents so small that a search over them trains real networks in a second."""

from pathlib import Path

import pytest

SPACE = """\
name: tiny
source: made for a test
input: [1, 8, 8]
classes: 10
parameters: {width: 4}
network:
  - conv_bn_relu: {channels: =width, kernel: {choice: [1, 3]}}
  - choice: [max_pool_3x3, skip_connect, {conv: {channels: =width, kernel: 5}}]
  - global_avg_pool
  - linear: =classes
"""
NETWORK = """\
name: fixed
input: [1, 8, 8]
classes: 10
parameters: {width: 4}
network: [{conv_bn_relu: {channels: =width, kernel: 3}}, relu, global_avg_pool, {linear: =classes}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with tiny.yaml, a space of six genomes, and fixed.yaml, a network."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPACE)
    (tmp_path / "fixed.yaml").write_text(NETWORK)
    return tmp_path
