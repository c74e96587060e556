# SPDX-License-Identifier: Apache-2.0
# score: steps
# prepare: $python $src prepare
# run: darknet classifier train bars.data bars.cfg
# truth: $python $src truth $output
"""Images for darknet, and its truth from what it leaves: it saves its weights after every epoch.

Where the first epoch began is told by its own log, which times each batch and the wait for it.
"""
import json
import os
import re
import struct
import sys
import time
import zlib

import numpy

import data

IMAGES, BATCH, EPOCHS = 384, 64, 5
CONFIG = f"""[net]
batch={BATCH}
subdivisions=1
height=28
width=28
channels=3
max_crop=32
min_crop=28
momentum=0.9
decay=0.0005
learning_rate=0.02
policy=constant
max_batches={IMAGES * EPOCHS // BATCH}

[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
batch_normalize=1
filters=12
size=3
stride=1
pad=1
activation=leaky

[convolutional]
filters=4
size=1
stride=1
pad=1
activation=linear

[avgpool]

[softmax]
groups=1
"""


def write_png(path, grey):
    height, width = grey.shape
    rows = b"".join(b"\0" + row.tobytes() for row in numpy.repeat(grey[:, :, None], 3, 2))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
                           (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))


def prepare():
    os.mkdir("images")
    os.mkdir("backup")
    picture, label = data.images(IMAGES, side=28)
    with open("train.list", "w", encoding="utf-8") as names:
        for i in range(IMAGES):
            name = os.path.abspath(f"images/{i}_class{label[i]}.png")
            write_png(name, numpy.clip(picture[i, 0] * 40 + 100, 0, 255).astype("uint8"))
            names.write(name + "\n")
    with open("labels.list", "w", encoding="utf-8") as file:
        file.write("".join(f"class{i}\n" for i in range(4)))
    with open("bars.data", "w", encoding="utf-8") as file:
        file.write("classes=4\ntrain=train.list\nvalid=train.list\nlabels=labels.list\nbackup=backup\n")
    with open("bars.cfg", "w", encoding="utf-8") as file:
        file.write(CONFIG)


def tell_truth(output):
    with open(output, encoding="utf-8") as file:
        log = file.read()
    steps = IMAGES // BATCH
    waited = [float(s) for s in re.findall(r"Loaded: ([\d.]+) seconds", log)][:steps]
    worked = [float(s) for s in re.findall(r"rate, ([\d.]+) seconds", log)][:steps]
    offset = time.time_ns() - time.monotonic_ns()
    ends = [os.stat(f"backup/bars_{epoch}.weights").st_mtime_ns - offset for epoch in range(1, EPOCHS + 1)]
    starts = [ends[0] - int(sum(waited + worked) * 1e9)] + ends[:-1]
    epochs = [{"start": a, "end": b, "steps": steps, "metrics": {}} for a, b in zip(starts, ends)]
    print(json.dumps({"fits": [epochs]}))


if sys.argv[1] == "prepare":
    prepare()
else:
    tell_truth(sys.argv[2])
