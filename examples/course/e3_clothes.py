# %% [markdown]
# # How does a network read a picture, and where does it err?
#
# Rows: E4, E5
#
# This is the network of the lesson before, grown up: more kernels, two layers of them, and three
# layers of units behind. It was made for Fashion-MNIST, 70,000 pictures of pieces of clothing. So
# that the lesson runs in seconds and needs no network, it trains on the small digits instead. One
# line changes that.

# %%
import numpy as np

from pellucid import data, nn, optim, plot

CLOTHES = False  # True for Fashion-MNIST: fetched once, 30 MB, and minutes instead of seconds

if CLOTHES:
    found = data.fashion_mnist()
    pictures, labels, names = found.X, found.y, found.class_names
    train, test = np.arange(60_000), np.arange(60_000, 70_000)
else:
    found = data.digits()
    pictures, labels, names = found.X.reshape(-1, 1, 8, 8), found.y, found.class_names
    train, test = data.split(len(labels), 0.3, seed=0)
print(pictures.shape, len(train), len(test))
plot.image_grid(pictures[:9], [names[k] for k in labels[:9]], rows=3, columns=3)

# %% [markdown]
# The shape is (pictures, channels, height, width). Grey pictures have one channel.
#
# ## The network
#
# What is new since the last lesson:
#
# - **Batch norm** brings what each kernel found, over all pictures of a batch, to mean 0 and
#   deviation 1. The layers behind it meet numbers of the same size at every step. In the first
#   lesson on networks we scaled the inputs; this does it in the middle.
# - **Dropout** silences each of the 600 units with probability 0.25, anew at each step. The next
#   layer cannot rely on any one of them. When the network is asked, all units speak.
# - The last layer gives ten scores, without a softmax: the loss makes the probabilities itself, in
#   a way that does not lose digits.


# %%
def clothing_network():
    return nn.Sequential(
        [
            nn.Conv2d(32, 3, padding=1),
            nn.BatchNorm2d(),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 3),
            nn.BatchNorm2d(),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(600),
            nn.Dropout(0.25),
            nn.Linear(120),
            nn.ReLU(),
            nn.Linear(10),
        ]
    )


large = clothing_network()
large(np.zeros((1, 1, 28, 28), "float32"))
assert large.summary().total == 1_475_338
large.summary()

# %% [markdown]
# Follow the shapes for clothes of 28 × 28 pixels: 32 kernels, halved to 14 × 14; 64 kernels without
# a border, 12 × 12, halved to 6 × 6. That is 64 × 6 × 6 = 2,304 numbers. The layer of 600 units
# behind them holds most of all weights: 600 × (2,304 + 1) = 1,383,000 of 1,475,338.
#
# ## Training
#
# Batches of 64, Adam with its usual rate of 0.001. `prepare="minmax"` brings the pixels to 0…1. A
# `progress` of 1 prints a line for every epoch; on the whole Fashion-MNIST two epochs take the
# accuracy to about 88 and then 90 %.

# %%
model = clothing_network()
history = model.fit(
    pictures[train],
    labels[train],
    loss="cross_entropy",
    optimizer=optim.Adam(0.001),
    batch_size=64,
    epochs=2 if CLOTHES else 5,
    prepare="minmax",
    seed=1,
    progress=1,
)

# %%
plot.step_losses(history.step_losses, title="loss of every step")

# %% [markdown]
# The loss begins near ln 10 = 2.3: that is what it costs to give each of ten classes the same
# probability. If the first loss is much higher, something is wrong before training has begun.
#
# Now the exam. `evaluate` asks as the network is used later: no unit is silenced, and batch norm
# takes the means that it remembered in training.

# %%
result = model.evaluate(pictures[test], labels[test])
print({name: round(value, 3) for name, value in result.items()})
assert result["accuracy"] > (0.85 if CLOTHES else 0.95)

# %% [markdown]
# ## What was taken for what
#
# One number hides much. The matrix has a row for each true class and a column for each answer.

# %%
answers = model.classify(pictures[test])
plot.confusion_matrix(labels[test], answers, names)

# %% [markdown]
# And the pictures themselves, the surest mistakes first. Look at each and ask: is the network
# wrong, is the picture bad, or is the label?

# %%
sure = model.predict_proba(pictures[test]).max(axis=1)
plot.mistakes(pictures[test], labels[test], answers, names, confidence=sure, limit=9)

# %% [markdown]
# Is it at least less sure when it errs? If so, pictures below some threshold could be given to a
# person.

# %%
wrong = answers != labels[test]
print(f"sure when right: {sure[~wrong].mean():.2f}, when wrong: {sure[wrong].mean():.2f}")
assert sure[wrong].mean() < sure[~wrong].mean()

# %% [markdown]
# ## What it looks for
#
# The 32 kernels of the first layer. Blue asks for ink and orange for paper.

# %%
weights = model.variables()
plot.kernels(weights["0.weight"].numpy())

# %% [markdown]
# The second layer has 64 kernels, each of which looks at all 32 maps of the first: a column for
# each of them and a row for each map. Nobody can read these. They say how finds are put together.

# %%
plot.kernels(weights["4.weight"].numpy())

# %% [markdown]
# ## What it sees
#
# One picture on its way through the network. Each small square is what one kernel found in it, the
# darker the more.

# %%
trace = model.trace(pictures[test[:1]])
places = ("X", "A1", "pool1", "A2", "pool2", "Z5")
plot.feature_maps({name: trace[name].value[0] for name in places})

# %% [markdown]
# X is the picture. A1 are 32 maps, one for each kernel of the first layer: each has found strokes
# of another direction, or edges above and below. Pooling halves them. A2 are the 64 maps of the
# second layer, and Z5 are the ten scores: the greatest decides.

# %%
scores = trace["Z5"].value[0]
print("greatest score:", names[scores.argmax()], " answer:", names[answers[0]])
assert scores.argmax() == answers[0]

# %% [markdown]
# ## Change this and see
#
# - Set `CLOTHES = True`. Which two pieces of clothing are mixed up most? Would you tell them apart?
# - Take both `BatchNorm2d` out, and compare the losses of the first fifty steps.
# - Put `nn.RandomTranslation(1)` in front: each picture is shifted anew at every step.
#
# ## Exercises
#
# 1. Count the parameters of each layer of the large network by hand. Batch norm has two for each
#    kernel that are learned, and two that are not.
# 2. Between the `Linear` layers of 600 and 120 units there is no activation. What could one layer
#    do in place of both, and how many weights would that save?
# 3. Give a person all pictures of which the network is less than 90 % sure. How many are these, and
#    how many mistakes are left?
