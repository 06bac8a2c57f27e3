# %% [markdown]
# # How long a step?
#
# Rows: C3
#
# The last lesson chose one length for all steps. It was too long near the goal and too short far
# away. Could the walker find a good length anew at each step, by trying?

# %%
import numpy as np

from pellucid import descent
from pellucid.errors import ArgumentError


def f(x):
    return 2 - 3 * x**3 + x**4


# %% [markdown]
# ## Backtracking
#
# Try a long step. If it has not gone down enough, shorten it, and try again. What is enough? The
# walker needs something to compare with. Take the parabola that touches the hill at x and bends by
# 1/α. Its lowest point lies exactly where the step of length α leads, and there its height is
# `f − (α/2)·f′²`. If the hill is at least as low as this parabola promises, take the step:
#
# > accept when `f(new) ≤ f(old) − (α/2) · f′(old)²`
#
# From x = 1, first with α = 0.5. If that fails, 0.8 times as much, and so on.

# %%
rule = descent.Backtracking(initial=0.5, contraction=0.8, c1=0.5)
path = descent.minimise(f, 1.0, descent.SteepestDescent(), rule, steps=1)
for alpha in path.trials[0]:
    new = 1 - alpha * (-5)
    promise = f(1) - alpha / 2 * 25
    print(f"α = {alpha:.2f}: x = {new:.2f}, f = {f(new):7.4f}, promised {promise:7.4f}")

assert np.allclose(path.trials[0], [0.5, 0.4, 0.32])
assert abs(path.x - 2.6) < 1e-9
assert abs(path.value - -5.0304) < 1e-9

# %% [markdown]
# The first two steps were too long: they go over the valley and up the other side. The third is
# good. In the picture the parabola is dashed. The diamond is what it promised, −4, and the star is
# what was found, −5.0304.

# %%
assert abs(float(path.model(0)(2.6)) - -4) < 1e-9
path.plot(models=[0], bounds=(0.5, 3.2), title="one step of backtracking")

# %% [markdown]
# ## Exactly to the lowest point of the line
#
# One can also search until the slope along the line is 0. In one dimension this is the whole
# problem, so that one step is enough:

# %%
path = descent.minimise(f, 1.0, descent.SteepestDescent(), descent.Exact(), steps=1)
print(f"x = {path.x}, found after {len(path.trials[0])} trials")
assert abs(path.x - 2.25) < 1e-12

# %% [markdown]
# Each trial is a look at the hill. And in two dimensions the exact way is not as clever as it
# sounds. Here is a long valley:


# %%
def valley(x):
    return x[0] ** 2 + 10 * x[1] ** 2


exact = descent.minimise(valley, [10.0, 1.0], descent.SteepestDescent(), descent.Exact(), steps=25)
exact.plot(title="exact steps in a long valley")

# %% [markdown]
# Each step goes as low as it can, and then the next must be at a right angle to it. So the path
# runs in a zigzag. The best for one step is not the best for the journey.
#
# ## Not too long, and not too short
#
# The rule of Larry Armijo, 1966, refuses steps that are too long: the value must fall by at least a
# small part, c₁, of what the slope promises. Backtracking uses it; above it had c₁ = ½. Philip
# Wolfe, 1969, added a second condition which refuses steps that are too short: at the new point the
# slope along the line must have become flatter, by the factor c₂ at least. Both can be checked
# afterwards:

# %%
wolfe = descent.Wolfe(c1=1e-4, c2=0.1)
path = descent.minimise(f, 1.0, descent.SteepestDescent(), wolfe)
before = path.gradients[:-1] * path.directions
after = path.gradients[1:] * path.directions
assert (path.values[1:] <= path.values[:-1] + 1e-4 * path.lengths * before).all()
assert (abs(after) <= 0.1 * abs(before)).all()
print(path)

# %% [markdown]
# ## Remembering: L-BFGS
#
# Newton's method knows how the slope changes, and pays for it with the Hessian. But whoever has
# taken some steps has seen slopes at several places, and can guess the Hessian from the
# differences. This is what *L-BFGS* does with the last few steps; the L stands for little memory.
# It needs Wolfe's conditions, and it is what `minimise` uses if you name nothing.
#
# A race in the curved valley of the lesson on gradients. The goal is at (1, 1):


# %%
def curved(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


start = [-1.2, 1.0]
steepest = descent.SteepestDescent()
paths = {
    "fixed": descent.minimise(curved, start, steepest, 0.001, steps=200),
    "backtracking": descent.minimise(curved, start, steepest, descent.Backtracking(), steps=200),
    "Newton": descent.minimise(curved, start, descent.Newton(), descent.Backtracking(), steps=200),
    "L-BFGS": descent.minimise(curved, start, steps=200),
}
for name, path in paths.items():
    print(f"{name:13} {path.steps:3} steps, value {path.value:.1e}, at {np.round(path.x, 3)}")
assert paths["L-BFGS"].converged
assert paths["Newton"].converged
descent.compare(paths, least=0, bounds=((-1.8, 1.8), (-0.8, 2.4)))

# %% [markdown]
# Steepest descent finds the floor of the valley and then creeps along it. The search does not help
# with that; it only happens to find a long first step, over to the other side of the bend. Newton
# and L-BFGS follow the bend. L-BFGS computes no Hessian for that.
#
# ## What goes wrong
#
# A search along a line that falls for ever does not end. Of such a function the library says so:

# %%
try:
    descent.minimise(lambda x: -x, 0.0)
except ArgumentError as error:
    print(error)

# %% [markdown]
# ## Exercises
#
# 1. Compute by hand the three trials of the first section, with f(1) = 0 and f′(1) = −5.
# 2. Why is the lowest point of the parabola with bend 1/α exactly at x − α·f′(x)?
# 3. In the long valley, which start would need a single exact step? There are two kinds.
#
# ## Change this and see
#
# - The contraction 0.8 to 0.1. What is gained, and what is lost?
# - The 10 of the long valley to 1, and to 100. How many steps does the exact search need?
# - `descent.ConjugateGradient()` in place of `steepest` with `descent.Wolfe(c2=0.1)` in the race.
