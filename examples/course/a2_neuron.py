# %% [markdown]
# # What does a neuron do?
#
# Rows: A2
#
# A network may have millions of parts, but they are all alike. It is enough to
# understand one.
#
# It takes some numbers, multiplies each by a weight of its own, adds everything up, adds a constant
# and passes the sum through a simple function:
#
# > `y = σ(a₁x₁ + a₂x₂ + … + bias)`
#
# The constant is called the *bias*, the function σ the *activation*.

# %%
import matplotlib.pyplot as plt
import numpy as np

import pellucid as pel
from pellucid import data, nn, optim, plot
from pellucid.functional import activation

# %% [markdown]
# ## By hand, then by the library
#
# Should I take an umbrella? Two numbers decide: how dark the sky is and how wet the street is. The
# street counts twice as much as the sky, and without any sign I leave it at home.

# %%
a, bias = np.array([1.0, 2.0]), -1.5
signs = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
sums = signs @ a + bias
by_hand = 1 / (1 + np.exp(-sums))
print(sums, by_hand.round(3))

# %% [markdown]
# The function in the third line is the *sigmoid*. It makes a number between 0 and 1 of any sum, so
# that the answer can be read as a probability. `nn.Linear(1)` is the same neuron:

# %%
neuron = nn.Linear(1, activation="sigmoid")
neuron(signs)  # it sees two inputs, and makes two weights
neuron.weight.assign([a])
neuron.bias.assign([bias])
found = neuron(signs).numpy()[:, 0]
print(found.round(3))
np.testing.assert_allclose(found, by_hand, rtol=1e-6)

# %% [markdown]
# ## What may follow the sum
#
# Twelve activations are drawn below, each with its derivative, dashed. The derivative matters as
# much as the curve. It says how much the answer changes when the sum changes a little, and that is
# what training goes by. The softmax needs at least two scores; here the second of them is 0.


# %%
def curve(name):
    """Give an activation as a function of one number."""
    f = activation(name)
    if name == "softmax":
        return lambda x: f(pel.stack([x, 0 * x], axis=-1))[..., 0]
    return f


def slope(f):
    """Give the derivative of a function of one number."""

    def at(x):
        x = pel.tensor(x, dtype="float64")
        return pel.grad(f(x).sum(), x)

    return at


names = (
    "sigmoid", "tanh", "relu", "softsign", "softmax", "sign",
    "leaky_relu", "elu", "gelu", "silu", "softplus", "identity",
)  # fmt: skip
figure, places = plt.subplots(4, 3, figsize=(8, 8.5), layout="constrained")
for name, ax in zip(names, places.flat, strict=True):
    plot.activation_curve(curve(name), slope(curve(name)), interval=(-4, 4), ax=ax, title=name)
plt.show()

# %% [markdown]
# Things to see in the picture:
#
# - `sigmoid`, `tanh` and `softsign` are steps with round edges. Far from 0 they are flat: the
#   derivative is nearly 0, and a neuron out there learns hardly anything.
# - `relu` gives 0 below 0 and the sum itself above. Its derivative is 0 or 1.
# - `leaky_relu`, `elu`, `gelu`, `silu` and `softplus` are ways not to lose everything below 0.
# - `sign` jumps. Its derivative is 0 wherever it has one, so nothing can be learned by it. The next
#   lesson shows what Frank Rosenblatt did about that.
# - `identity` changes nothing.
#
# The derivatives are not drawn from a table. They are computed from the function itself. Check one
# against the formula that a book gives, σ′ = σ(1 − σ):

# %%
x = np.linspace(-4, 4, 9)
s = 1 / (1 + np.exp(-x))
np.testing.assert_allclose(slope(activation("sigmoid"))(x).numpy(), s * (1 - s), rtol=1e-12)
print((s * (1 - s)).round(3))

# %% [markdown]
# It is 0.25 at most. In a chain of ten such neurons a change at one end arrives at the other
# multiplied ten times by 0.25 or less. This is what goes wrong in deep networks of sigmoids:

# %%
print(f"{0.25**10:.1e}")

# %% [markdown]
# ## One of your own
#
# An activation need not come from a list. Any function will do, and so will any function that
# measures how wrong an answer is: a *loss*. Here is a softer step, `x / √(1 + x²)`, and the third
# power of the error. The points lie in a square, and their class is the side of the diagonal.


# %%
def soft_step(x):
    return x / pel.sqrt(1 + x * x)


def cubic(prediction, target):
    return (abs(prediction - target) ** 3).mean(axis=1)


points, sides = data.line_points()
model = nn.Sequential([nn.Linear(1, activation=soft_step)])
history = model.fit(
    points,
    sides.astype(float),
    loss=cubic,
    optimizer=optim.SGD(0.3),
    epochs=50,
    seed=1,
    metrics=["accuracy"],
    progress=False,
)
assert history["accuracy"][-1] >= 0.97
history.plot()

# %% [markdown]
# It learns, though not calmly. The third power makes a large error very large: one point that is
# far on the wrong side gives a slope that throws the line off, and then it must be mended again.

# %% [markdown]
# ## Exercises
#
# 1. With which weights and bias does a sigmoid neuron say nearly 1 if, and only if, both of its
#    inputs are 1? With which if at least one is?
# 2. Show that `tanh(x) = 2·sigmoid(2x) − 1`, on paper or with numbers.
# 3. Which of the twelve can give a negative answer? Which can give one above 1?
# 4. A neuron with `identity` behind another with `identity`: what can two of them do that one
#    cannot?
#
# ## Change this and see
#
# - Draw `activation_curve` of a function of your own, such as `lambda x: pel.sin(x)`.
# - Replace the third power in `cubic` by the first, and by the tenth.
# - Put `"sign"` in place of `soft_step`. Does the loss still fall?
