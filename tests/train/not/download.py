# SPDX-License-Identifier: Apache-2.0
# score: none
"""Fetches a file in pieces with a bar, as package managers do."""
import hashlib
import time

from tqdm import tqdm

total = 48 << 20
digest = hashlib.sha256()
with tqdm(total=total, unit="B", unit_scale=True, desc="model.safetensors") as bar, open("file", "wb") as file:
    for piece in range(total >> 20):
        time.sleep(0.03)
        block = bytes([piece]) * (1 << 20)
        digest.update(block)
        file.write(block)
        bar.update(len(block))
for name in ("config.json", "vocab.txt", "merges.txt"):
    for i in tqdm(range(10), desc=f"Downloading {name}", unit="kB"):
        time.sleep(0.01)
print("sha256", digest.hexdigest())
