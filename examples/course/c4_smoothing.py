# %% [markdown]
# # How long should one remember?
#
# Rows: C5
#
# The loss of a training jumps from step to step. So does the temperature from day to day. To see
# where it is going, one takes a mean over the recent past. But how recent, and does yesterday count
# as much as last week?

# %%
import numpy as np

from pellucid import descent, optim, plot

# %% [markdown]
# ## Two memories
#
# A *moving average* takes the mean of the last ten values. All of them count the same, and what is
# older does not count.
#
# The other way keeps a single number y. When a new value x comes, y moves a part a of the way to
# it:
#
# > `y_new = a · x + (1 − a) · y_old`,  with 0 < a < 1, begun at the first x
#
# It is called the *exponentially weighted moving average*, EWMA for short. To see what the two
# remember, give them a signal in which one single thing happens:

# %%
signal = np.zeros(60)
signal[20] = 1
window = descent.moving_average(signal, 10)
ewma = descent.ewma(signal, 0.2)
plot.smoothed(signal, {"mean of the last 10": window, "EWMA, a = 0.2": ewma})

# %% [markdown]
# The window remembers the event for ten steps, at a tenth of its height. Then it forgets all at
# once; the fall at step 30 has nothing to do with anything that happened at step 30. The EWMA jumps
# to a fifth and fades. Each step it keeps four fifths of what it had, and it never quite forgets:

# %%
assert np.allclose(window[20:30], 0.1)
assert (window[30:] == 0).all()
assert np.allclose(ewma[20:], 0.2 * 0.8 ** np.arange(40))
print([f"{value:.1e}" for value in ewma[[20, 30, 40, 50, 59]]])

# %% [markdown]
# It needs no list of the last ten values. One number is enough. For a network with a million
# weights that is the difference between one more number for each weight and ten.
#
# ## On a noisy signal

# %%
generator = np.random.default_rng(0)
steps = np.arange(300)
loss = 2 * np.exp(-steps / 60) + 0.3 * generator.standard_normal(300)
versions = {f"a = {a}": descent.ewma(loss, a) for a in (0.5, 0.1, 0.02)}
plot.smoothed(loss, versions, title="a loss and what is behind it")

# %% [markdown]
# A large a follows every jump. A small one is calm but late: it still believes in the past. As a
# rule of thumb the EWMA remembers 1/a steps.
#
# ## What goes wrong: the beginning
#
# We began at the first value. If one begins at 0 instead, the first averages are far too small.
# After n steps the weights of all values seen add up to 1 − (1 − a)ⁿ only. Dividing by this mends
# it:

# %%
a = 0.1
constant = np.full(8, 5.0)
from_zero = descent.ewma(np.append(0, constant), a)[1:]
mended = from_zero / (1 - (1 - a) ** np.arange(1, 9))
print("begun at 0:", from_zero.round(2))
print("mended:    ", mended.round(2))
assert np.allclose(mended, 5)

# %% [markdown]
# ## This is what Adam does
#
# The optimizer Adam keeps two such averages for each weight, both begun at 0 and mended in this
# way: one of the slopes, with a = 0.1, and one of their squares, with a = 0.001. Its step is the
# first divided by the root of the second. So we can predict its whole path from the slopes that it
# met:


# %%
def f(x):
    return 2 - 3 * x**3 + x**4


path = descent.minimise(f, 1.0, optim.Adam(0.1), steps=10)
slopes = path.gradients[:-1]
n = np.arange(1, 11)
mean = descent.ewma(np.append(0, slopes), 0.1)[1:] / (1 - 0.9**n)
square = descent.ewma(np.append(0, slopes**2), 0.001)[1:] / (1 - 0.999**n)
predicted = -0.1 * mean / (np.sqrt(square) + 1e-8)
print(np.diff(path.points).round(5))
np.testing.assert_allclose(np.diff(path.points), predicted)

# %%
path.plot(bounds=(0.5, 3), title="ten steps of Adam")

# %% [markdown]
# The first step is 0.1 long, whatever the slope: mean and root are the same number then, up to the
# sign. This is why Adam cares so little about how a problem is scaled.
#
# ## Exercises
#
# 1. After how many steps is half of an event left in the EWMA with a = 0.2? After how many a
#    hundredth?
# 2. Which window has its values, on average, as old as those of an EWMA with a = 0.1?
# 3. Momentum adds half of the last step to the next. Write it as an EWMA of slopes. What is a?
#
# ## Change this and see
#
# - Two events, five steps apart. Which of the two memories can still tell them apart?
# - A signal that rises evenly, `np.arange(60)`. How far do the two lag behind?
# - Adam on `lambda x: 1000 * f(x)`. Compare the path.
