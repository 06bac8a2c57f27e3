# %% [markdown]
# # Which way is down?
#
# Rows: C1, C2
#
# You stand on a hill in thick fog and want to go to the lowest point. You cannot see the valley.
# But you feel with your feet how steep the ground is, and which way it falls. How far should a step
# go?

# %%
import matplotlib.pyplot as plt
import numpy as np

import pellucid as pel
from pellucid import descent, plot
from pellucid.errors import ArgumentError


def f(x):
    return 2 - 3 * x**3 + x**4


# %% [markdown]
# This is our hill. On paper: the slope is `4x³ − 9x²`, which is 0 at x = 0 and at x = 9/4. The
# lowest point is at 2.25. Whoever walks there in the fog does not know that.
#
# ## As far as it is steep
#
# *Gradient descent*: step against the slope, and α times as far as it is steep. With x for the
# place and f′ for the slope there:
#
# > `x ← x − α · f′(x)`
#
# Begin at 0.1 with α = 0.1, for twenty steps.

# %%
path = descent.minimise(f, 0.1, descent.SteepestDescent(), 0.1, steps=20)
print(path.points.round(4))
last = [1.3296, 1.9804, 2.4033, 2.0491, 2.3865, 2.0755, 2.3762]
assert path.points[-7:].round(4).tolist() == last

# %%
plot.descent_values({"x": path.points}, label="x")

# %% [markdown]
# Three things happen one after the other. At first the ground is nearly flat, and twelve steps come
# no further than 0.63. Then it becomes steep, and the next four go to 2.40. At last x jumps to and
# fro across the lowest point and hardly comes nearer. The same on the curve:

# %%
path.plot(bounds=(0, 3), title="twenty steps, α = 0.1")

# %% [markdown]
# ## What goes wrong: the step is too long
#
# Each jump lands about as high on the other side. A shorter step would come to rest, but then the
# flat part takes for ever. The same twenty steps with others:

# %%
rates = (0.01, 0.05, 0.1, 0.15)
paths = {
    f"α = {rate}": descent.minimise(f, 0.5, descent.SteepestDescent(), rate, steps=20).points
    for rate in rates
}
ax = plot.descent_values(paths, label="x", title="from 0.5")
ax.set_ylim(0, 4.2)
ax.get_legend().set_loc("upper left")

# %% [markdown]
# Near the lowest point the slope grows by about `f″(2.25) = 20.25` for each unit of x. A step of
# `α · 20.25` times the distance overshoots by more than the distance itself as soon as this factor
# exceeds 2. So the longest step that settles is α = 2/20.25, a little below 0.1.

# %%
print(round(2 / 20.25, 4))

# %% [markdown]
# ## A look around: Taylor models
#
# What does the walker know of the hill? The height and the slope: a straight line through the
# point. With the slope of the slope it would be a parabola, and so on. These are the *Taylor
# models*. They are good near the point, and only there. Here they are drawn at some points, for 0.1
# each way. Where two overlap, the colour is darker.

# %%
centres = np.arange(0.1, 3, 0.15)
figure, places = plt.subplots(3, 1, figsize=(6, 9), layout="constrained")
for ax, order in zip(places, (0, 1, 2), strict=True):
    models = [descent.taylor(f, centre, order) for centre in centres]
    plot.taylor_models(f, centres, models, interval=(0, 3), ax=ax, title=f"order {order}")
plt.show()

# %% [markdown]
# Order 0 is a staircase. Order 1 is already close to the curve, order 2 can hardly be told from it.
# The coefficients at 1, up to order 4, where the model is the function itself:

# %%
model = descent.taylor(f, 1.0, order=4)
print(model.coefficients)
assert np.allclose(model(np.array([0.0, 3.0])), [f(0.0), f(3.0)])

# %% [markdown]
# ## Newton: go to the bottom of the parabola
#
# If order 2 is so good, use it. Lay the parabola through the point, and go to its lowest point at
# once:
#
# > `x ← x − f′(x) / f″(x)`
#
# No α is needed. From x = 2:

# %%
path = descent.minimise(f, 2.0, descent.Newton(), steps=5, tolerance=0)
print(path)
wanted = [-6, -6.4691358, -6.54265522, -6.54296874, -6.54296875, -6.54296875]
assert path.values.round(8).tolist() == wanted
assert abs(path.x - 2.25) < 1e-12

# %%
path.plot(models=[0], bounds=(1.5, 3), title="the first parabola and where it led")

# %% [markdown]
# Five steps, and all digits are right. Each step doubles their number.
#
# ## What goes wrong: a parabola that opens downwards
#
# At x = 1 the curve bends the other way. The parabola has a highest point and no lowest. Newton's
# step would climb. The library says so instead of going there:

# %%
try:
    descent.minimise(f, 1.0, descent.Newton())
except ArgumentError as error:
    print(error)

# %% [markdown]
# The message gives a way out. `modified=True` bends the parabola upwards where it must, just enough
# to descend:

# %%
path = descent.minimise(f, 1.0, descent.Newton(modified=True))
print(path)
assert abs(path.x - 2.25) < 1e-6

# %% [markdown]
# ## In more dimensions
#
# With many numbers the slope becomes a list of slopes, the gradient. The slope of the slope becomes
# the table of the lesson on gradients, the Hessian, and "divide" becomes "solve the equations". A
# parabola that opens upwards in every direction has a Hessian that is called *positive definite*.
# Three numbers, a bowl that is not quite a parabola:

# %%
A = np.array([[4.0, 1, 0], [1, 3, -1], [0, -1, 5]])
b = np.array([1.0, -2, 3])


def bowl(x):
    return (x @ A @ x) / 2 - b @ x + pel.exp(0.1 * x).sum()


path = descent.minimise(bowl, np.zeros(3), descent.Newton(), tolerance=1e-12)
print(path)
assert path.converged

# %% [markdown]
# The price: a Hessian of n numbers has n² entries. For a hundred numbers it is a bargain. For a
# network with a million weights it would fill four thousand gigabytes. This is why networks are
# trained with gradients alone.
#
# ## Exercises
#
# 1. From which starting points does gradient descent with α = 0.01 end at 2.25? Where else can it
#    end, and why does it stay there?
# 2. Show on paper that Newton's method needs one step for a parabola, from anywhere.
# 3. f has slope 0 at x = 0 as well. Is it a lowest point? What does f″ say there?
#
# ## Change this and see
#
# - The start −0.5. Where does gradient descent go, and where does Newton?
# - α = 2/20.25 and a little more or less, with 200 steps.
# - `half_width=0.3` in `plot.taylor_models`. Which order is still good?
