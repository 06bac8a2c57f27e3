"""Mistakes that are no errors: checks over graphs, arrays and plain records, which give findings.

One file for each moment at which a mistake can be seen: `building`, `data`, `during`, `after`; and
`loops` for loops of one's own. They know no model; what asks them, and when, stands in ``train``.
"""

from pellucid.diagnose.finding import Finding, Findings
from pellucid.diagnose.kinds import KINDS, Kind, silenced
from pellucid.diagnose.loops import check_step

__all__ = ["KINDS", "Finding", "Findings", "Kind", "check_step", "silenced"]
