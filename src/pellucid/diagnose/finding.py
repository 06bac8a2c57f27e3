"""What was found: a mistake with its code, its evidence in numbers, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, final

from pellucid.arguments import Frozen
from pellucid.lazy import load

__all__ = ["PAGES", "Finding", "Findings", "Severity"]

Severity = Literal["note", "warning", "error"]

PAGES = "https://pellucid.readthedocs.io/en/latest/guides/findings.html"
COLOURS = {"note": "#5b6269", "warning": "#be5000", "error": "#b3261e"}


@final
class Finding(Frozen):
    """A probable mistake that is no error: the run goes on, and this says what was seen.

    Attributes
    ----------
    code : short and stable; ``fit(silence=[code])`` keeps it quiet
    severity : "note", "warning", or "error" where the result cannot be what was meant
    title : the mistake in one line
    evidence : what was seen, in numbers
    remedy : what to write instead
    where : the layer, column or output concerned, if it is one

    Examples
    --------
    >>> from pellucid.diagnose import Finding
    >>> found = Finding("PEL201", "warning", "the columns of the inputs differ in scale",
    ...                 "standard deviations from 0.5 to 900", 'write prepare="standard"')
    >>> found
    PEL201 warning: the columns of the inputs differ in scale
      seen   standard deviations from 0.5 to 900
      write  prepare="standard"
    >>> found.page
    'https://pellucid.readthedocs.io/en/latest/guides/findings.html#pel201'
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    remedy: str
    where: str = ""

    @property
    def page(self) -> str:
        """Where it is explained."""
        return f"{PAGES}#{self.code.lower()}"

    @property
    def brief(self) -> str:
        """The same on two lines, for the end of a training."""
        place = f" ({self.where})" if self.where else ""
        return f"{self.code} {self.title}{place}: {self.evidence}\n       {self.remedy}"

    def to_config(self) -> dict[str, str]:
        """Give it as JSON values."""
        return {**vars(self), "page": self.page}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Finding:
        """Make the finding that ``to_config`` wrote."""
        return cls(**{name: value for name, value in config.items() if name != "page"})

    @property
    def lines(self) -> dict[str, str]:
        """What is said below the title, by name; empty where there is nothing to say."""
        remedy = self.remedy.removeprefix("write ")
        what = "do" if remedy == self.remedy else "write"
        return {"where": self.where, "seen": self.evidence, what: remedy}

    def __repr__(self) -> str:
        told = [f"  {name:<6} {text}" for name, text in self.lines.items() if text]
        return "\n".join([f"{self.code} {self.severity}: {self.title}", *told])

    def _repr_html_(self) -> str:
        return Findings([self])._repr_html_()


@final
class Findings(tuple[Finding, ...]):
    """What was found, in the order of the moments: building, data, during, after.

    Examples
    --------
    >>> from pellucid import data, nn
    >>> X, y = data.moons(100, seed=1)
    >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)])
    >>> model.fit(X, y, epochs=1, seed=1, progress=False).findings
    no findings
    """

    __slots__ = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, each once."""
        return tuple(dict.fromkeys(one.code for one in self))

    @property
    def alarms(self) -> Findings:
        """Those that are more than a note."""
        return Findings(one for one in self if one.severity != "note")

    def __add__(self, other: tuple[Any, ...]) -> Findings:
        return Findings((*self, *other))

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "no findings"

    def _repr_html_(self) -> str:
        escape = load("html").escape
        if not self:
            return "<p>no findings</p>"
        rows = "".join(
            f'<tr><td><a href="{one.page}">{one.code}</a></td>'
            f'<td style="color:{COLOURS[one.severity]}">{one.severity}</td>'
            + "".join(
                f'<td style="text-align:left">{escape(text)}</td>'
                for text in (one.title, one.where, one.evidence, one.remedy)
            )
            + "</tr>"
            for one in self
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "", "what", "where", "seen", "do"))
        return f"<table><tr>{head}</tr>{rows}</table>"
