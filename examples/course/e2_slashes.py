# %% [markdown]
# # Can a network find the kernel by itself?
#
# Rows: E3
#
# Twenty pictures of six by six pixels. Ten show a stroke that falls to the right, ten one that
# rises. First we give the network the kernels that we would choose. Then we let it change them.

# %%
import numpy as np

import pellucid as pel
from pellucid import data, nn, optim, plot

X, back = data.slashes()
names = ["forward", "back"]
plot.image_grid(X, [names[k] for k in back], rows=4, columns=5)

# %% [markdown]
# Paper is −1, ink is 1. Some strokes are two pixels long, some six, and some reach beyond the edge.
#
# ## The network
#
# Two kernels of three by three slide over the picture. ReLU keeps what is above zero, pooling the
# greatest of each four. What is left are two times three by three numbers, and from these a last
# layer makes the probabilities of both classes.


# %%
class Slashes(nn.Network):
    def __init__(self):
        self.conv = nn.Conv2d(2, kernel_size=3, padding="same", bias=False)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.decide = nn.Linear(2, activation="softmax")

    def forward(self, x):
        return self.decide(self.flatten(self.pool(pel.relu(self.conv(x)))))


# %% [markdown]
# ## Kernels by hand
#
# A falling stroke is ink on the diagonal and paper beside it. So the kernel has 1 on the diagonal
# and −1 elsewhere, over 9. The other is the same upside down. Weights have names, and are set by
# name.

# %%
falling = (2 * np.eye(3) - 1) / 9
kernels = np.stack([falling, falling[::-1]])[:, None]


def network():
    model = Slashes()
    model.seed(0)
    model(X)
    model.variables()["conv.weight"].assign(kernels)
    return model


fixed = network()
print({name: variable.shape for name, variable in fixed.variables().items()})
plot.matrix_grid(kernels[:, 0], ["back", "forward"], columns=2, number_format=".2f", signed=True)

# %% [markdown]
# Two kernels of nine numbers: the shape is (2, 1, 3, 3), because a picture may have more channels
# than one. Weights of another shape are refused.

# %%
try:
    fixed.variables()["conv.weight"].assign(kernels[:, 0])
except pel.errors.ShapeError as error:
    print(error)

# %% [markdown]
# ## What the layers see
#
# The first kernel on all twenty pictures, after convolution and ReLU. The upper ten strokes fall,
# and the kernel finds them. The lower ten rise. Empty paper is grey, not white: nine times −1 under
# this kernel make (6 − 3) / 9, a third.

# %%
trace = fixed.trace(X)
seen = np.maximum(trace["Z1"].value[:, 0], 0)
by_hand = pel.relu(pel.correlate(X[:, 0], falling)).numpy()
assert np.allclose(seen, by_hand, atol=1e-6)
plot.image_grid(seen, [names[k] for k in back], rows=4, columns=5)

# %% [markdown]
# And after pooling, as numbers. This is all that the last layer knows of this kernel.

# %%
pooled = pel.max_pool(by_hand[:, None], 2).numpy()[:, 0]
plot.matrix_grid(pooled, rows=4, columns=5, number_format=".1f", hide_zeros=True)

# %% [markdown]
# ## Trained with the kernels held fast
#
# `freeze` keeps the kernels as they are. Only the last layer learns, for 500 epochs. An epoch is
# one step here, since all twenty pictures are one batch. Momentum lets a step run on in the
# direction of those before it, and the rate falls a very little at each step.


# %%
def trained(model):
    rate = optim.InverseTimeDecay(0.01, decay=1e-6)
    model.fit(
        X,
        back,
        optimizer=optim.SGD(rate, momentum=0.9, nesterov=True),
        epochs=500,
        metrics=["accuracy"],
        seed=0,
        progress=False,
    )
    right = model.predict_proba(X)[np.arange(20), back]
    accuracy = model.evaluate(X, back)["accuracy"]
    print(f"accuracy {accuracy:.2f}, the least probability of the right class {right.min():.3f}")
    assert accuracy == 1
    return right


fixed.conv.freeze()
held = trained(fixed)
assert np.array_equal(fixed.conv.weight.numpy(), kernels.astype("float32"))

# %% [markdown]
# All twenty are right, though of the weakest the network is not sure.
#
# ## Trained with the kernels released

# %%
free = network()
released = trained(free)
assert released.min() > held.min()
assert released.min() >= 0.85
plot.kernels(free.conv.weight.numpy(), kernels, names[::-1])

# %% [markdown]
# The diagonals are still there, and they have become stronger. Beside them the weights have moved
# where it helps with these twenty pictures.

# %%
plot.true_class_probability({"kernels held fast": held, "kernels released": released})

# %% [markdown]
# Every picture gained. Does that mean that released kernels are better? On these twenty, which the
# network has seen. For a fair answer it must be asked about strokes that it has not.

# %%
others, truth = data.slashes(seed=1)
for name, model in {"held fast": fixed, "released": free}.items():
    correct = int((model.classify(others) == truth).sum())
    print(f"kernels {name}: {correct} of {len(others)} other strokes are right")
    assert correct in (14, 15)

# %% [markdown]
# Fourteen of twenty and fifteen of twenty. That is one picture of difference, and no answer. And
# both were right for all that they had seen: being sure of twenty pictures promises nothing for
# others.
#
# ## How it went
#
# The loss is the cross-entropy: the mean of −ln p, where p is the probability of the right class.
# It goes on falling when all twenty are right, because no p is ever 1.

# %%
plot.curves({name: free.history[name] for name in ("loss", "accuracy")})

# %% [markdown]
# ## Change this and see
#
# - Leave out the line that sets the kernels, so that they start at random. Do the diagonals appear?
# - Give the layer four kernels, at random. What are the other two for?
# - Take the pooling away. How many weights has the last layer then?
#
# ## Exercises
#
# 1. Draw five pictures of your own: a cross, an upright line, nothing. What does the network say of
#    each, and how sure is it?
# 2. Ask ten other seeds of `data.slashes`. In how many is the released network better, in how many
#    worse? Write down what you expect first.
# 3. Why is it enough to look at the greatest of four numbers, and where would it not be?
