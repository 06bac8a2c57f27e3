# %% [markdown]
# # What does a layer see?
#
# Rows: D3, D5
#
# A network bends a plane until a straight line can cut it. This lesson trains one on two half
# moons, and then looks at the plane from inside.

# %%
import numpy as np

from pellucid import data, nn, optim, plot

X, y = data.moons(1000, noise=0.1, seed=1234)
train, test = data.split(1000, 0.3, seed=1234)
data.check_disjoint(train, test)
plot.scatter_classes(X, y)

# %% [markdown]
# The split says which 700 points the network may learn from. The other 300 are the exam. A network
# that is asked what it has learned by heart proves nothing, so the two must have no point in
# common: `check_disjoint` would raise an error.
#
# ## Four, two, one
#
# Three layers, each unit a sigmoid: four units, then two, then one, whose answer is a probability.

# %%
network = nn.Sequential([nn.Linear(units, activation="sigmoid") for units in (4, 2, 1)])
network.seed(2)
network(X[:1])
summary = network.summary()
assert [row.parameters for row in summary.rows] == [12, 10, 3]
summary

# %% [markdown]
# How do 25 parameters come about? A unit has one weight for each input, and a bias. The first layer
# has 4 × (2 + 1) = 12, the second 2 × (4 + 1) = 10, the last 1 × (2 + 1) = 3. `None` stands for the
# number of rows, which the network does not care about.

# %%
settings = {
    "loss": "binary_cross_entropy",
    "metrics": ["accuracy"],
    "epochs": 100,
    "seed": 2,
    "progress": False,
}
first = network.fit(X[train], y[train], optimizer=optim.Adam(0.05), **settings)
first.plot()

# %% [markdown]
# In a few epochs the network has found a border that is nearly straight, and is right for almost
# nine points in ten. There it rests. Has it learned all that it can?
#
# A second `fit` goes on from the weights that are there. Only the optimizer begins anew: Adam keeps
# running means of the gradients, and these start from nothing.

# %%
second = network.fit(X[train], y[train], optimizer=optim.Adam(0.05), **settings)
second.plot()

# %% [markdown]
# It had not. The border begins to bend, and the loss falls a second time. A loss that rests for a
# while is no proof that training is over. And other starts bend sooner: try other seeds.

# %%
accuracy = network.evaluate(X[test], y[test])["accuracy"]
print(f"loss after the first fit {first['loss'][-1]:.4f}")
print(f"loss after the second {second['loss'][-1]:.4f}")
print(f"accuracy in the exam {accuracy:.3f}")
assert second["loss"][-1] < first["loss"][-1]
assert accuracy >= 0.99

# %%
plot.probability_surface(network.predict_proba, X, y, margin=0.1, resolution=150)

# %% [markdown]
# ## From inside
#
# Now a thinner network, three, two, one. It is written in another way: each layer is called on what
# the layer before it gives. `three` and `two` are names for places in the network, and any place
# can be asked for its values.

# %%
inputs = nn.Input((2,))
three = nn.Linear(3, activation="sigmoid")(inputs)
two = nn.Linear(2, activation="sigmoid")(three)
chain = nn.Model(inputs, nn.Linear(1, activation="sigmoid")(two))

chain.fit(
    X,
    y,
    loss="binary_cross_entropy",
    optimizer=optim.Adam(0.05),
    epochs=500,
    seed=0,
    progress=False,
)
accuracy = chain.evaluate(X, y)["accuracy"]
print(f"accuracy {accuracy:.3f}")
assert accuracy >= 0.99

# %% [markdown]
# What does the layer of two units make of the moons? It has two outputs, so every point of the
# plane goes to a point of a square.

# %%
seen = chain.probe(two)(X)
names = ["unit 1", "unit 2"]
ax = plot.scatter_classes(seen, y, features=names, title="the moons, as layer two sees them")
w, b = (chain.variables()[f"2.{name}"].numpy() for name in ("weight", "bias"))
ax.axline(-b[0] * w[0] / (w[0] @ w[0]), slope=-w[0, 0] / w[0, 1], color="black", linestyle=":")
ax

# %% [markdown]
# One moon has become a heap in one corner, the other a thin arc on the far side, and few points lie
# between. The dotted line is what the last unit does: it cuts straight, and that is enough.

# %%
right = ((seen @ w[0] + b[0] > 0) == (y == 1)).mean()
print(f"right by the straight line: {right:.3f}")
assert right >= 0.99

# %% [markdown]
# One layer earlier there are three units, so the points lie in a cube.

# %%
cube = chain.probe(three)(X)
plot.scatter_classes(
    cube, y, features=["unit 1", "unit 2", "unit 3"], title="as three units see them"
)

# %% [markdown]
# The plane has become a curved sheet. Each unit has folded it along one line, and it lies bent in
# the cube so that a plane can pass between the moons.
#
# ## Two heads
#
# A network may have several ends. Here the layer of three units has two: an answer, and a view with
# two numbers. Only the answer stands in the loss.

# %%
three = nn.Linear(3, activation="sigmoid")(inputs)
heads = {"answer": nn.Linear(1, activation="sigmoid")(three), "view": nn.Linear(2)(three)}
both = nn.Model(inputs, heads)
history = both.fit(X, {"answer": y}, epochs=20, seed=1, progress=False)
print(*history.notes, sep="\n")
assert "'view' is not in the loss" in history.notes[0]

# %% [markdown]
# The second head gives numbers all the same. They are those of the weights that it was born with,
# and mean nothing. This is why it is reported: a head that was forgotten looks like one that works.

# %%
{name: np.shape(values) for name, values in both.predict(X).items()}

# %% [markdown]
# ## Change this and see
#
# - Raise the noise of the moons to 0.3. Where does the accuracy in the exam end, and why not at 1?
# - Train the chain for 20 epochs only, and look at what layer two sees.
# - Replace every sigmoid of the chain by `"tanh"`, except the last.
#
# ## Exercises
#
# 1. How many parameters has a network of 10, 20, 20 and 3 units on 5 inputs? Check it with
#    `summary`.
# 2. Draw each unit of layer `three` as a surface over the plane: `plot.probability_surface` takes
#    any function of points. Where are the three folds?
# 3. Give both heads a target: `{"answer": y, "view": X}`. Can three numbers remember where a point
#    was?
