# %% [markdown]
# # Why write a recipe before cooking?
#
# Rows: B3, B4, B5
#
# A calculator computes as you type. A recipe is different. It says what to do with flour and eggs
# before there are any, and it can be cooked many times. Why would anyone compute by recipe?
# Because a recipe can be looked at, improved and made fast before it is used a million times.

# %%
import numpy as np

import pellucid as pel
from pellucid import data, descent, plot

# %% [markdown]
# ## Ingredients
#
# There are three kinds. A *constant* has its value at once. A *placeholder* has none: it is a name
# for what will come. A *variable* keeps a value that can be changed.

# %%
total = pel.tensor(2) + pel.tensor(3)
print(total.item(), total.dtype)
assert total.item() == 5

# %%
x = pel.placeholder((), dtype="int16", name="x")
y = pel.placeholder((), dtype="int16", name="y")
adder = pel.function([x, y], x + y)
print(adder(2, 3), adder(x=20, y=3))
assert adder(2, 3) == 5

# %% [markdown]
# `x + y` computed nothing, it wrote a recipe. `pel.function` made it into something that can be
# called, with the numbers in order or by name. The picture of the recipe:

# %%
pel.draw(x + y)

# %% [markdown]
# The multiplier has a variable in it. It is read anew at each call.

# %%
factor = pel.Variable(3.0, dtype="float64", name="factor")
number = pel.placeholder((), dtype="float64", name="number")
multiplier = pel.function(number, number * factor)
before = multiplier(5)
factor.assign(10.0)
print(before, multiplier(5))
assert (before, multiplier(5)) == (15, 50)

# %%
pel.draw(number * factor)

# %% [markdown]
# ## Whole tables
#
# Placeholders may be tables of numbers, and need not say how large. `None` stands for an extent
# that is known when the numbers come. The sign `@` is the matrix product: each row of the first
# table times each column of the second, added up.

# %%
a, b, m = (pel.placeholder((None, None), dtype="float64", name=name) for name in "abm")
added = pel.function([a, b], a + b)
multiplied = pel.function([a, m], a @ m)
stacked = pel.function([a, b, m], (a + b) @ m)

ones, count = np.ones((3, 5)), np.arange(15).reshape(3, 5)
table = np.arange(20).reshape(5, 4)
print(added(ones, count))
print(multiplied(ones, table))
print(stacked(a=ones, b=count, m=table))
assert multiplied(ones, table).tolist() == [[40, 45, 50, 55]] * 3
assert stacked(ones, count, table)[2].tolist() == [560, 625, 690, 755]

# %%
pel.draw((a + b) @ m)

# %% [markdown]
# What goes wrong if the tables do not fit? The recipe could not know; the call does, and says so.

# %%
try:
    added(ones, count[:2])
except pel.errors.ShapeError as error:
    print(error)

# %% [markdown]
# ## A recipe that changes its variables
#
# Here is where recipes pay. *Least squares* asks for the x that makes `Ax` as near to b as can be:
# the sum of the squares of the differences, `Σ(Ax − b)²`, is to be small. Five equations, three
# unknowns, no exact solution.

# %%
A = np.array([[6, 6, 4], [3, 4, 0], [7, 2, 2], [0, 2, 1], [1, 6, 3]], float)
b = np.arange(1.0, 6.0)

# %% [markdown]
# The gradient of the cost is a recipe too. So is the step downhill: x minus a thousandth of the
# gradient. `updates` says which variable gets which new value at each call. The cost that a call
# returns is that of the old x.

# %%
x = pel.Variable(np.zeros(3), dtype="float64", name="x")
cost = ((pel.tensor(A, dtype="float64") @ x - b) ** 2).sum()
step = pel.function([], cost, updates={x: x - 0.001 * pel.grad(cost, x)})
costs = [step() for _ in range(500)]

print(f"cost {costs[0]:.4f}, then {costs[1]:.4f}, at last {costs[-1]:.4f}")
assert abs(costs[0] - 55) < 1e-12
assert abs(costs[1] - 36.5517) < 1e-4

