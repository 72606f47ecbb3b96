#!/usr/bin/python3
"""Trains a character model in PyTorch, for unrolled to be compared with.

Usage: torch_train.py JOB.json

The job: `corpus` (a UTF-8 file), `tokens` ("char"), `cell` ("rnn", "gru", "lstm"), `embedding` (a number or
"onehot"), `hidden`, `layers`, `window`, `batch`, `optimizer` ("sgd", "adam", "adamw", but for `lr` with PyTorch's own
defaults), `lr`, `clipNorm`, `steps`, `seed`, `dtype` ("float32", "float64"), and two paths to write to: `init`, the
weights before the first step, and `out` (may be left out), those after the last one.

Prints one JSON line a step: `step` (from 0), `loss` (mean nats per token, before the update) and `norm` (of
the gradient over all parameters, before it is clipped). Ends with status 77 where PyTorch is absent.
"""

import json
import sys

from peer import require

require('torch', 'numpy')

import torch

from torch_model import CharacterModel, cross_entropy, cut_stream, read_text, vocabulary_of

OPTIMIZERS = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam, 'adamw': torch.optim.AdamW}


def windows(ids, batch, window):
    """Endless: inputs and targets `[window, B]`, and whether an epoch begins with them."""
    inputs, targets = cut_stream(ids, batch)
    while True:
        for start in range(0, len(inputs) - window + 1, window):
            yield inputs[start : start + window], targets[start : start + window], start == 0


def train(job):
    assert job['tokens'] == 'char', 'only characters are supported'
    torch.manual_seed(job['seed'])
    torch.set_num_threads(1)
    torch.set_default_dtype(getattr(torch, job['dtype']))

    text = read_text(job['corpus'])
    vocabulary = vocabulary_of(text)
    model = CharacterModel(len(vocabulary), job['cell'], job['embedding'], job['hidden'], job['layers'])
    model.save(job['init'])

    optimizer = OPTIMIZERS[job['optimizer']](model.parameters(), lr=job['lr'])
    batches = windows([vocabulary[character] for character in text], job['batch'], job['window'])
    state = None
    for step, (inputs, targets, begins) in zip(range(job['steps']), batches):
        logits, state = model(inputs, None if begins else state)
        loss = cross_entropy(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), job['clipNorm'])
        optimizer.step()
        print(json.dumps({'step': step, 'loss': loss.item(), 'norm': norm.item()}))
    if 'out' in job:
        model.save(job['out'])


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        train(json.load(file))
