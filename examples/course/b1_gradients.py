# %% [markdown]
# # How does a computer find a slope?
#
# Rows: B1, B2, B8
#
# All learning in this course goes by slopes: if a number grows a little, how much does the result
# grow? At school you learned rules for that. A computer could also try it out. It does neither, or
# rather both: it applies the rules to numbers, one small step after the other.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import pellucid as pel
from pellucid import nn
from pellucid.errors import GradientError

# %% [markdown]
# ## A chain of small steps
#
# Take a number θ and compute `z = (1 − log(1 + exp θ))²`.

# %%
theta = pel.tensor(1.0, dtype="float64", requires_grad=True, name="θ")
z = (1 - pel.log(1 + pel.exp(theta))) ** 2
print(z)
assert abs(z.item() - 0.0981328848) < 1e-10

# %% [markdown]
# The result is more than a number. It knows the operation that made it and the numbers that went
# in, and so do these. The whole history can be drawn:

# %%
pel.draw(z, theta=theta)

# %% [markdown]
# or walked, from the end to the beginning:

# %%
node = z
while node.inputs:
    print(f"{node.op.name:10} {node.item():.6f}")
    node = max(node.inputs, key=lambda one: one.requires_grad)
assert node is theta

# %% [markdown]
# Every one of these operations is so simple that its slope is in a table: exp has itself, log has
# one over its input, the square has twice its input. By the *chain rule* the slope of a chain is
# the product of the slopes of its links. So walk the chain backwards and multiply. This is called
# *backpropagation*, and here is one call for it:

# %%
z.backward()
print(theta.grad)

# %% [markdown]
# On paper the same rules give a formula:
#
# > `dz/dθ = −2 (1 − log(1 + e^θ)) · e^θ / (1 + e^θ)`

# %%
by_hand = -2 * (1 - math.log(1 + math.e)) * math.e / (1 + math.e)
print(by_hand)
assert abs(theta.grad.item() - by_hand) < 1e-15
assert abs(theta.grad.item() - 0.458025288032617) < 1e-15

# %% [markdown]
# They agree to the last digit. Nothing was approximated.
#
# ## And by trying it out?
#
# Move θ up and down by a small h, and divide the difference of the results by 2h. How small should
# h be? The error for different h:


# %%
def f(x):
    return (1 - math.log(1 + math.exp(x))) ** 2


steps = 10.0 ** -np.arange(1, 16)
errors = [abs((f(1 + h) - f(1 - h)) / (2 * h) - by_hand) for h in steps]
figure, ax = plt.subplots(figsize=(4.5, 3), layout="constrained")
ax.loglog(steps, errors, marker="o")
ax.set(xlabel="h", ylabel="error of the slope")
plt.show()

# %% [markdown]
# Small h is good, very small h is bad. On the right the curve is not straight enough. On the left
# the two results are so nearly equal that their difference is made of rounding. The best that can
# be had is around eleven digits, at two evaluations for each number. A network has millions of
# numbers; backpropagation finds all slopes at the price of a few evaluations.
#
# ## The slope of a slope
#
# A gradient is computed by operations too, so it has a history, and a slope of its own. Ask again:

# %%
x = pel.tensor(0.7, dtype="float64")
y = pel.sin(x) * x
for order in (1, 2, 3):
    y = pel.grad(y, x)
    print(f"derivative {order}: {y.item():.6f}")
assert math.isclose(y.item(), -3 * math.sin(0.7) - 0.7 * math.cos(0.7))

# %% [markdown]
# A function of two numbers has two slopes, and each of them has two. These four are called the
# *Hessian*. Here is a famous test function, a curved valley whose lowest point is at (1, 1):


# %%
def valley(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


point = pel.tensor([-1.2, 1.0], dtype="float64")
slope = pel.grad(valley(point), point)
hessian = np.array([pel.grad(slope[k], point).numpy() for k in range(2)])
print(slope.numpy())
print(hessian)
assert np.allclose(hessian, [[1330, 480], [480, 200]])

# %% [markdown]
# With n numbers the Hessian has n² entries, too many for a large network. Often only its product
# with one direction v is needed: how does the slope change if one moves along v? That takes one
# more gradient and no Hessian at all:

# %%
v = np.array([0.3, -2.0])
product = pel.grad((slope * v).sum(), point)
print(product.numpy(), hessian @ v)
np.testing.assert_allclose(product.numpy(), hessian @ v)

# %% [markdown]
# What is it good for? Isaac Newton's way to a minimum: where the slope is 5 and changes by 10 a
# metre, the bottom is half a metre away. Divide the slope by its slope, and go there.

# %%
x = 2.0
for step in range(6):
    here = pel.tensor(x, dtype="float64")
    value = 2 - 3 * here**3 + here**4
    first = pel.grad(value, here)
    second = pel.grad(first, here)
    print(f"{step}  x = {x:.9f}   f = {value.item():.9f}")
    x -= first.item() / second.item()
assert abs(x - 2.25) < 1e-9

# %% [markdown]
# The number of right digits doubles at each step. More about it in the lesson on descent.
#
# ## Trust, but check
#
# Who writes an operation can make a mistake in its slope. Such mistakes are nasty. Nothing breaks;
# the network merely learns badly. So check a gradient against differences. The checker takes any
# function or layer and compares first and second derivatives:

# %%
print(pel.check_gradient(valley, [0.3, -0.8]))
with pel.default_dtype("float64"):
    layer = nn.Linear(3, activation="tanh")
    print(pel.check_gradient(layer, [[0.3, -0.8], [1.0, 2.0]]))

# %% [markdown]
# Now one with a fault. It squares each entry, but for the entry in row 1, column 0 it forgets that
# x stands there twice: `stop_gradient` makes a number look like a constant.


# %%
def faulty(x):
    mask = np.array([[0.0, 0.0], [1.0, 0.0]])
    return (x * x * (1 - mask) + x * pel.stop_gradient(x) * mask).sum()


try:
    pel.check_gradient(faulty, [[1.0, 2.0], [3.0, 4.0]], order=1)
except GradientError as error:
    print(error)

# %% [markdown]
# It names the place, what the automatic gradient says and what the differences say. There is a case
# in which the two differ and nobody is wrong. The ReLU has a kink at 0: to the left its slope is 0,
# to the right it is 1. Backpropagation must choose one of them; the difference across the kink
# gives the mean of both.

# %%
try:
    pel.check_gradient(pel.relu, [0.0], order=1)
except GradientError as error:
    print(error)

# %% [markdown]
# ## Exercises
#
# 1. Write down the chain for `exp(sin(x²))`, with the value and the slope of each link at x = 1.
#    Multiply, and compare with `pel.grad`.
# 2. What is the Hessian of `x[0] * x[1]`? In which directions does this function rise, in which
#    does it fall?
# 3. Why does the checker compare in float64? What would the picture of errors look like in float32?
#
# ## Change this and see
#
# - The start of Newton's way to 1.0. What is the sign of the second derivative there?
# - The place where `faulty` forgets.
# - Draw `pel.draw(slope)`. How many nodes has a gradient of the valley?