# %%
plot.step_losses(costs[:60], window=1, title="the first 60 costs")

# %% [markdown]
# This problem is old, and there is a formula for its solution. NumPy has it:

# %%
exact = np.linalg.lstsq(A, b, rcond=None)[0]
print("500 steps:", x.numpy().round(6))
print("formula:  ", exact.round(6))
np.testing.assert_allclose(x.numpy(), [-0.080007, 0.613301, 0.095002], atol=1e-5)
np.testing.assert_allclose(x.numpy(), exact, atol=2e-3)

# %% [markdown]
# They differ by 0.002 at most. For least squares the formula is better in every way: it is a single
# step of Newton's method, which goes to the bottom of a parabola at once.

# %%
path = descent.minimise(lambda x: ((A @ x - b) ** 2).sum(), np.zeros(3), descent.Newton())
print(path)

# %% [markdown]
# But for the next problem there is no formula, and the same recipe still works.
#
# ## Logistic regression by recipe
#
# The points of the lesson on the perceptron again, a hundred in a square, with 1 above the diagonal
# and 0 below. One recipe computes the loss of each point, and at the same time moves the weights
# and counts how often it was called.

# %%
points, sides = data.line_points()
labels = (sides > 0).astype(float)

rows = pel.placeholder((None, 2), dtype="float64", name="rows")
truth = pel.placeholder((None,), dtype="float64", name="truth")
w = pel.Variable(np.zeros(2), dtype="float64", name="w")
bias = pel.Variable(0.0, dtype="float64", name="bias")
calls = pel.Variable(0, dtype="int64", name="calls", trainable=False)

p = pel.sigmoid(rows @ w + bias)
losses = -(truth * pel.log(p) + (1 - truth) * pel.log(1 - p))
gw, gb = pel.grad(losses.mean(), [w, bias])
changes = {w: w - 0.1 * gw, bias: bias - 0.1 * gb, calls: calls + 1}
learn = pel.function([rows, truth], losses, updates=changes)

first = learn(points, labels)
print(first.shape, first[:3].round(4))
assert np.allclose(first, np.log(2))

# %% [markdown]
# Before it has learned anything, it says ½ to every point; the loss is log 2, and there is one for
# each of the hundred. Now a thousand calls with all points, a thousand with a single one drawn at
# random, and a thousand with fifty.

# %%
generator = np.random.default_rng(0)
recorded = []
for size in (100, 1, 50):
    for _ in range(1000):
        chosen = generator.choice(100, size, replace=False)
        recorded.append(learn(points[chosen], labels[chosen]).mean())
    print(f"{size:3} points a call: w = {w.numpy().round(2)}, bias = {bias.numpy():.2f}")
print(calls.numpy(), "calls")
np.testing.assert_allclose(w.numpy(), [-4.7, 4.6], atol=0.1)

# %%
plot.step_losses(recorded, window=50)

# %% [markdown]
# In the middle third each call sees one point. Its loss is mostly tiny, and now and then large:
# most points are far from the line, and a few are close. The mean is the same, and a call costs far
# less.
#
# Values can be read at any time, and set:

# %%
w.assign([1.0, 1.0])
bias.assign(0.0)
print(learn([[1.0, -1.0]], [1.0]).round(4))

# %% [markdown]
# ## Exercises
#
# 1. Write a recipe that returns the mean of its input and keeps in a variable how many numbers it
#    has ever seen. Then one that returns the mean of all it has ever seen.
# 2. In least squares, what is the gradient at x = 0? Check `36.5517` with it, by hand or with
#    NumPy.
# 3. `updates` sees old values. Write updates that exchange two variables. Why is no third needed?
#
# ## Change this and see
#
# - The rate 0.001 of least squares to 0.005, then to 0.01. Where does it begin to climb?
# - The 1,000 calls with a single point to 10,000. Where do the weights go?
