"""Everything a network is built from: layers, losses, initialisers, and the networks themselves."""

from pellucid.layers import *
