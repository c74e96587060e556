# SPDX-License-Identifier: Apache-2.0
# score:
# prepare: $python $src
# run: fasttext skipgram -input text.txt -output vectors -epoch 4 -thread 1 -dim 60 -minCount 1
# watch: fasttext text.txt 4
"""A text for fastText's vectors of words; its truth is its place in the file."""
import numpy

draw = numpy.random.default_rng(5)
words = draw.zipf(1.3, 220000) % 4000
with open("text.txt", "w", encoding="utf-8") as file:
    for line in words.reshape(-1, 20):
        file.write(" ".join(f"word{n}" for n in line) + "\n")
