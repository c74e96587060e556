# SPDX-License-Identifier: Apache-2.0
# score: metrics
# pip: keras jax
"""Keras 3 on JAX, as its own introduction does it: model.fit prints its bars."""
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras

import data
import truth


class Truth(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        truth.begin()

    def on_train_batch_end(self, batch, logs=None):
        truth.step()

    def on_epoch_end(self, epoch, logs=None):
        truth.end(**{name: f"{value:.4f}" if value > 1e-3 else f"{value:.4e}" for name, value in logs.items()})


keras.utils.set_random_seed(0)
x, y = data.images(24000, side=16)
xv, yv = data.images(800, side=16, seed=1)
model = keras.Sequential([
    keras.layers.Input((1, 16, 16)), keras.layers.Flatten(), keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.2), keras.layers.Dense(4),
])
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x, y, batch_size=40, epochs=6, validation_data=(xv, yv), callbacks=[Truth()])
print(model.evaluate(xv, yv, verbose=0))
