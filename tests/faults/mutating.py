"""Reads files that are damaged at random or meant ill, with little memory: a program of its own.

``python mutating.py FOLDER FILES`` prints what was found as one JSON object.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
import time
from pathlib import Path

import numpy as np

import pellucid as pel
from pellucid import nn
from pellucid.errors import FileError
from pellucid.train.signed import LARGEST_HEADER, _canonical, _signed

ROOM = 64 * 2**20
LONGEST = 5.0  # seconds for one file
CHANCE = random.Random(2)
X = np.random.default_rng(0).normal(size=(20, 3))
ODD = [
    None, True, 0, -1, 1, 2**31, 2**63, 10**30, 1e308, float("nan"), "", "x", "Linear", "os.system",
    "../../etc/passwd", [], [[]], {}, {"class": "Linear"}, {"class": "Sequential", "arguments": {}},
    {"again": 0}, {"function": "exp"}, [2**40], "float64", "object", "\0", "{}" * 50,
]  # fmt: skip


def span(data, longest=40):
    start = CHANCE.randrange(len(data) + 1)
    return start, min(len(data), start + CHANCE.randrange(1, longest))


def flipped(data, _):
    for _ in range(CHANCE.randrange(1, 5)):
        place = CHANCE.randrange(len(data))
        data = data[:place] + bytes([data[place] ^ 1 << CHANCE.randrange(8)]) + data[place + 1 :]
    return data


def cut(data, _):
    start, end = span(data)
    return data[:start] + data[end:]


def put_in(data, _):
    start, end = span(data)
    return data[:start] + CHANCE.randbytes(end - start) + data[start:]


def doubled(data, _):
    start, end = span(data, 400)
    return data[:end] + data[start:]


def zeroed(data, _):
    start, end = span(data, 400)
    return data[:start] + bytes(end - start) + data[end:]


def shortened(data, _):
    return data[: CHANCE.randrange(len(data))]


def spliced(data, other):
    return data[: CHANCE.randrange(len(data))] + other[CHANCE.randrange(len(other)) :]


def of_another_header(data, other):
    ours, theirs = (8 + int.from_bytes(one[:8], "little") for one in (data, other))
    return other[:theirs] + data[ours:]


def told_otherwise(data, _):
    """Change a value in the header, and sign it as one can who knows the format."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    texts = header["__metadata__"]
    name = CHANCE.choice([k for k in texts if not k.startswith("sha256")])
    if CHANCE.random() < 0.2:
        tensor = header[CHANCE.choice([k for k in header if k != "__metadata__"])]
        tensor[CHANCE.choice(list(tensor))] = CHANCE.choice([*ODD, [0, 8], "F16", [3, 1]])
    elif name in ("format", "version", "needs") or CHANCE.random() < 0.1:
        texts[name] = str(CHANCE.choice(ODD))
    else:
        said = json.loads(texts[name])
        texts[name] = json.dumps(changed(said))
    text = _canonical(_signed(header))
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def changed(value):
    """Put something odd into a value, at any depth."""
    if isinstance(value, dict) and value and CHANCE.random() < 0.85:
        name = CHANCE.choice(list(value))
        if CHANCE.random() < 0.1:
            return {k: v for k, v in value.items() if k != name}
        return {**value, name: changed(value[name])}
    if isinstance(value, list) and value and CHANCE.random() < 0.85:
        place = CHANCE.randrange(len(value))
        return [*value[:place], changed(value[place]), *value[place + 1 :]]
    return CHANCE.choice(ODD)


DAMAGES = [
    flipped, cut, put_in, doubled, zeroed, shortened, spliced, of_another_header, told_otherwise,
    told_otherwise,
]  # fmt: skip


def ill_meant():
    """Headers that say what no reader should believe."""
    one = b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[%s]}}'
    several = b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},%s}'
    headers = {
        "escaping": one % b"0,9", "backwards": one % b"4,0", "below zero": one % b"-4,0",
        "endless offsets": one % b"0,18446744073709551615",
        "overlapping": several % b'"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}',
        "the same name twice": several % b'"a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}',
        "the texts twice": b'{"__metadata__":{"format":"pellucid"},"__metadata__":{}}',
        "a path for a name": b'{"../../x":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}}',
        "large": b'{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}}',
        "deep": b"[" * 1_000_000, "deep objects": b'{"a":' * 500_000,
        "a number of many digits": b'{"a":' + b"9" * 1_000_000 + b"}",
        "full of space": b" " * (LARGEST_HEADER - 8), "no text": b"\xff" * 1000,
    }  # fmt: skip
    for name, header in headers.items():
        yield name, len(header).to_bytes(8, "little") + header + b"\0" * 6
    for size in (LARGEST_HEADER, LARGEST_HEADER + 1, 2**32, 2**63, 2**64 - 1):
        yield f"a header of {size} bytes", size.to_bytes(8, "little") + b"{}" * 50


def read(path, data, found):
    """Load a file, and count how it ended."""
    path.write_bytes(data)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    start = time.perf_counter()
    try:
        pel.load(path)
        found["loaded"] += 1
        return True
    except FileError:
        found["refused"] += 1
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        found["longest"] = max(found["longest"], time.perf_counter() - start)


def held():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[0])


def main():
    path, count = Path(sys.argv[1], "m"), int(sys.argv[2])
    files = []
    for units in (2, 5):
        model = nn.Sequential([nn.Linear(units, activation="tanh"), nn.Dropout(0.2), nn.Linear(2)])
        labels = np.where(X[:, 0] > 0, "warm", "cold")
        rule = {
            "prepare": "standard",
            "validation": 0.3,
            "early_stopping": 2,
            "engine": "reference",
        }
        model.fit(X, labels, epochs=2, seed=1, progress=False, checkpoint=path, **rule)
        files.append(path.read_bytes())
    found = {"files": count, "loaded": 0, "refused": 0, "longest": 0.0, "changed": []}
    assert read(path, files[0], found)
    limit = held() + ROOM + 2 * LARGEST_HEADER
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name, data in ill_meant():
        if read(path, data, found):
            found["changed"].append(name)
    for number in range(count):
        damage = CHANCE.choice(DAMAGES)
        whole, other = CHANCE.sample(files, 2)
        data = damage(whole, other)
        loaded = read(path, data, found)
        if loaded and data not in files and damage is not told_otherwise:
            found["changed"].append(f"{damage.__name__} {number}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
