# SPDX-License-Identifier: Apache-2.0
# score:
# prepare: $python $src
# run: fasttext supervised -input words.txt -output model -epoch 6 -thread 1 -dim 100
# watch: fasttext words.txt 6
"""Words for fastText, which tells nothing but how far it is; five kinds of sentences.

Its truth is its place in the file: one thread reads the words once to count them, and then once an
epoch.
"""
import numpy

draw = numpy.random.default_rng(0)
with open("words.txt", "w", encoding="utf-8") as file:
    for _ in range(50000):
        kind = int(draw.integers(0, 5))
        words = draw.integers(0, 600, 20) + kind * 600 * (draw.random(20) < 0.5)
        file.write(f"__label__{kind} " + " ".join(f"w{word}" for word in words) + "\n")
