"""What a step of training became: the compiled program of the last fit, told to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.arguments import whole_number
from pellucid.engines import Engine
from pellucid.engines.explanation import Explanation
from pellucid.errors import GraphError
from pellucid.train.forward import engine_for
from pellucid.train.options import DEFAULT_BATCH

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Explanation", "explain"]


def explain(
    network: Network, *, batch_size: int = DEFAULT_BATCH, engine: str | Engine | None = None
) -> Explanation:
    """Show the step of the last fit; see ``Network.explain``."""
    rows = whole_number(batch_size, "batch_size", at_least=1)
    programs = network._programs.latest
    if programs is None:
        raise GraphError(
            "explain: the network has not been fitted here, so that there is no step to show",
            mend="call fit first; for the forward pass, pel.function([x], [model(x)]).explain()",
        )
    return engine_for(network, engine).explain(programs.at(programs.train, rows))
