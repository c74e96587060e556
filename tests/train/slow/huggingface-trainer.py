# SPDX-License-Identifier: Apache-2.0
# score: steps
# pip: transformers==4.27.4 numpy<1.25
"""Hugging Face's Trainer on a tiny model with words of its own; it logs dictionaries with fractional epochs."""
import torch
from transformers import (BertConfig, BertForSequenceClassification, Trainer, TrainerCallback, TrainingArguments,
                          set_seed)

import data
import truth


class Truth(TrainerCallback):
    def on_epoch_begin(self, args, state, control, **kwargs):
        truth.begin()

    def on_step_end(self, args, state, control, **kwargs):
        truth.step()

    def on_epoch_end(self, args, state, control, **kwargs):
        truth.end()


class Sentences(torch.utils.data.Dataset):
    def __init__(self, count, seed):
        _, self.label = data.clusters(count, classes=2, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        self.words = torch.randint(4, 60, (count, 24), generator=generator) + 40 * torch.tensor(self.label)[:, None]

    def __len__(self):
        return len(self.label)

    def __getitem__(self, i):
        return {"input_ids": self.words[i], "attention_mask": torch.ones(24, dtype=torch.long),
                "labels": int(self.label[i])}


set_seed(0)
model = BertForSequenceClassification(BertConfig(vocab_size=110, hidden_size=32, num_hidden_layers=1,
                                                 num_attention_heads=2, intermediate_size=64))
arguments = TrainingArguments("results", num_train_epochs=4, per_device_train_batch_size=16,
                              per_device_eval_batch_size=64, evaluation_strategy="epoch", logging_steps=20,
                              save_strategy="no", report_to=[], no_cuda=True)
trainer = Trainer(model, arguments, train_dataset=Sentences(1000, 0), eval_dataset=Sentences(300, 1),
                  compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())},
                  callbacks=[Truth()])
trainer.train()
print(trainer.evaluate())
