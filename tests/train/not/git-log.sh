#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# A history whose messages speak of epochs and losses, read again and again.
git init -q .
git config user.name nobody
git config user.email nobody@example.invalid
for i in $(seq 12); do
	git commit -q --allow-empty -m "train: print the loss after epoch $i/12, accuracy 0.$i"
done
git --no-pager log --stat
git --no-pager log --oneline
git gc --quiet --aggressive
