# %% [markdown]
# # What does a mistake cost?
#
# Rows: A7
#
# A bank lends money for houses. Some people pay it back, some do not. To refuse a good customer is
# a pity. To pay out money that never returns is worse. So "how many were right" is the wrong
# question. What is the right one?

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import log_loss

import pellucid as pel
from pellucid import data, nn, plot

people, pays = data.mortgage()
names = ("defaulter", "payer")
axes = ("years in the job", "salary in 10k")
plot.scatter_classes(people, pays, names=names, features=axes)

# %% [markdown]
# Ten people who paid and ten who did not. On the axes are the two things that the bank knows.
#
# ## A cost of our own
#
# The bank accepts a person if both numbers exceed their cut-offs. A good payer who is refused costs
# 1, a defaulter who is accepted costs 3.


# %%
def cost(years=-np.inf, salary=-np.inf):
    accepted = (people > (years, salary)).all(axis=1)
    refused_payers = np.sum(~accepted & (pays == 1))
    accepted_defaulters = np.sum(accepted & (pays == 0))
    return refused_payers + 3 * accepted_defaulters


accepted = (people > (6, 6)).all(axis=1)
print("payers refused:", np.sum(~accepted & (pays == 1)))
print("defaulters accepted:", np.sum(accepted & (pays == 0)))
print("cost:", cost(6, 6))
assert cost(6, 6) == 2 + 3 * 7 == 23

# %% [markdown]
# With cut-offs of 6 and 6 the cost is 23. Can it be less? There are few enough cut-offs to try them
# all. First with one of the two numbers alone:

# %%
years, salaries = np.arange(5, 10), np.arange(5, 15)
by_years = [cost(years=k) for k in years]
by_salary = [cost(salary=k) for k in salaries]

figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), layout="constrained", sharey=True)
plot.loss_curves(years, {"cost": by_years}, name="cut-off, years", label="cost", ax=left)
plot.loss_curves(salaries, {"cost": by_salary}, name="cut-off, salary", label="", ax=right)
assert (min(by_years), min(by_salary)) == (10, 9)
figure

# %% [markdown]
# Then with both together. Fifty pairs, and the minimum marked:

# %%
both = np.array([[cost(k, s) for k in years] for s in salaries])
row, column = np.unravel_index(both.argmin(), both.shape)
assert (years[column], salaries[row], both.min()) == (8, 10, 3)

cut_offs = ("cut-off, years", "cut-off, salary")
plot.loss_surface(years, salaries, both, names=cut_offs, label="cost")

# %% [markdown]
# Eight years and a salary of 10 cost no more than 3. The surface is a staircase: between two people
# nothing changes, and then it jumps. Nobody can go downhill on it, since it is flat nearly
# everywhere. To learn by descent, one needs a loss that changes a little when the cut-off does.
#
# ## From yes and no to a probability
#
# A person far beyond both cut-offs is a safer choice than one just above. So measure how far
# everybody lies from the corner where the two cut-offs meet, with a plus for those who are accepted
# and a minus for the others. Then shift and stretch these distances so that the lowest of all
# twenty becomes 0 and the highest 1. Call that a probability.


# %%
def probability(corner):
    sign = np.where((people > corner).all(axis=1), 1, -1)
    distance = sign * np.linalg.norm(people - corner, axis=1)
    return (distance - distance.min()) / np.ptp(distance)


p = probability((8, 10))
for truth in (1, 0):
    print(f"{names[truth]:9}", np.sort(p[pays == truth]).round(2))

# %% [markdown]
# The *log loss* of a person is minus the logarithm of the probability that was given to what really
# happened. It is the cross-entropy under another name. The mean over all twenty:

# %%
print(f"{nn.binary_cross_entropy(p, pays).item():.3f}")

# %% [markdown]
# ## What goes wrong: certain, and mistaken
#
# By this construction somebody always gets exactly 0 and somebody exactly 1. If a person with 0
# pays after all, the logarithm is that of 0, and the loss is infinite. One person spoils the mean
# of all. Two ways out are common, and they are not the same:
#
# - The logarithm never counts as less than −100. This is what PyTorch does, and the default here.
# - The probability is moved away from 0 and 1 by a tiny amount, `eps`. This is what scikit-learn
#   does.

# %%
print(nn.binary_cross_entropy([0.0, 1.0], [1.0, 0.0]).item())
clipped = nn.BinaryCrossEntropy(eps=np.finfo(float).eps)
both_wrong = clipped(np.array([0.0, 1.0]), np.array([1.0, 0.0])).item()
print(round(both_wrong, 2), round(log_loss([1, 0], [0.0, 1.0]), 2))

# %% [markdown]
# Both are finite, but 100 and 36 are not the same number. When losses are compared, one must know
# which rule made them. With `eps` ours agrees with scikit-learn everywhere:

# %%
answers = pel.placeholder((None,), dtype="float64", name="p")
measure = pel.function(answers, [nn.binary_cross_entropy(answers, pays), clipped(answers, pays)])

losses = np.empty((10, 10))
for i, salary in enumerate(salaries):
    for k, year in enumerate(salaries):
        p = probability((year, salary))
        losses[i, k], as_theirs = measure(p)
        assert abs(as_theirs - log_loss(pays, p)) < 1e-12
print(f"from {losses.min():.3f} to {losses.max():.3f}")

# %%
row, column = np.unravel_index(losses.argmin(), losses.shape)
assert (salaries[column], salaries[row]) == (8, 10)

plot.loss_surface(salaries, salaries, losses, names=cut_offs, label="log loss", most=2)

# %% [markdown]
# The loss finds the same corner as the cost: 8 years and a salary of 10. That is luck. The loss
# does not know that a defaulter costs three times as much. It wants good probabilities; what to do
# with them is another question, and the bank's.
#
# ## Exercises
#
# 1. At which cut-offs is the loss largest? Who is certain there, and wrong?
# 2. Suppose p is a true probability. From which p on should the bank accept, if a refusal of a
#    payer costs 1 and the acceptance of a defaulter costs 3? Why is it not ½?
# 3. Invent a cost by which the best corner moves to fewer years. Check it.
#
# ## Change this and see
#
# - The 3 in `cost` to 1, and to 10.
# - Other people: `data.mortgage(seed=1)`. Do cost and loss still agree on the corner?
# - The `eps` to 0.01. Which of the twenty does it spare?
