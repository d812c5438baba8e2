"""Genome to measurements, one way a file. Importing this imports no torch."""

from nas.evaluators.function import FunctionEvaluator
from nas.evaluators.lookup import TableEvaluator
from nas.evaluators.proxy import Proxy
from nas.evaluators.train import Train

__all__ = ["FunctionEvaluator", "Proxy", "TableEvaluator", "Train"]
