#!/usr/bin/python3
"""Trains an LSTM in PyTorch on the characters of a text until its validation loss is low enough.

Usage: torch_time_to_loss.py JOB

The job, as JSON: `corpus` (a UTF-8 file), `embedding`, `hidden`, `window`, `batch`, `learningRate` (of Adam),
`clipNorm`, `validation` (the part of the text, at its end, that is not trained on), `target` (nats), `mostEpochs`,
`seed`, `threads`, and `init` (may be left out), a safetensors file to write the initial weights to. Prints one JSON
line: `seconds` of training alone, and `validationLosses`, one for each epoch. Text, rows and windows are cut as unrolled
cuts them. Ends with status 77 where PyTorch is absent.
"""

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


def train_epoch(model, optimizer, inputs, targets, window, clip_norm):
    """Whole windows, with the state passed on; returns the seconds."""
    state, started = None, time.perf_counter()
    for start in range(0, len(inputs) - window + 1, window):
        logits, state = model(inputs[start : start + window], state)
        loss = cross_entropy(logits, targets[start : start + window])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
    return time.perf_counter() - started


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
    seconds, losses = 0.0, []
    while len(losses) < job['mostEpochs'] and not (losses and losses[-1] <= job['target']):
        seconds += train_epoch(model, optimizer, inputs, targets, job['window'], job['clipNorm'])
        losses.append(evaluate(model, *validation, job['window']))
    return {'seconds': seconds, 'validationLosses': losses}


if __name__ == '__main__':
    print(json.dumps(train(json.loads(sys.argv[1]))))
