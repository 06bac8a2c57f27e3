"""The peers share one thread, as everything in this suite does."""

from __future__ import annotations

import torch

torch.set_num_threads(1)
