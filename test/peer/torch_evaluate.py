#!/usr/bin/python3
"""Evaluates in PyTorch a character model that unrolled has saved.

Usage: torch_evaluate.py JOB.json

The job: `corpus` (the file whose characters are the vocabulary), `text` (the file to evaluate), `model` (a
safetensors file), `cell`, `embedding`, `hidden`, `layers`, `dtype`. Prints one JSON line: `loss` (mean nats per
token from a zero state, over all but the first character) and `tokens`. Ends with status 77 where PyTorch is absent.
"""

import json
import sys

from peer import require

require('torch', 'numpy')

import torch

from torch_model import CharacterModel, cross_entropy, cut_stream, read_text, vocabulary_of


def evaluate(job):
    torch.set_num_threads(1)
    torch.set_default_dtype(getattr(torch, job['dtype']))
    vocabulary = vocabulary_of(read_text(job['corpus']))
    model = CharacterModel(len(vocabulary), job['cell'], job['embedding'], job['hidden'], job['layers'])
    model.load(job['model'])
    inputs, targets = cut_stream([vocabulary[character] for character in read_text(job['text'])], batch=1)
    with torch.no_grad():
        logits, _ = model(inputs, None)
        loss = cross_entropy(logits.double(), targets)
    print(json.dumps({'loss': loss.item(), 'tokens': len(targets)}))


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        evaluate(json.load(file))
