"""When two genomes count as one, of which a search tries only the first."""

import json
from hashlib import blake2b
from typing import TYPE_CHECKING

from nas.errors import UserError, did_you_mean

if TYPE_CHECKING:  # the help of the command line reads WORDS, and needs no space
    from nas.graph.graph import Graph
    from nas.space import Genome

WORDS = {
    "genome": "genomes",  # they have the same answers
    "network": "networks",  # their networks train alike
    "function": "networks",  # their networks compute the same, once trained
}


def check_deduplicate(deduplicate: str) -> None:
    """Raises UserError for a word that is none of these."""
    if deduplicate not in WORDS:
        raise UserError("deduplicate", f"unknown word '{deduplicate}'", did_you_mean(deduplicate, WORDS))


def identity(deduplicate: str, genome: "Genome", graph: "Graph") -> str:
    """32 hexadecimal digits, equal for genomes that count as one; `graph` is the genome's."""
    if deduplicate == "genome":
        answers = json.dumps(dict(genome.answers), sort_keys=True)
        return blake2b(answers.encode(), digest_size=16).hexdigest()
    return graph.fingerprint(training=deduplicate == "network")
