#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What each tracker booked of a job, beside what the counters of its node say of the same time.

    peers-table.py NODE-LOG JOB-FOLDER

Reads what peers-node.py and peers-rank.py wrote, and summaries of ledgers (*.ledger) beside the
latter. Exits 1 where gramme's figures do not add up to the node's.
"""
import glob
import json
import os
import sys

MOST_OFF = 0.01  # of the node: what is read between two ticks is interpolated


class Node:
    """The counters' energy over time: what they showed at each tick, straight between two."""

    def __init__(self, path):
        with open(path) as file:
            rows = [line.split() for line in file if line.endswith("\n")]
        self.log = [(float(row[0]), sum(map(int, row[1:])) / 1e6) for row in rows]

    def at(self, t):
        """(joules at that moment, joules that came with the next tick)"""
        for (t0, e0), (t1, e1) in zip(self.log, self.log[1:]):
            if t0 <= t <= t1:
                return e0 + (e1 - e0) * (t - t0) / (t1 - t0), e1 - e0
        sys.exit(f"the counters were driven from {self.log[0][0]} to {self.log[-1][0]}, not at {t}")

    def between(self, start, end):
        return self.at(end)[0] - self.at(start)[0]

    def agrees(self, joules, start, end):
        """Whether that is what was drawn, as far as counters that jump at each tick can tell."""
        known = self.between(start, end)
        return abs(joules - known) <= MOST_OFF * known + self.at(start)[1] + self.at(end)[1]


def load(folder, pattern):
    found = {}
    for path in glob.glob(os.path.join(folder, pattern)):
        with open(path) as file:
            found[os.path.basename(path).rsplit(".", 1)[0]] = json.load(file)
    return found


def account(ledger, name):
    """Joules of one account, over the domains that are no part of another."""
    return sum(domain[name + "_uj"] for domain in ledger["energy"]["domains"]
               if not domain["within"]) / 1e6


def window(ledger):
    start = int(ledger["run"]["start_unix_ns"])
    return start / 1e9, (start + ledger["run"]["duration_ns"]) / 1e9


def row(name, booked, node_j):
    total = sum(booked)
    cells = [f"{joules:.0f}" for joules in booked + [total, node_j]]
    print(f"| {name} |", " | ".join(cells), f"| {total / node_j:.2f} |")


def peers(node, ranks):
    for name in next(iter(ranks.values())):
        told = [ranks[rank][name] for rank in sorted(ranks)]
        errors = {one["error"] for one in told if "error" in one}
        if errors:
            print(f"| {name} | did not run: {'; '.join(sorted(errors))} |" + " |" * (len(told) + 2))
            continue
        # Each rank watched for a time of its own.
        node_j = sum(node.between(one["start"], one["end"]) for one in told) / len(told)
        row(name, [one["booked_j"]["total"] for one in told], node_j)
        for part in ("package", "memory"):
            if part in told[0]["booked_j"]:
                row(f"&nbsp;&nbsp;of that {part}", [one["booked_j"][part] for one in told], node_j)


def main():
    node = Node(sys.argv[1])
    ranks = load(sys.argv[2], "*.json")
    ledgers = load(sys.argv[2], "*.ledger")
    launcher = ledgers.pop("launcher")
    booked = [account(ledgers[name], "run") for name in sorted(ledgers)]
    node_j = node.between(*window(launcher))

    print("| J |", " | ".join(f"rank {rank}" for rank in sorted(ranks)), "| sum | node | sum / node |")
    print("| --- |" + " ---: |" * (len(ranks) + 3))
    peers(node, ranks)
    row("gramme", booked, node_j)
    print()
    rest = {name: account(launcher, name) for name in ("run", "system", "idle", "unattributed")}
    total = sum(booked) + sum(rest.values())
    print(f"gramme: ranks {sum(booked):.3f} + launcher {rest['run']:.3f} + system "
          f"{rest['system']:.3f} + idle {rest['idle']:.3f} + unattributed "
          f"{rest['unattributed']:.3f} = {total:.3f} J; the node's counters: {node_j:.3f} J "
          f"({100 * (total / node_j - 1):+.2f} %)")

    failed = not node.agrees(total, *window(launcher))
    for name, ledger in sorted(ledgers.items()):
        domain_j, own_j = account(ledger, "domain"), account(ledger, "run")
        cpu_s = ledger["run"]["cpu_ns"] / 1e9
        print(f"gramme, {name}: domains {domain_j:.1f} J, the counters meanwhile "
              f"{node.between(*window(ledger)):.1f} J; {own_j:.1f} J for {cpu_s:.2f} s of CPU time, "
              f"{own_j / cpu_s:.1f} J/s")
        failed = failed or not node.agrees(domain_j, *window(ledger))
    sys.exit(1 if failed else 0)


main()
