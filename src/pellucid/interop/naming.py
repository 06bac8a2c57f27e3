"""Names for other languages, made of names that may come from a file."""

from __future__ import annotations

import keyword
import re

__all__ = ["identifier"]


def identifier(text: str) -> str:
    """Make a part of a name of letters, digits and underscores alone.

    >>> identifier("0.weight"), identifier("x); import os"), identifier("lambda")
    ('0_weight', 'x___import_os', 'lambda_')
    """
    found = re.sub(r"\W", "_", text, flags=re.ASCII)
    return f"{found}_" if keyword.iskeyword(found) or not found else found
