"""A warm start: many random networks are scored by zero-cost proxies, and a search tries the best of these first.

Source: Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS, arXiv:2101.08134, section 4.1; where there are
several proxies, their ranks are added. The searcher is told the results as of any trial and knows nothing about it.
`nas.run.prelude` makes it.
"""

from dataclasses import dataclass

from nas.errors import UserError
from nas.evaluators import Evaluator, Proxy, proxies


@dataclass(frozen=True)
class WarmStart:
    """The proxies to go by, and how many networks to score."""

    names: tuple[str, ...]
    count: int

    @classmethod
    def parse(cls, text: str) -> "WarmStart":
        """`synflow:1000`, `synflow+jacov:1000`. Raises UserError."""
        names, _, count = text.partition(":")
        if not count.isdecimal() or not 0 < int(count) <= 1_000_000:
            hint = "write PROXY:NETWORKS, such as synflow:1000 or synflow+jacov:1000"
            raise UserError("warm start", f"'{text}' does not say how many networks to score", hint)
        chosen = tuple(proxies.check_proxy(name.strip()) for name in names.split("+"))
        for name in chosen:
            if chosen.count(name) > 1:
                raise UserError("warm start", f"'{name}' is given twice", "leave one out")
        return cls(chosen, int(count))

    def evaluator(self, of: Evaluator) -> Proxy:
        """That scores, on the data and device of the search's own evaluator. Raises UserError where that has none."""
        if of.trainer is None:
            what = "proxies look at images, and the evaluator names no data set"
            raise UserError("warm start", what, "use the evaluator 'train'")
        proxies.check_task(self.names, of.trainer.task)
        return Proxy(self.names, of.trainer)
