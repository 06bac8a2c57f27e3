# %% [markdown]
# # How does a network find a line in a picture?
#
# Rows: E1, E2
#
# It slides a small window over the picture, and asks at every place: does it look like this here?
# This lesson does it with numbers that you can follow with a pencil.

# %%
import numpy as np

import pellucid as pel
from pellucid import nn, plot

# %% [markdown]
# ## A picture and a kernel
#
# A picture is a table of numbers. This one has six rows and six columns, and shows two short lines
# that fall to the right. The **kernel** is what we look for: a falling line of three pixels.

# %%
kernel = np.eye(3)
nothing = np.zeros((3, 3))
picture = np.block([[kernel, nothing], [kernel, nothing]])
plot.matrix_grid([picture, kernel], ["picture", "kernel"], columns=2, hide_zeros=True)

# %% [markdown]
# ## One step
#
# Lay the kernel on nine pixels. Multiply each pixel by the number that lies on it, and add up the
# nine products. The sum is the answer for this place. Outside the picture there are zeros, so that
# the window can stand on the edge too.

# %%
plot.convolution_step(picture, kernel, (1, 1), padding=1)

# %% [markdown]
# The sum is 3, the most that is possible: here the picture looks just like the kernel.
#
# ## Every step
#
# The window moves on by one, along each row and down. The products of all 36 places:

# %%
plot.convolution_steps(picture, kernel, padding=1, hide_zeros=True)

# %% [markdown]
# `pel.correlate` does all of that at once.

# %%
found = pel.correlate(picture, kernel).numpy()
assert found.tolist() == [
    [2, 0, 0, 0, 0, 0],
    [0, 3, 0, 0, 0, 0],
    [0, 0, 2, 0, 0, 0],
    [2, 0, 0, 1, 0, 0],
    [0, 3, 0, 0, 0, 0],
    [0, 0, 2, 0, 0, 0],
]
plot.matrix(found, hide_zeros=True, title="where does it look like the kernel?")

# %% [markdown]
# The two threes are the middles of the two lines. The 1 is an accident: a single pixel of the
# kernel met a single pixel of a line.
#
# ## The counter-example
#
# A line that rises to the right. The same kernel finds single pixels everywhere, and nothing more
# than that. Its mirror image finds the line.

# %%
rising = np.fliplr(np.eye(6))
falling_found = pel.correlate(rising, kernel).numpy()
rising_found = pel.correlate(rising, np.fliplr(kernel)).numpy()
assert falling_found.max() == 1
assert rising_found.max() == 3
plot.matrix_grid(
    [rising, falling_found, rising_found],
    ["picture", "by the falling kernel", "by the rising kernel"],
    columns=3,
    hide_zeros=True,
)

# %% [markdown]
# ## Two words for nearly the same
#
# What we did is called **correlation**. In mathematics, **convolution** turns the kernel by half a
# turn first. For a kernel that looks the same after half a turn there is no difference. For this
# one there is:

# %%
arrow = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]])
dot = np.zeros((3, 5))
dot[1, 2] = 1
moved = [pel.correlate(dot, arrow).numpy(), pel.convolve(dot, arrow).numpy()]
assert np.array_equal(moved[1], pel.correlate(dot, arrow[::-1, ::-1]).numpy())
heads = ["a dot", "correlation", "convolution"]
plot.matrix_grid([dot, *moved], heads, columns=3, hide_zeros=True)

# %% [markdown]
# The kernel asks for what lies to the right of each place. Correlation finds the dot from the place
# to its left. Convolution turns the question around, and the dot moves to the right. The layers of
# networks correlate and call it convolution. It does not matter there: a kernel that is learned can
# be learned either way round.
#
# ## What lies beyond the edge?
#
# Zeros are one answer. Others repeat the last pixel, mirror the picture, or go round to the other
# side. A kernel of nine ones over nine, which takes the mean, shows what they do at the edge of an
# even grey: only zeros make a dark frame.

# %%
grey = np.full((4, 4), 0.9)
for boundary in ("constant", "nearest", "reflect", "mirror", "wrap"):
    mean = pel.correlate(grey, np.ones((3, 3)), boundary=boundary, divisor=9).numpy()
    print(f"{boundary:9} corner {mean[0, 0]:.1f}  edge {mean[0, 1]:.1f}  middle {mean[1, 1]:.1f}")
    assert (mean[0, 0] < 0.5) == (boundary == "constant")

# %% [markdown]
# ## Less is enough
#
# We know where the lines are, to the pixel. Often it is enough to know it roughly. **Max pooling**
# cuts the result into windows of two by two, and keeps the greatest number of each.

# %%
pooled = pel.max_pool(found[None, None], 2).numpy()[0, 0]
assert pooled.tolist() == [[3, 0, 0], [2, 2, 0], [3, 2, 0]]
plot.pooling(found, hide_zeros=True)

# %% [markdown]
# A quarter of the numbers is left, and both lines are still there. If a line moves by one pixel,
# most of the result stays as it was. That is what pooling is for.
#
# The mean of each window instead of its greatest number keeps less of what stands out:

# %%
averaged = nn.AvgPool2d(2)(found[None, None]).numpy()[0, 0]
print(averaged)
assert averaged.max() == 1.25

# %% [markdown]
# Where the window does not fit a whole number of times, the rest at the edge is left out, or kept
# if you ask for it. Windows of four over six columns:

# %%
left_out = pel.max_pool(found[None, None], 4).numpy()[0, 0]
kept = pel.max_pool(found[None, None], 4, ceil=True).numpy()[0, 0]
print(left_out, kept, sep="\n\n")
assert (left_out.tolist(), kept.tolist()) == ([[3]], [[3, 0], [3, 0]])

# %% [markdown]
# ## Nothing below zero
#
# A kernel may hold negative numbers: here must be ink, and there must be none. Then a sum may be
# negative, which says "the opposite of what I look for". ReLU makes zero of that.

# %%
strict = 2 * kernel - 1
sums = pel.correlate(picture, strict).numpy()
both = [sums, pel.relu(sums).numpy()]
plot.matrix_grid(both, ["before", "after ReLU"], columns=2, hide_zeros=True, signed=True)

# %% [markdown]
# Convolution, ReLU, pooling: this is a layer of a network that looks at pictures. What is missing
# is one thing. We chose the kernel. The next lesson lets the network find it.
#
# ## Change this and see
#
# - Give the picture a line of six pixels, `np.eye(6)`. What does the kernel answer along it?
# - Move the picture by one pixel, `np.roll(picture, 1, axis=1)`, and pool again.
# - Show another step: `plot.convolution_step(picture, kernel, (3, 3), padding=1)`. Why is it 1?
#
# ## Exercises
#
# 1. Find a kernel that answers 3 in the middle of an upright line of three pixels, and at most 1 on
#    a level one.
# 2. The kernel [[−1, 1]] over a photograph shows edges. Which ones, and where is it negative?
# 3. How large is the result of a 5 × 5 kernel over a 28 × 28 picture without any border, and after
#    pooling by two?
