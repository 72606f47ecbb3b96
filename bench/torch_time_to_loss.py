#!/usr/bin/python3
"""Trains an LSTM in PyTorch on the characters of a text until its validation loss is low enough.

Usage: torch_time_to_loss.py JOB

The job, as JSON: `corpus` (a UTF-8 file), `embedding`, `hidden`, `window`, `batch`, `learningRate` (of Adam),
`clipNorm`, `validation` (the part of the text, at its end, that is not trained on), `everySteps` (between two
validations; may be left out: an epoch), `target` (nats), `mostValidations`, `seed`, `threads`, and `init` (may be left
out), a safetensors file to write the initial weights to. Prints one JSON line: `seconds` of training alone up to each
validation, and `validationLosses`. Text, rows and windows are cut as unrolled cuts them. Ends with status 77 where
PyTorch is absent.
"""

import itertools
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'peer'))
from peer import require

require('torch', 'numpy')

import torch

from torch_model import CharacterModel, cross_entropy, cut_stream, read_text, vocabulary_of


def evaluate(model, inputs, targets, window):
    """Mean loss from a zero state; an incomplete last window counts."""
    total, state = 0.0, None
    with torch.no_grad():
        for start in range(0, len(inputs), window):
            logits, state = model(inputs[start : start + window], state)
            total += cross_entropy(logits, targets[start : start + window], reduction='sum').item()
    return total / targets.numel()


def training_steps(model, optimizer, inputs, targets, window, clip_norm):
    """Epoch after epoch of whole windows, with the state passed on; yields the seconds of each step."""
    while True:
        state = None
        for start in range(0, len(inputs) - window + 1, window):
            started = time.perf_counter()
            logits, state = model(inputs[start : start + window], state)
            loss = cross_entropy(logits, targets[start : start + window])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            optimizer.step()
            yield time.perf_counter() - started


def train(job):
    torch.manual_seed(job['seed'])
    torch.set_num_threads(job['threads'])
    text = read_text(job['corpus'])
    vocabulary = vocabulary_of(text)
    ids = [vocabulary[character] for character in text]
    trained = int(len(ids) * (1 - job['validation']))
    inputs, targets = cut_stream(ids[:trained], job['batch'])
    validation = cut_stream(ids[trained:], job['batch'])
    model = CharacterModel(len(vocabulary), 'lstm', job['embedding'], job['hidden'], 1)
    if 'init' in job:
        model.save(job['init'])
    optimizer = torch.optim.Adam(model.parameters(), lr=job['learningRate'])
    window = job['window']
    steps = training_steps(model, optimizer, inputs, targets, window, job['clipNorm'])
    every = job.get('everySteps', len(inputs) // window)
    seconds, losses = [], []
    while len(losses) < job['mostValidations'] and not (losses and losses[-1] <= job['target']):
        seconds.append((seconds[-1] if seconds else 0.0) + sum(itertools.islice(steps, every)))
        losses.append(evaluate(model, *validation, window))
    return {'seconds': seconds, 'validationLosses': losses}


if __name__ == '__main__':
    print(json.dumps(train(json.loads(sys.argv[1]))))
