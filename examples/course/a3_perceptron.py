# %% [markdown]
# # Where does the line go?
#
# Rows: A3, A4
#
# Two kinds of points lie on a sheet of paper. How could a machine find a line between them if all
# that it may do is look at one point after the other?

# %%
import matplotlib.pyplot as plt
import numpy as np

import pellucid as pel
from pellucid import data, descent, nn, optim, plot
from pellucid.errors import DataError

X, y = data.line_points()
print(X.shape, np.unique(y))
plot.scatter_classes(X, y)

# %% [markdown]
# A hundred points in a square, from −3 to 3 each way. Those below the diagonal are called −1, those
# above it 1. We know where the line is. The machine does not.
#
# ## Rosenblatt's rule
#
# In 1958 Frank Rosenblatt gave a rule that fits in a line. The neuron answers with the sign of its
# sum. While it is right, leave it alone. When it is wrong, add the point to its weights:
#
# > `w ← w + (y − ŷ) x`
#
# Here `y` is the truth and `ŷ` (say "y hat") the answer. To have a bias as well, every point gets a
# third number that is always 1. The whole machine:

# %%
rows = np.column_stack([X, np.ones(100)])
w = np.zeros(3)
mistakes = []
while not mistakes or mistakes[-1]:
    mistakes.append(0)
    for x, label in zip(rows, y, strict=True):
        answer = np.sign(x @ w)
        if answer != label:
            w = w + (label - answer) * x
            mistakes[-1] += 1
print(mistakes)
print(w.round(3))
assert len(mistakes) == 7

# %% [markdown]
# Six times through the points it makes mistakes. The seventh time it makes none, and stops. The
# library has the rule under the name `descent.perceptron` and remembers every line on the way.

# %%
path = descent.perceptron(X, y)
np.testing.assert_allclose(path.weights[-1], w)
assert path.separates
assert np.array_equal(path.predict(X), y)
path.plot()

# %% [markdown]
# The last line is bold, the older ones are paler. It is not the diagonal, and it is not in the
# middle of the gap. The rule stops as soon as nothing is wrong, and does not care how narrowly.
#
# ## What goes wrong: a corner too many
#
# Now four corners of a square. Opposite corners belong together; this is called *exclusive or*, XOR
# for short. Try to draw a line between the two pairs. There is none, and the rule would turn its
# line for ever. Before it begins, the library looks whether a line can exist at all:

# %%
corners, pairs = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [-1, 1, 1, -1]
try:
    descent.perceptron(corners, pairs)
except DataError as error:
    print(error)

# %% [markdown]
# The message gives a proof. The middle of the square lies between the two corners of one kind, and
# also between the two of the other. A line would have to have it on both sides. The mend is the
# subject of the next lesson.
#
# ## A neuron that is less sure of itself
#
# The sign knows only right and wrong. A *sigmoid* perceptron gives a probability instead, so that
# it can be a little wrong, and so that there is a slope to follow. How wrong it is, is measured by
# the *cross-entropy*: minus the logarithm of the probability that it gave to the truth.

# %%
for p in (0.99, 0.9, 0.5, 0.1, 0.01, 0.0):
    loss = nn.binary_cross_entropy([p], [1.0]).item()
    print(f"it said {p:4} for what was true: loss {loss:.3g}")

# %% [markdown]
# The logarithm of 0 would be infinite. The library stops at 100, so that one hopeless answer cannot
# ruin everything.
#
# Training now goes like this. Begin with random weights between −1 and 1. Draw eight points at
# random. Compute the mean loss of the eight, and its slope with respect to each weight. Go one step
# downhill: the weight minus the slope. Draw eight others. A hundred steps are enough. To watch it,
# a *callback* looks at the weights after every step.


# %%
class Watch(pel.Callback):
    """Remember the weights and the bias after each step."""

    granularity = "step"

    def __init__(self):
        self.numbers = []

    def on_progress(self, training):
        variables = training.model.variables()
        self.numbers.append([*variables["0.weight"].numpy()[0], *variables["0.bias"].numpy()])


# %%
def neuron(activation="sigmoid"):
    start = nn.init.Uniform(-1, 1)
    unit = nn.Linear(1, activation=activation, weight_init=start, bias_init=start)
    return nn.Sequential([unit])


def learn(model, labels, loss="binary_cross_entropy", **options):
    watch = Watch()
    history = model.fit(
        X,
        labels,
        loss=loss,
        optimizer=optim.SGD(1.0),
        batch_size=8,
        steps=100,
        seed=0,
        callbacks=[watch],
        progress=False,
        **options,
    )
    return np.array(watch.numbers), history.step_losses


# %%
above = y > 0
model = neuron()
numbers, losses = learn(model, above.astype(int))
accuracy = np.mean(model.classify(X) == above)
print(f"{accuracy:.0%} right")
assert accuracy >= 0.95

columns = dict(zip(("weight 1", "weight 2", "bias"), numbers.T, strict=True))
figure = plot.curves(columns | {"cross-entropy": losses}, unit="step", title="a hundred steps")
for ax in figure.axes:
    ax.set_xlabel("step")

# %% [markdown]
# The loss of a step jumps, because each step sees other points. The weights move more calmly. They
# run apart, one down and one up: the longer the training, the steeper the edge, since the points
# leave room for certainty. The bias stays small, because the diagonal passes through the middle.

# %%
plot.probability_surface(model.predict_proba, X, y, label="class probability")

# %% [markdown]
# ## With parts exchanged
#
# If we know that the line passes through the middle, the bias can be held at 0:

# %%
fixed = neuron()
fixed(X)
fixed[0].bias.assign([0.0])
fixed[0].bias.trainable = False
numbers, _ = learn(fixed, above.astype(int))
assert set(numbers[:, 2]) == {0.0}
print(f"{np.mean(fixed.classify(X) == above):.0%} right")

# %% [markdown]
# And activation and loss can be others. `tanh` answers between −1 and 1, so the labels are −1 and 1
# again, and the loss is the squared error:

# %%
figure, places = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for ax, (name, loss) in zip(places, {"tanh": "mse", "softsign": "mae"}.items(), strict=True):
    other = neuron(name)
    _, losses = learn(other, y.astype(float), loss, metrics=["accuracy"])
    right = other.evaluate(X, y)["accuracy"]
    plot.step_losses(losses, window=10, ax=ax, title=f"{name}, {loss}: {right:.0%} right")
plt.show()

# %% [markdown]
# ## Exercises
#
# 1. Why does adding the point to the weights help? Compute the sum for that point before and after.
# 2. Start Rosenblatt's rule from other weights than 0. Does it always end? With the same line?
# 3. Take one point and give it the wrong label. What does `descent.perceptron` say? What does the
#    sigmoid perceptron do?
#
# ## Change this and see
#
# - The seed of the points: `data.line_points(seed=58)`. They leave a gap so narrow that
#   Rosenblatt's rule is not finished after a thousand rounds.
# - The learning rate of the sigmoid perceptron: 0.01, 10, 100.
# - `batch_size=1` and `batch_size=100`. Look at the jumps of the loss.
