# SPDX-License-Identifier: Apache-2.0
"""A model that JAX trains on a GPU: jax_model.py STEPS."""
import os
import sys

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
import jax
import jax.numpy as np

if jax.default_backend() != "gpu":
    print("skip: JAX sees no GPU")
    sys.exit(77)


def loss(weights, x):
    for weight in weights:
        x = jax.nn.relu(x @ weight)
    return np.mean(x * x)


step = jax.jit(lambda weights, x: [w - 1e-3 * g for w, g in zip(weights, jax.grad(loss)(weights, x))])
keys = jax.random.split(jax.random.PRNGKey(0), 5)
weights = [jax.random.normal(key, (256, 256)) * 0.05 for key in keys[:4]]
x = jax.random.normal(keys[4], (64, 256))
for _ in range(int(sys.argv[1])):
    weights = step(weights, x)
jax.block_until_ready(weights)
