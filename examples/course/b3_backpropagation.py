# %% [markdown]
# # Who is to blame?
#
# Rows: B6, B7
#
# A network of many neurons gives one wrong answer. Each weight has its share in that. How large a
# share? The answer is called backpropagation. An earlier lesson let the computer do it. This one
# does it by hand, once as formulas and once in numbers, and compares.

# %%
import numpy as np
import sympy

import pellucid as pel
from pellucid import data, nn, plot

# %% [markdown]
# ## The shortest network: two neurons in a chain
#
# One input x₁, one neuron behind the other, σ the sigmoid:
#
# > `a₁ = w₁x₁ + b₁`,  `z₁ = σ(a₁)`,  `a₂ = w₂z₁ + b₂`,  `z₂ = σ(a₂)`
#
# The answer z₂ should be y. Half the square of the error is the loss, J = ½(z₂ − y)².

# %%
x1, y = pel.placeholder((), "float64", name="x1"), pel.placeholder((), "float64", name="y")
w1, b1, w2, b2 = (
    pel.Variable(value, dtype="float64", name=name)
    for name, value in {"w1": 0.5, "b1": -0.3, "w2": 1.2, "b2": 0.1}.items()
)
a1 = w1 * x1 + b1
z1 = pel.sigmoid(a1)
a2 = w2 * z1 + b2
z2 = pel.sigmoid(a2)
J = 0.5 * (z2 - y) ** 2
print(pel.formula(J))

# %% [markdown]
# That is J in full, and nobody wants to read it. If parts get names, it becomes short. With z₂
# named, it is what was written above:

# %%
print(pel.formula(J, z2=z2))

# %% [markdown]
# The slope of J with respect to a sum is called the *blame* of that neuron here; books write δ. The
# gradients are recipes as well, and can be read as formulas:

# %%
delta1, delta2, dw1, db1, dw2, db2 = pel.grad(J, [a1, a2, w1, b1, w2, b2])
known = {"z1": z1, "z2": z2}
print("δ2 =", pel.formula(delta2, **known))
print("Δw2 ∝", pel.formula(dw2, delta2=delta2, **known))
print("Δb2 ∝", pel.formula(db2, delta2=delta2))
print("δ1 =", pel.formula(delta1, delta2=delta2, z1=z1))
print("Δw1 ∝", pel.formula(dw1, delta1=delta1))

# %% [markdown]
# Read them aloud:
#
# - The blame of the last neuron is its error times the slope of its sigmoid, `z₂(1 − z₂)`.
# - The blame of a weight is the blame of its neuron times what came in through that weight.
# - The blame of a bias is the blame of its neuron: what comes in there is always 1.
# - The blame of the neuron before is the blame of the one behind, times the weight between them,
#   times the slope of its own sigmoid. So blame flows backwards along the weights.
#
# For a chain of any length nothing new would come. The same in the notation of books:

# %%
print(sympy.latex(pel.formula(delta1, delta2=delta2, z1=z1)))

# %% [markdown]
# Put numbers in, and compare with the automatic gradient:

# %%
gradients = pel.function([x1, y], [z1, z2, delta1, delta2, dw1, dw2])
first, last, d1, d2, g1, g2 = gradients(2.0, 1.0)
by_hand = (last - 1) * last * (1 - last)
back = by_hand * 1.2 * first * (1 - first)
print(f"δ2 = {by_hand:.6f}, δ1 = {back:.6f}")
np.testing.assert_allclose([d2, g2, d1, g1], [by_hand, by_hand * first, back, back * 2.0])

# %% [markdown]
# ## A wider network, before it has learned anything
#
# Now two inputs, ten hidden neurons, one output, on the hundred points of the XOR lesson. All
# weights are drawn at random from the normal distribution.

# %%
X, labels = data.xor_blobs()
normal = nn.init.Normal(0, 1)
model = nn.Sequential(
    [
        nn.Linear(10, activation="tanh", weight_init=normal, bias_init=normal),
        nn.Linear(1, activation="sigmoid", weight_init=normal, bias_init=normal),
    ]
)
model.seed(6)
with pel.default_dtype("float64"):
    trace = model.trace(X, labels)
print(trace.table(values=False))

# %% [markdown]
# `trace` shows every quantity of one pass: forward above the line, backward below it. Z is what a
# layer sums, A what comes out of it, and `dL/dZ1` the blame of the sums of layer 1. All hundred
# points go through at once, so that each quantity is a table with a hundred rows.

