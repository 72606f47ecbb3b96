#!/usr/bin/python3
"""Times training steps of PyTorch: forward, backward, clipping to norm 5, Adam, on random ids.

Usage: torch_train.py --cell rnn|gru|lstm --layers N --vocab N --embedding N --hidden N --window N --batch N
                      [--threads N] [--seconds S] [--cutoffs N,N]

Takes the options of `unrolled bench` and prints one JSON line: `tokensPerSecond` and `millisecondsPerStep`, of the
median step, `steps`, `threads` and PyTorch's `version`. With `--cutoffs` the output is PyTorch's adaptive softmax, and ids
are as frequent as those of `unrolled bench --output adaptive`: log-uniform over the ranks. Ends with status 77 where
PyTorch is absent.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'peer'))
from peer import require

require('torch', 'numpy')

import torch
from torch import nn

from torch_model import CharacterModel, cross_entropy

CLIP_NORM = 5

# The first steps fill memory and caches and do not count; at least so many count, however slow they are.
WARM_UP = 2
LEAST_STEPS = 3


def random_ids(options, *shape):
    if options.cutoffs is None:
        return torch.randint(options.vocab, shape)
    ranks = (options.vocab + 1) ** torch.rand(shape) - 1
    return ranks.long().clamp(max=options.vocab - 1)


def benchmark(options):
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    model = CharacterModel(options.vocab, options.cell, options.embedding, options.hidden, options.layers)
    measure_loss = cross_entropy
    if options.cutoffs is not None:
        # It takes hidden states, and stands in the place of the head and of the loss.
        model.head = nn.Identity()
        model.adaptive = nn.AdaptiveLogSoftmaxWithLoss(
            options.hidden, options.vocab, options.cutoffs, head_bias=True
        )
        measure_loss = lambda hidden, targets: model.adaptive(hidden.flatten(0, 1), targets.flatten()).loss
    optimizer = torch.optim.Adam(model.parameters())
    state, times = None, []
    while len(times) < WARM_UP + LEAST_STEPS or sum(times[WARM_UP:]) < options.seconds:
        inputs, targets = random_ids(options, 2, options.window, options.batch)
        started = time.perf_counter()
        outputs, state = model(inputs, state)
        loss = measure_loss(outputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        times.append(time.perf_counter() - started)
    median = statistics.median(times[WARM_UP:])
    return {
        'tokensPerSecond': options.window * options.batch / median,
        'millisecondsPerStep': 1000 * median,
        'steps': len(times) - WARM_UP,
        'threads': options.threads,
        'version': torch.__version__,
    }


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--cell', required=True, choices=['rnn', 'gru', 'lstm'])
    for name in ['layers', 'vocab', 'embedding', 'hidden', 'window', 'batch']:
        parser.add_argument(f'--{name}', required=True, type=int)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=5)
    parser.add_argument('--cutoffs', type=lambda text: [int(part) for part in text.split(',')])
    print(json.dumps(benchmark(parser.parse_args())))
