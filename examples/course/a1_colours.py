# %% [markdown]
# # Ice, grass or sand?
#
# Rows: A1
#
# You look down from an aeroplane and say at once: that is ice, that is grass, that is sand.
# What would a machine have to know for that? Very little, as it turns out. This lesson writes the
# rule by hand, with five numbers in it. Then it lets a machine find its own.

# %%
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from pellucid import data, nn, optim, plot

# %% [markdown]
# ## Pictures are numbers
#
# First we need pictures. The library can draw some, and we keep them as files in a folder, one
# folder inside it for each kind of ground. Pictures of your own would be laid out in the same way.

# %%
folder = Path(tempfile.mkdtemp())
kinds = ("grass", "ice", "sand")
for number, (pixels, kind) in enumerate(zip(*data.surfaces(60), strict=True)):
    place = folder / kinds[kind]
    place.mkdir(exist_ok=True)
    # Half of them as PNG and half as JPEG, and not all of the same width.
    ending = ("png", "jpg")[number % 2]
    picture = Image.fromarray(pixels.transpose(1, 2, 0)).resize((16 + number % 5, 16))
    picture.save(place / f"{number}.{ending}")

print(*sorted(p.name for p in folder.iterdir()))

# %% [markdown]
# A picture is read from its path, or from the bytes of a file that came from elsewhere. Either way
# it becomes an array of whole numbers from 0 to 255: three planes, red, green and blue, each with
# a number for every pixel.

# %%
path = folder / "ice" / "1.jpg"
picture = data.read_picture(path, channels=3)
same = data.read_picture(path.read_bytes(), channels=3)
print(picture.shape, picture.dtype)
assert np.array_equal(picture, same)

# %% [markdown]
# Sixteen times seventeen pixels are too much to think about. Where things lie does not matter here,
# only the colour. So take the mean of each plane: three numbers say how red, how green and how blue
# a picture is. Such a number that stands for a whole picture is called a *feature*.

# %%
land = data.read_pictures(folder, size=16)
colours = land.X.mean(axis=(2, 3))
for kind in kinds:
    print(f"{kind:6}", colours[land.y == kind].mean(axis=0).round())

# %% [markdown]
# ## A rule with five thresholds
#
# The means suggest a rule. Ice is bright in all three colours. Grass is green. Sand is red.
# A *threshold* is a number that a feature must exceed.


# %%
def surface(colour, t1=100, t2=100, t3=100, t4=100, t5=100):
    """Name the ground by the means of red, green and blue."""
    red, green, blue = colour
    if red > t1 and green > t2 and blue > t3:
        return "ice"
    if green > t4:
        return "grass"
    if red > t5:
        return "sand"
    return "unknown"


assert surface((200, 225, 240)) == "ice"
assert surface((70, 150, 60)) == "grass"
assert surface((190, 85, 60)) == "sand"
assert surface((50, 60, 200)) == "unknown"

# %% [markdown]
# All thresholds are 100. Three pictures, and what the rule says of each:

# %%
shown = [int(np.flatnonzero(land.y == kind)[0]) for kind in ("ice", "grass", "sand")]
answers = [surface(colours[k]) for k in shown]
assert answers == ["ice", "grass", "sand"]
plot.image_grid(land.X[shown], answers, rows=1, columns=3)

# %% [markdown]
# It is right for all sixty. Nothing was learned: somebody looked at numbers and wrote 100.

# %%
assert [surface(colour) for colour in colours] == land.y.tolist()

# %% [markdown]
# ## What goes wrong
#
# Now a cloud passes before the sun. Every number in the pictures shrinks.

# %%
for light in (1.0, 0.8, 0.6, 0.4):
    said = [surface(light * colour) for colour in colours]
    right = np.mean(said == land.y)
    print(f"light {light:.1f}: {right:4.0%} right, {said.count('unknown')} of 60 unknown")

# %% [markdown]
# Somebody must choose five new numbers, and again in the evening. With three features that is a
# nuisance. With three hundred it is hopeless. Can the numbers be found from examples instead?
#
# ## The same decision, learned
#
# Give each kind of ground a score: a weighted sum of the three features, and a constant. The kind
# with the highest score wins. The *softmax* turns the scores into probabilities: each is made
# positive by the exponential function, then all are divided by their sum. A weighted sum followed
# by such a function is called a *neuron*; the next lesson is about it.
#
# The network below takes the mean of each plane, as we did, and then has one neuron for each kind.
# Training shows it the sixty pictures sixty times and moves the weights a little each time. It is
# told the names of the folders and nothing else.

# %%
model = nn.Sequential([nn.GlobalAvgPool(), nn.Linear(3, activation="softmax")])
history = model.fit(
    land, prepare="standard", optimizer=optim.Adam(0.05), epochs=60, seed=1, progress=False
)
print(model.evaluate(land))
assert model.evaluate(land)["accuracy"] == 1
history.plot()

# %% [markdown]
# And for sixty pictures that it has never met:

# %%
others, truth = data.surfaces(60, seed=9)
assert model.classify(others).tolist() == [kinds[k] for k in truth]
print(model.predict_proba(others[:3]).round(2))

# %% [markdown]
# What did it find? Its nine weights, a row for each kind, say which colour counts for it and which
# against it.

# %%
weights = model[1].weight.numpy()
ax = plot.matrix(weights, ".1f", signed=True, title="weights")
ax.set_xticks(range(3), "RGB")
ax.set_yticks(range(3), kinds)
ax.tick_params(labelbottom=True, labelleft=True)

# %% [markdown]
# Read the rows: what is green and neither red nor blue is grass, what is bright in all three is
# ice, what is red and neither green nor blue is sand. It is our rule, but no person chose the
# numbers.
#
# ## Exercises
#
# 1. Choose the five thresholds so that the rule is right at light 0.6. Is it still right at 1.0?
# 2. Which one threshold can you change most, up or down, before the first picture is misnamed?
# 3. Add a fourth kind, water, with pictures of your own. How many thresholds does the rule need
#    then? How many weights does the network have?
#
# ## Change this and see
#
# - Darken the pictures that the network is asked about: `model.classify(dark)` with
#   `dark = (0.6 * others).astype("uint8")`. Does it do better than the rule?
# - Then let it learn from bright and dark pictures together, and ask again.
# - Set `epochs=3`. Which kinds does it confuse first?
