# SPDX-License-Identifier: Apache-2.0
# score: metrics
# pip: lightgbm scikit-learn
"""LightGBM with its evaluations printed each round; a round sees all data once."""
import lightgbm as lgb

import data
import truth


def before(env):
    truth.begin()


before.before_iteration = True


def after(env):
    truth.step()
    truth.end(**{f"{part}'s {name}": f"{value:g}" for part, name, value, _ in env.evaluation_result_list})


after.order = 1000

x, y = data.curve(20000, features=40)
xv, yv = data.curve(4000, features=40, seed=1)
train = lgb.Dataset(x, y)
valid = train.create_valid(xv, yv)
lgb.train({"objective": "regression", "metric": "l2", "num_leaves": 127, "verbose": -1}, train, num_boost_round=20,
          valid_sets=[train, valid], valid_names=["training", "valid_1"],
          callbacks=[before, lgb.log_evaluation(1), after])
