# %% [markdown]
# # Is a guess enough?
#
# Rows: C4
#
# To know the slope exactly, one must look at all the data. With a million pictures that is a long
# look for a single step. What if one looks at ten of them, and goes where these ten point?

# %%
import numpy as np

import pellucid as pel
from pellucid import data, descent, optim, plot

X, sides = data.line_points()
y = (sides > 0).astype(float)

# %% [markdown]
# The hundred points of the lesson on the perceptron again, with labels 0 and 1. There are only two
# weights, β, so that everything can be drawn. The cost of the logistic regression is
#
# > `J(β) = Σ log(1 + exp(xβ)) − y·xβ`
#
# Below it is divided by the number of points, so that its slope has the same size for ten points as
# for a hundred. `batch_size` says how many points are drawn for each step. The cost is recorded
# over all points nevertheless, so that we see how things really stand.


# %%
def cost(beta, X, y):
    sums = X @ beta
    return (pel.softplus(sums) - y * sums).mean()


def run(method, step=None, steps=200, **options):
    return descent.minimise(
        cost, [0.0, 0.0], method, step, data=(X, y), steps=steps, tolerance=0, **options
    )


plain = descent.SteepestDescent()
paths = {
    "all 100": run(plain, 0.5),
    "one at random": run(plain, 0.5, batch_size=1),
    "ten, drawn with replacement": run(plain, 0.5, batch_size=10, replacement=True),
    "ten, with momentum": run(descent.Momentum(0.5), 0.5, batch_size=10, replacement=True),
}
for name, path in paths.items():
    print(f"{name:28} J = {100 * path.value:6.3f}, β = {path.x.round(2)}")

z = X @ paths["all 100"].x
assert np.isclose(100 * paths["all 100"].value, (np.logaddexp(0, z) - y * z).sum())

# %%
plot.descent_values({name: 100 * path.values for name, path in paths.items()}, label="J")

# %% [markdown]
# *All* goes down at each step. *One at random* goes up and down, and yet down in the long run; it
# has looked at two hundred points in all, where the first has looked at twenty thousand. *Ten* can
# hardly be told from *all*, at a tenth of the work. This is *stochastic gradient descent*, and the
# drawn points are a *mini-batch*.

# %%
looked = {"all 100": 100, "one at random": 1, "ten, drawn with replacement": 10}
for name, size in looked.items():
    path = paths[name]
    rising = int((np.diff(path.values) > 0).sum())
    print(f"{name:28} {size * path.steps:6} points looked at, {rising:3} of 200 steps went up")

# %% [markdown]
# ## Momentum
#
# A ball that rolls down keeps some of its speed. So add half of the last step to the next one:
#
# > `x_new = x − α · slope + ½ · (x − x_before)`
#
# What points the same way adds up, and what jumps to and fro cancels. Check the rule on the path:

# %%
path = paths["ten, with momentum"]
x, slope = path.points, path.gradients
wanted = x[1:-1] - 0.5 * slope[1:-1] + 0.5 * (x[1:-1] - x[:-2])
np.testing.assert_allclose(x[2:], wanted, rtol=1e-10)

# %% [markdown]
# ## The family
#
# Many rules grew from these two ideas. In a word each:
#
# - *Nesterov*: momentum, but the slope is taken where the ball will be.
# - *AdaGrad*: each weight has a step of its own, shorter the more it has already moved.
# - *RMSProp*: the same, but forgets what is long past.
# - *Adam*: RMSProp with momentum. The usual first choice for networks.
# - *Weight decay*: any of them, and every weight shrinks a little at each step.
# - *Schedule*: any of them, with a step length that falls in the course of training.

# %%
race = {
    "gradient descent": run(plain, 0.5, steps=60),
    "momentum": run(descent.Momentum(0.5), 0.5, steps=60),
    "Nesterov": run(descent.Nesterov(0.9), 0.5, steps=60),
    "AdaGrad": run(optim.AdaGrad(1.0), steps=60),
    "RMSProp": run(optim.RMSProp(0.05), steps=60),
    "Adam": run(optim.Adam(0.3), steps=60),
    "weight decay": run(optim.SGD(0.5, weight_decay=0.01), steps=60),
    "schedule": run(optim.Adam(optim.Exponential(0.3, 0.95)), steps=60),
}
for name, path in race.items():
    print(f"{name:17} J = {100 * path.value:6.3f}, β = {path.x.round(2)}")
assert all(path.value < 0.5 * path.values[0] for path in race.values())
descent.compare(race)

# %% [markdown]
# On the left you see the ground from above, with the paths on it; on the right the cost. All know
# the direction: one weight down, the other up. They differ in how fast they dare to go. The valley
# has no end, because the points can be separated, and larger weights are always a little better.
# Weight decay alone stops: it pulls back as much as the slope pulls on.
#
# ## What goes wrong
#
# Fastest here is not best everywhere. This cost has one valley and two weights. And with small
# batches a long step does not come to rest: the slope of ten points is not 0 where that of all is.

# %%
restless = run(plain, 5.0, batch_size=1)
calm = run(optim.SGD(optim.Exponential(5.0, 0.97)), batch_size=1)
print(f"the last fifty costs: {100 * restless.values[-50:].std():.2f} up and down at full length,")
print(f"                      {100 * calm.values[-50:].std():.2f} with a falling step")
paths = {"step 5": 100 * restless.values, "step 5, falling by 3 %": 100 * calm.values}
plot.descent_values(paths, label="J", title="one point a step")

# %% [markdown]
# ## Exercises
#
# 1. With replacement, a batch of ten may hold the same point twice. Does that change the mean of
#    the slopes over many batches? Does it change how far they scatter?
# 2. Write momentum as a weighted sum of all slopes so far. Which weight has the slope five steps
#    ago?
# 3. Why can the cost of one step rise, although each step goes downhill?
#
# ## Change this and see
#
# - `seed=1` in `run`. Which curves change, and which do not?
# - A momentum of 0.9, and of 0.99.
# - `batch_size=10` for all of the family. Who suffers most?
