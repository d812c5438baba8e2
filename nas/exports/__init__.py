"""Networks as files that other programs read."""

from nas.exports.formats import FORMATS as FORMATS
from nas.exports.write import export as export