# %%
assert trace["A1"].shape == (100, 10)
assert trace["A2"].shape == (100, 1)
plot.histogram(trace["A2"], 0.5, interval=(0, 1), label="output before training")

# %% [markdown]
# The outputs lie on both sides of ½, the dashed line. The network says something about each point,
# and means nothing by it.
#
# ## The pass in plain numbers
#
# With three neurons and two points the whole pass fits on a page:

# %%
small = nn.Sequential([nn.Linear(2, activation="tanh"), nn.Linear(1, activation="sigmoid")])
points, truth = [[1.0, 0.0], [0.0, 1.0]], [1, 0]
small(points)
weights = [[[1.0, -1.0], [0.5, 0.5]], [0.0, -0.5], [[1.0, -2.0]], [0.0]]
for variable, numbers in zip(small.parameters().values(), weights, strict=True):
    variable.assign(numbers)
page = small.trace(points, truth)
print(page)

# %% [markdown]
# The same for a sheet of LaTeX, here one line of it:

# %%
print(page["dL/dZ1"].latex())

# %% [markdown]
# ## By hand
#
# Every line of the table above is one line of NumPy. First forward, then backward. Begin with the
# loss, the cross-entropy of sigmoid outputs, whose blame at the last sums is simply the error over
# the number of points.


# %%
def forward(W1, b1, W2, b2):
    Z1 = X @ W1.T + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2.T + b2
    A2 = 1 / (1 + np.exp(-Z2))
    loss = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    return A1, A2, loss


def backward(W2, A1, A2):
    dZ2 = (A2 - Y) / len(X)
    dA1 = dZ2 @ W2
    dZ1 = dA1 * (1 - A1**2)
    return {
        "dL/dW1": dZ1.T @ X,
        "dL/db1": dZ1.sum(axis=0),
        "dL/dW2": dZ2.T @ A1,
        "dL/db2": dZ2.sum(axis=0),
    }


Y = labels[:, None]
start = [trace[name].value.astype(float) for name in ("W1", "b1", "W2", "b2")]
A1, A2, loss = forward(*start)
by_hand = backward(start[2], A1, A2)
for name, ours in by_hand.items():
    far = abs(ours - trace[name].value).max()
    print(f"{name}: shape {ours.shape}, at most {far:.1e} from the automatic gradient")
    assert far < 1e-12

# %% [markdown]
# And the third witness. Move each weight a little up and down, and see how the loss moves:

# %%
h = 1e-6
for k, (name, ours) in enumerate(by_hand.items()):
    measured = np.zeros_like(ours)
    for place in np.ndindex(ours.shape):
        moved = []
        for sign in (1, -1):
            shifted = [one.copy() for one in start]
            shifted[k][place] += sign * h
            moved.append(forward(*shifted)[2])
        measured[place] = (moved[0] - moved[1]) / (2 * h)
    print(f"{name}: at most {abs(measured - ours).max():.1e} from the differences")
    np.testing.assert_allclose(measured, ours, atol=1e-8)

# %% [markdown]
# The three agree. The differences needed two passes for each of the 41 weights. Backpropagation
# needed one pass forward and one back for all of them.
#
# ## What goes wrong
#
# Blame is multiplied by the slope of the activation at every layer. If the sums are large, tanh is
# flat, the slope is nearly 0, and nothing arrives at the front. Ten times the weights in layer 1:

# %%
for factor in (1, 10):
    Z1 = factor * (X @ start[0].T + start[1])
    slopes = 1 - np.tanh(Z1) ** 2
    print(f"weights × {factor}: half of the slopes are below {np.median(slopes):.1e}")

# %% [markdown]
# ## Exercises
#
# 1. Write the formulas for a chain of three neurons. Check them with `pel.formula`.
# 2. Why is the blame at Z2 simply the error, `A2 − Y`, over the number of points? Do the sum with
#    the derivative of the cross-entropy and that of the sigmoid.
# 3. If all weights begin equal, all hidden neurons get the same blame. What follows for training?
#
# ## Change this and see
#
# - `model.seed(6)` to other seeds. Is the histogram ever on one side of ½ only?
# - `tanh` to `relu`. Which line of the pass by hand must change, and how?
# - `print(page.latex())`, pasted into a document.
