# SPDX-License-Identifier: Apache-2.0
# score: metrics
"""Boosting: each round is an epoch, since each sees all data once; told by XGBoost's own callbacks."""
import xgboost as xgb

import data
import truth


class Truth(xgb.callback.TrainingCallback):
    def before_iteration(self, model, epoch, evals_log):
        truth.begin()
        return False

    def after_iteration(self, model, epoch, evals_log):
        truth.step()
        truth.end(**{f"{part}-rmse": "%.5f" % evals_log[part]["rmse"][-1] for part in ("train", "eval")})
        return False


x, y = data.curve(16000, features=40)
xv, yv = data.curve(5000, features=40, seed=1)
dtrain, dvalid = xgb.DMatrix(x, y), xgb.DMatrix(xv, yv)
params = {"objective": "reg:squarederror", "max_depth": 6, "eta": 0.3, "tree_method": "hist", "nthread": 2}
booster = xgb.train(params, dtrain, num_boost_round=12, evals=[(dtrain, "train"), (dvalid, "eval")],
                    callbacks=[Truth()], verbose_eval=True)
booster.save_model("model.json")
