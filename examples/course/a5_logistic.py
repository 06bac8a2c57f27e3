# %% [markdown]
# # How sure can one be?
#
# Rows: A6, A8
#
# A doctor does not ask on which side of a line a patient lies. She asks how likely it is. The
# oldest tool for that is the *logistic regression*, and it is a neuron that you know already: a
# weighted sum, then the sigmoid. What is special is how its weights are chosen. There is a best
# choice, and it can be checked against another program.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

import pellucid as pel
from pellucid import data, descent, nn, optim, plot

# %% [markdown]
# ## In one dimension
#
# Five hundred points lie between 0 and 10. Up to 5 the answer is −1, above it 1, but a tenth of the
# answers are wrong: nobody's notes are perfect.

# %%
x, answer = data.logistic_1d()
x = x[:, 0]
print(f"{np.mean((x > 5) == (answer == 1)):.0%} of the answers are true")

# %% [markdown]
# With answers of −1 and 1 the loss has a short form. The sum b + wx should have the sign of the
# answer y; how far it fails is `log(1 + exp(−y(b + wx)))`. Add these up. Then add w², so that the
# weight cannot grow without need. Such an addition is called a *penalty*.


# %%
def objective(w, b):
    return pel.softplus(-answer * (b + w * x)).sum() + w * w  # softplus(z) = log(1 + exp(z))


# %% [markdown]
# Start at w = b = 0.1 and go downhill: each step is 0.0002 times the slope. The path of all ten
# thousand steps is recorded. Beside it stands scikit-learn, which minimises the same sum in another
# way. It counts the loss C times and the penalty half, so that our w² means C = 0.5.

# %%
path = descent.minimise(
    objective,
    {"w": 0.1, "b": 0.1},
    descent.SteepestDescent(),
    0.0002,
    steps=10_000,
    tolerance=0,
    engine="native",
)
peer = LogisticRegression(C=0.5, tol=1e-10).fit(x[:, None], answer)
along = np.linspace(0, 10, 101)
wanted = peer.predict_proba(along[:, None])[:, 1]


def curve(step):
    """The probability of 1 along the axis, after a number of steps."""
    at = path.at(step)
    return 1 / (1 + np.exp(-(at["b"] + at["w"] * along)))


for step in (0, 100, 1000, 10_000):
    far = abs(curve(step) - wanted).max()
    print(f"after {step:6} steps at most {far:.5f} from scikit-learn")
assert abs(curve(1000) - wanted).max() < 0.04
assert abs(curve(10_000) - wanted).max() < 1e-4

# %%
curves = {f"{step} steps": curve(step) for step in (100, 1000, 10_000)}
ax = plot.smoothed(wanted, curves, title="probability of 1")
ax.get_legend().get_texts()[0].set_text("scikit-learn")
ax.set_xlabel("x")
ax.set_xticks(range(0, 101, 20), range(0, 11, 2))
ax.scatter(10 * x, (answer + 1) / 2, s=6, color="grey", alpha=0.2, zorder=1)

# %% [markdown]
# After a hundred steps the curve has the right slope but the wrong place. The rest of the way is
# slow: the valley is narrow in one direction and nearly flat in the other. More about that in the
# lessons on descent.
#
# The curve is not as steep as the true step at 5. It cannot be: the wrong answers on both sides
# make certainty expensive.
#
# ## In two dimensions
#
# Two hundred points in four clouds around (±3, ±3). The class is the side: 1 where x > 0.

# %%
X, side = data.quadrants("side")


def cost(w, b, X, y):
    """The losses of all points, and half the square of the weights."""
    sums = X @ w + b
    return (pel.softplus(sums) - y * sums).sum() + (w * w).sum() / 2


start = {"w": np.zeros(2), "b": 0.0}
best = descent.minimise(cost, start, data=(X, side)).x
print("coefficients", best["w"].round(4), "intercept", best["b"].round(4))

peer = LogisticRegression(C=1.0).fit(X, side)
np.testing.assert_allclose(best["w"], peer.coef_[0], atol=1e-3)
np.testing.assert_allclose(best["w"], [2.3349, -0.0162], atol=1e-3)
np.testing.assert_allclose(best["b"], -0.5982, atol=1e-3)

# %% [markdown]
# These are scikit-learn's numbers too. The second weight is nearly 0, as it should be: up and down
# does not matter here. The probability over the whole plane:


# %%
def probability(points, at):
    return 1 / (1 + np.exp(-(points @ at["w"] + at["b"])))


square = ((-10, 10), (-10, 10))
plot.probability_surface(lambda points: probability(points, best), X, side, bounds=square)

# %% [markdown]
# ## What goes wrong
#
# Give the same points the other labels, those of XOR: 1 where the signs of the two numbers differ.

# %%
_, differ = data.quadrants("xor")
poor = descent.minimise(cost, start, data=(X, differ)).x
right = np.mean((probability(X, poor) > 0.5) == differ)
print(f"{right:.0%} right, weights {poor['w'].round(2)}")
assert right <= 0.6
plot.probability_surface(lambda points: probability(points, poor), X, differ, bounds=square)

# %% [markdown]
# The best that it can do is to say about ½ everywhere. It is not badly trained. It is the best
# plane there is, and no plane fits.
#
# ## Features by hand
#
# But a person sees four quadrants. So say in which of them a point lies, by four numbers of which
# one is 1 and the others 0. This is called *one-hot*. For these four features a weighted sum is
# enough: the weights of two quadrants up, those of the other two down.

# %%
_, quadrant = data.quadrants("quadrant")
hot = data.one_hot(quadrant, 4)
print(hot[:4])
helped = descent.minimise(cost, {"w": np.zeros(4), "b": 0.0}, data=(hot, differ)).x
right = np.mean((probability(hot, helped) > 0.5) == differ)
print(f"{right:.0%} right, weights {helped['w'].round(2)}")
assert right == 1

# %% [markdown]
# Before there were deep networks, most of the work went into features of this kind. A hidden layer
# finds its own. Here is one with four neurons on the plain coordinates, for comparison:

# %%
model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(1)])
model.fit(X, differ, optimizer=optim.Adam(0.05), epochs=60, seed=1, progress=False)
print(model.evaluate(X, differ))
plot.probability_surface(model.predict_proba, X, differ, bounds=square)

# %% [markdown]
# Both know the points. They differ where there are none: the features by hand hold in every
# quadrant, out to the horizon. What a network does far from its data is anybody's guess.
#
# ## Exercises
#
# 1. Show that `softplus(z) − y·z` with labels 0 and 1 is the same as `softplus(−y·z)` with −1 and
#    1.
# 2. Without a penalty, and with points that a line separates, there is no best weight. Why?
# 3. Which single number, computed from x₁ and x₂, would do instead of the four one-hot features?
#
# ## Change this and see
#
# - The step 0.0002 to 0.002, and to 0.00002.
# - Half of the answers wrong: `data.logistic_1d(flipped=0.5)`. What is the best curve then?
# - The penalty a hundred times as large. Which way do the probabilities go?
