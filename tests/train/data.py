# SPDX-License-Identifier: Apache-2.0
"""Small problems that can be learned, in place of data sets that nobody may download."""
import numpy


def clusters(count, features=64, classes=10, seed=0, spread=3.0):
    """Points around the centres of their classes: (count, features) float32, (count,) int64."""
    draw = numpy.random.default_rng(seed)
    centre = numpy.random.default_rng(1234).normal(size=(classes, features))
    label = draw.integers(0, classes, count)
    return (centre[label] + spread * draw.normal(size=(count, features))).astype("float32"), label


def curve(count, features=16, seed=0):
    """A smooth function with noise: (count, features) float32, (count,) float32."""
    draw = numpy.random.default_rng(seed)
    x = draw.normal(size=(count, features)).astype("float32")
    y = numpy.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.1 * draw.normal(size=count)
    return x, y.astype("float32")


def images(count, side=12, classes=4, seed=0):
    """Noise with a bright bar whose place is the class: (count, 1, side, side), (count,)."""
    draw = numpy.random.default_rng(seed)
    label = draw.integers(0, classes, count)
    picture = draw.normal(size=(count, 1, side, side)).astype("float32")
    for i in range(count):
        picture[i, 0, label[i] * side // classes, :] += 1.5
    return picture, label


def letters(count, seed=0):
    """Text of few words in random order."""
    words = "the grid draws power while a model learns what it costs to learn".split()
    draw = numpy.random.default_rng(seed)
    return " ".join(draw.choice(words, count))
