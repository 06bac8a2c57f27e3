# %% [markdown]
# # When is one line not enough?
#
# Rows: A5
#
# Either tea or coffee, but not both. No single neuron can say that: there is no line between the
# pairs of opposite corners. How many neurons does it take, and how must they be joined?

# %%
import matplotlib.pyplot as plt
import numpy as np

from pellucid import data, nn, optim, plot
from pellucid.functional import activation

X, y = data.xor_blobs()
ax = plot.scatter_classes(X, y)
ax.get_legend().set_loc("center")

# %% [markdown]
# A hundred points in four clouds around (±1, ±1). Class 0 has the lower left and the upper right,
# class 1 the other two, fifty points each.
#
# ## Three neurons, one after the other
#
# Divide the work. The first neuron learns a single thing: which points are in the lower left cloud.
# A line can cut off one corner. The second learns which are in the upper right. The third does not
# see the points at all. It sees what the other two said, and learns: one of them, or the other.


# %%
def learned(inputs, labels, **options):
    """Train one sigmoid neuron for 20,000 steps of eight points each."""
    start = nn.init.Uniform(-1, 1)
    unit = nn.Linear(1, activation="sigmoid", weight_init=start, bias_init=start)
    model = nn.Sequential([unit])
    model.fit(
        inputs,
        labels,
        loss="binary_cross_entropy",
        optimizer=optim.SGD(1.0),
        batch_size=8,
        steps=20_000,
        seed=0,
        progress=False,
        **options,
    )
    return model


# %%
low, high = (X < 0).all(axis=1), (X > 0).all(axis=1)
first, second = learned(X, low), learned(X, high)


def opinions(points):
    """Put side by side what the first two neurons say."""
    return np.hstack([first.predict(points), second.predict(points)])


third = learned(opinions(X), low | high, prepare="standard")

# %% [markdown]
# `prepare="standard"` subtracts the mean of each column and divides by its deviation, so that both
# opinions come in the same size. The two numbers are those of the training points. They are kept
# with the model and used again for every point that is asked about later, even for a single one:

# %%
alone = third.predict_proba(opinions(X[:1]))
together = third.predict_proba(opinions(X))[:1]
np.testing.assert_allclose(alone, together, rtol=1e-6)

# %%
answers = {
    "lower left": (first.predict_proba, low),
    "upper right": (second.predict_proba, high),
    "one or the other": (lambda points: third.predict_proba(opinions(points)), low | high),
}
plane = {"bounds": ((-2, 2), (-2, 2)), "resolution": 80}
figure, places = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
for ax, (title, (answer, truth)) in zip(places, answers.items(), strict=True):
    right = np.mean((answer(X)[:, 1] > 0.5) == truth)
    assert right == 1
    plot.probability_surface(
        answer, X, truth, **plane, label="class probability", ax=ax, title=f"{title}: {right:.0%}"
    )
plt.show()

# %% [markdown]
# Two straight edges on the left. On the right an area with two edges, which no single neuron has.
# All three are right for every point.
#
# But who told the first two what to look for? We did. Could they find it out alone?
#
# ## A hidden layer
#
# Put three neurons in a row behind the two inputs, and two behind those, one for each class, with a
# softmax. The three in the middle are called *hidden*: nobody says what they ought to answer. All
# are trained together, on nothing but the class of each point. It is tried with three activations.


# %%
def network(name):
    model = nn.Sequential([nn.Linear(3, activation=name), nn.Linear(2, activation="softmax")])
    model.fit(X, y, optimizer=optim.SGD(0.1), steps=10_000, batch_size=32, seed=4, progress=False)
    return model


figure, places = plt.subplots(2, 3, figsize=(11, 6.5), layout="constrained")
for name, above, below in zip(("sigmoid", "tanh", "relu"), *places, strict=True):
    model = network(name)
    right = np.mean(model.classify(X) == y)
    assert right == 1
    plot.activation_curve(activation(name), ax=above, title=name)
    plot.decision_boundary(model.classify, X, y, **plane, ax=below, title=f"{right:.0%} right")
    hidden = model[0]
    for w, b in zip(hidden.weight.numpy(), hidden.bias.numpy(), strict=True):
        # The line on which the sum of a hidden neuron is 0.
        below.axline(-b * w / (w @ w), slope=-w[0] / w[1], color="black", linestyle=":")
plt.show()

# %% [markdown]
# Each dotted line is that of one hidden neuron: on it the sum is 0. With the sigmoid the border of
# the classes runs along two of the lines, and the third has little to say. With tanh it follows
# first one line, then another, and takes the corners in a curve. A ReLU neuron only begins to speak
# at its line, so that there the border lies some way beyond.
#
# ## What goes wrong
#
# Training begins with random weights, and not every beginning ends well. The same three networks
# with twenty seeds each: all are right with the sigmoid, nineteen with tanh, thirteen with ReLU. A
# ReLU neuron whose sum is negative for every point answers 0 to all of them. Its slope is 0 as
# well, so that it never comes back. It is called *dead*. With only three neurons the loss of one
# hurts.

# %%
unlucky = 0
for seed in range(6):
    model = nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(2, activation="softmax")])
    model.fit(X, y, optimizer=optim.SGD(0.1), steps=3000, batch_size=32, seed=seed, progress=False)
    right = np.mean(model.classify(X) == y)
    sums = X @ model[0].weight.numpy().T + model[0].bias.numpy()
    dead = int((sums <= 0).all(axis=0).sum())
    unlucky += right < 1
    print(f"seed {seed}: {right:4.0%} right, {dead} dead")
assert unlucky

# %% [markdown]
# The cure is cheap: more hidden neurons than are needed. With twelve, the six seeds are all right.
#
# ## Exercises
#
# 1. The third neuron learned OR. Which labels would make it learn AND, and what would it draw?
# 2. Choose weights for two hidden neurons and one output by hand, so that XOR comes out. (Begin
#    with the lines.)
# 3. A hidden layer with `identity` instead of a bend: why can it not do XOR, however wide it is?
#
# ## Change this and see
#
# - `nn.Linear(3, …)` to 2, and to 20. For how many of ten seeds is every point right?
# - Replace `relu` by `leaky_relu` in the last cell. Are there still dead neurons?
# - Leave out `prepare="standard"` for the third neuron. Is it still right?
