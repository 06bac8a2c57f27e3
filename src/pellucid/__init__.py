"""pellucid: build, train and see through a neural network."""

from pellucid.autodiff import *
from pellucid.engines.function import function
from pellucid.graph import *
from pellucid.ops import *
