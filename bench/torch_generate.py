#!/usr/bin/python3
"""Times PyTorch generating one token at a time, batch 1: embedding, recurrent cell, dense layer, a draw.

Usage: torch_generate.py --vocab N --embedding N --hidden N [--count N] [--threads N] [--seconds S]

Prints one JSON line: `microseconds`, the median a token over runs of `count` tokens, `fastest`, `runs`, `threads` and
PyTorch's `version`. Of nn.LSTMCell and a step of nn.LSTM the faster one counts (`form`). Ends with status 77 where PyTorch
is absent.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'peer'))
from peer import require

require('torch')

import torch
from torch import nn


def steps(options):
    """A function that draws the next token, for each way to write the cell."""
    embedding = nn.Embedding(options.vocab, options.embedding)
    head = nn.Linear(options.hidden, options.vocab)
    cell = nn.LSTMCell(options.embedding, options.hidden)
    lstm = nn.LSTM(options.embedding, options.hidden)

    def with_cell(token, state):
        state = cell(embedding(token), state)
        return torch.multinomial(torch.softmax(head(state[0]), dim=1), 1)[0], state

    def with_lstm(token, state):
        output, state = lstm(embedding(token)[None], state)
        return torch.multinomial(torch.softmax(head(output[0]), dim=1), 1)[0], state

    return {
        'LSTMCell': (with_cell, lambda: (torch.zeros(1, options.hidden), torch.zeros(1, options.hidden))),
        'LSTM': (with_lstm, lambda: (torch.zeros(1, 1, options.hidden), torch.zeros(1, 1, options.hidden))),
    }


def benchmark(options):
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    forms = steps(options)
    times = {form: [] for form in forms}
    started = time.perf_counter()
    with torch.no_grad():
        while time.perf_counter() - started < options.seconds or len(times['LSTM']) < 4:
            for form, (step, zero) in forms.items():
                token, state = torch.zeros(1, dtype=torch.long), zero()
                begun = time.perf_counter()
                for _ in range(options.count):
                    token, state = step(token, state)
                times[form].append((time.perf_counter() - begun) / options.count)
    medians = {form: statistics.median(runs[1:]) for form, runs in times.items()}
    form = min(medians, key=medians.get)
    return {
        'microseconds': 1e6 * medians[form],
        'fastest': 1e6 * min(times[form]),
        'form': form,
        'runs': len(times[form]) - 1,
        'threads': options.threads,
        'version': torch.__version__,
    }


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    for name in ['vocab', 'embedding', 'hidden']:
        parser.add_argument(f'--{name}', required=True, type=int)
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=2)
    print(json.dumps(benchmark(parser.parse_args())))
