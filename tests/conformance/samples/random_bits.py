import numpy as np

import pellucid as pel
from conformance.sample import Domain, Sample, case

WORD = 2**32


def turned(word, bits):
    return (word << bits | word >> (32 - bits)) % WORD


def threefry(key, counter):
    """Count with Python's whole numbers, round by round, as in the paper's table."""
    keys = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    x, y = [(c + k) % WORD for c, k in zip(counter, key, strict=True)]
    for number in range(20):
        x = (x + y) % WORD
        y = turned(y, (13, 15, 26, 6, 17, 29, 16, 24)[number % 8]) ^ x
        if number % 4 == 3:
            group = number // 4 + 1
            x = (x + keys[group % 3]) % WORD
            y = (y + keys[(group + 1) % 3] + group) % WORD
    return x, y


def expected(key, step, like):
    words = [threefry(key.tolist(), (step.item(), k // 2))[k % 2] for k in range(like.size)]
    return np.array(words, np.uint32).reshape(like.shape)


SAMPLE = Sample(
    pel.random_bits,
    expected,
    cases=(
        case((2,), (), (3, 4)), case((2,), (), ()), case((2,), (), (0, 3)), case((2,), (), (5,)),
        case((2,), (), (7, 13)),
    ),
    domains=(Domain(0, WORD - 1, "uint32"), Domain(0, WORD - 1, "uint32"), Domain()),
    differentiable=False,
)  # fmt: skip
