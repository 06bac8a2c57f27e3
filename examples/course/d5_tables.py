# %% [markdown]
# # Which of two models should I trust?
#
# Rows: D7
#
# So far data were points that we drew. Now comes a table as it comes in life: columns of different
# sizes, words among the numbers, gaps, and answers that are words. And a question that a single
# number cannot answer: is the network better than a simpler model?

# %%
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pellucid import data, plot
from pellucid.sklearn import NeuralClassifier

# %% [markdown]
# ## A table
#
# Two hundred birds. Kinglets are small and light, robins are larger, and where a bird was seen says
# something too. For every tenth bird nobody wrote the weight down.

# %%
chance = np.random.default_rng(1)
kind = chance.choice(["kinglet", "robin"], size=200)
is_robin = kind == "robin"
weight = np.where(is_robin, 17, 8) + 3 * chance.standard_normal(200)
weight[::10] = np.nan
birds = pd.DataFrame(
    {
        "wing in mm": np.where(is_robin, 73, 58) + 5 * chance.standard_normal(200),
        "weight in g": weight,
        "place": np.where(is_robin == (chance.random(200) < 0.8), "garden", "wood"),
    }
)
birds.head(4).round(1)

# %% [markdown]
# `NeuralClassifier` is a network that behaves as scikit-learn's models do. It has `fit`, `predict`
# and `score`, and it takes words as answers. So all tools of scikit-learn work with it.
#
# A pipeline does what must be done before the network sees a row. Gaps are filled with the median,
# numbers are scaled, words become columns of 0 and 1.

# %%
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
columns = make_column_transformer(
    (numbers, ["wing in mm", "weight in g"]),
    (OneHotEncoder(), ["place"]),
)
network = NeuralClassifier((8,), learning_rate=0.02, max_iter=60, random_state=0)
model = make_pipeline(columns, network)
model.fit(birds[:150], kind[:150])
print(model.predict(birds[150:155]), "in truth", kind[150:155])
score = model.score(birds[150:], kind[150:])
print(f"accuracy on 50 new birds: {score:.2f}")
assert score > 0.85

# %% [markdown]
# Why put the scaling into the pipeline, and not do it once for the whole table? Because the median
# and the mean of all 200 birds know something of the 50 that are the exam. It is little, here. In
# general it makes a model look better than it is, and this is called leakage. A pipeline learns
# them from the training rows alone.
#
# ## One split is one opinion
#
# Cut the table into five parts. Train on four, ask about the fifth, and let each part be the fifth
# once. This is cross-validation, and it gives five numbers.

# %%
simple = make_pipeline(columns, LogisticRegression())
scores = {
    "network": cross_val_score(model, birds, kind, cv=5),
    "logistic regression": cross_val_score(simple, birds, kind, cv=5),
}
for name, found in scores.items():
    print(f"{name:20} {found.mean():.3f} ± {found.std():.3f}   {found.round(2)}")
apart = scores["network"].mean() - scores["logistic regression"].mean()
assert abs(apart) < max(found.std() for found in scores.values())

# %% [markdown]
# The difference between the two is smaller than the spread of the five. There is no reason to
# prefer the network: a line parts these birds, and logistic regression draws a line. Take the
# simpler one.
#
# ## Where a line is not enough
#
# The two moons again, with names for classes. The same two models, cross-validated.

# %%
X, side = data.moons(400, noise=0.15, seed=5)
moon = np.array(["upper", "lower"])[side]
curved = NeuralClassifier((16,), learning_rate=0.05, max_iter=60, random_state=0)
scores = {
    "network": cross_val_score(curved, X, moon, cv=5),
    "logistic regression": cross_val_score(LogisticRegression(), X, moon, cv=5),
}
for name, found in scores.items():
    print(f"{name:20} {found.mean():.3f} ± {found.std():.3f}")
assert scores["network"].min() > scores["logistic regression"].mean() + 0.05

# %% [markdown]
# Here the difference is much larger than the spread. Now the network has earned its place.
#
# ## Let the machine try
#
# How many hidden units, and which rate? A search tries all combinations, each by cross-validation.

# %%
choices = {"hidden": [(2,), (16,)], "learning_rate": [0.001, 0.05]}
search = GridSearchCV(NeuralClassifier(max_iter=60, random_state=0), choices, cv=3)
search.fit(X, moon)
table = pd.DataFrame(search.cv_results_)
table[["param_hidden", "param_learning_rate", "mean_test_score", "std_test_score"]].round(3)

# %%
print("best:", search.best_params_)
assert search.best_params_["learning_rate"] == 0.05

# %% [markdown]
# With the small rate sixty epochs are too few, whatever the size. With the right one, two units are
# not enough and sixteen are.
#
# Inside every estimator there is an ordinary network, with all that the other lessons have shown.

# %%
inner = search.best_estimator_.network_
print(inner.summary())
plot.decision_boundary(search.predict, X, moon)

# %% [markdown]
# ## Change this and see
#
# - Shuffle the answers, `chance.permutation(kind)`, and cross-validate. What must come out?
# - Take the weight out of the table. Then take the wing out.
# - Set `early_stopping=True` for the moons, and look at `n_iter_`.
#
# ## Exercises
#
# 1. Scale the whole table first, then cross-validate without a pipeline. Is the score higher? Why
#    does it hardly matter here, and when would it?
# 2. `pellucid.sklearn.NeuralRegressor` predicts numbers. Predict the weight of a bird from its
#    wing.
# 3. Train on all rows and score on all rows, with 100 hidden units and 500 epochs. What does this
#    number tell?
