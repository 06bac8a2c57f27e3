# %% [markdown]
# # Why does a network ask for small numbers?
#
# Rows: D1
#
# A bank has lent money to twenty people. Ten have paid it back, ten have not. Of each it knows two
# numbers: the years in the present job, and the salary in tens of thousands. Can a network tell
# from these who will pay?

# %%
import matplotlib.pyplot as plt
import numpy as np

import pellucid as pel
from pellucid import data, nn, optim, plot

X, paid = data.mortgage(seed=80)
words = {"names": ["defaulter", "payer"], "features": ["years in the job", "salary in 10k"]}
plot.scatter_classes(X, paid, **words)

# %% [markdown]
# The two groups overlap. No rule will be right for everybody, and this is how real data are.
#
# ## A hidden layer
#
# The network has fifty hidden units. Each adds up its two inputs, each times a weight of its own,
# and passes the sum on if it is above zero. One last unit adds up the fifty, and squeezes the sum
# into a probability between 0 and 1.
#
# Training lowers the loss: how surprised the network is by what really happened. To say 0.5 of
# everyone costs ln 2 = 0.693 per person, whatever the answer. A network that has learned something
# must do better than that.


# %%
def trained(X, paid, seed, **settings):
    network = nn.Sequential([nn.Linear(50, activation="relu"), nn.Linear(1, activation="sigmoid")])
    network.fit(
        X,
        paid,
        loss="binary_cross_entropy",
        optimizer=optim.SGD(0.1),
        epochs=100,
        batch_size=20,
        seed=seed,
        **settings,
    )
    return network


network = trained(X, paid, seed=80, progress=20)

# %% [markdown]
# A line every twenty epochs. An epoch has shown the network each of the twenty people once.
#
# ## The same, with numbers around zero
#
# `prepare="standard"` takes from each column its mean, and divides by its standard deviation. What
# was 12 years becomes 1.3 or so. Nothing is lost by this: the points keep their places, only the
# axes have other numbers.

# %%
scaled = trained(X, paid, seed=80, prepare="standard", progress=20)

# %% [markdown]
# One run may be luck. So here are thirty banks, each with customers of its own, and for each a
# network of either kind. A thin line is one training, the thick line their median.


# %%
def losses(**settings):
    """Train a network for each of thirty banks: a row of losses each."""
    banks = range(60, 90)
    runs = [trained(*data.mortgage(seed=k), k, progress=False, **settings) for k in banks]
    return np.array([run.history["loss"] for run in runs])


found = {"as they are": losses(), "scaled": losses(prepare="standard")}
figure, axes = plt.subplots(1, 2, figsize=(7, 2.8), sharey=True, layout="constrained")
for ax, (name, curves) in zip(axes, found.items(), strict=True):
    ax.plot(curves.T, color="silver", linewidth=0.6)
    ax.plot(np.median(curves, axis=0), color="#005ab5", linewidth=2)
    ax.axhline(np.log(2), color="#be5000", linestyle="--", linewidth=1)
    ax.set(title=name, xlabel="epoch", ylim=(0, 3))
axes[0].set_ylabel("loss")
figure

# %%
for name, curves in found.items():
    first, last = np.median(curves[:, [0, -1]], axis=0)
    print(f"{name}: from {first:.2f} to {last:.2f}, the worst on the way {curves.max():.1f}")

assert 0.9 < np.median(found["as they are"][:, 0]) < 1.2
assert np.median(found["as they are"][:, -1]) > 0.4
assert np.median(found["scaled"][:, -1]) < 0.33

# %% [markdown]
# ## Why
#
# The gradient of a weight is the error times the input that came through it. An input of 12 makes a
# step twelve times as long as an input of 1. With large inputs the first steps are far too long:
# the loss is thrown up, and what follows repairs the damage. With inputs around zero the same rate
# of 0.1 is just right.
#
# ## Where it is wrong
#
# The bank is careful: it lends only if the probability is above 0.7. Each person is a small mark in
# the colour of what happened, on a large disc in the colour of what the network said. Where the two
# differ it is wrong.

# %%
lend = scaled.predict_proba(X)[:, 1] > 0.7
plot.scatter_classes(X, paid, predicted=lend, **words)

# %%
wrong = lend != paid
print(f"{wrong.sum()} of {len(X)} wrong")
print(f"loans that are lost: {(wrong & lend).sum()}")
print(f"good payers who were sent away: {(wrong & ~lend).sum()}")

# %% [markdown]
# ## A mistake that many have made
#
# The network gives a column, of shape (20, 1). The labels are a row of twenty, of shape (20,). Take
# one from the other, and NumPy makes all 20 × 20 differences, without a word: everybody's
# prediction is compared with everybody's answer. The mean of them looks like a loss, falls a
# little, and teaches nothing.

# %%
prediction = network.predict(X)
(prediction - paid).shape

# %% [markdown]
# A loss of pellucid refuses, and so does `fit` with a loss of your own.

# %%
try:
    nn.mse(prediction, paid.astype(float))
except pel.errors.ShapeError as error:
    print(error)

# %% [markdown]
# ## Change this and see
#
# - Give the salary in whole units, `X * [1, 10_000]`, and train without scaling.
# - Divide the rate by ten and take ten times the epochs, unscaled. Is scaling still better?
#
# ## Exercises
#
# 1. A lost loan costs the bank three times as much as a good payer who was sent away. Which
#    threshold instead of 0.7 has the lowest cost on these twenty?
# 2. The median loss of the scaled networks is about 0.3. Why can it not be 0 with so few epochs,
#    and why should you not be glad if it were?
# 3. `prepare="minmax"` scales each column to run from 0 to 1. Compare it with `"standard"`.
