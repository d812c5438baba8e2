"""Ways to look at a search: `write` makes a run's report.html."""

from nas.report.write import write as write
