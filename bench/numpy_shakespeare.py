#!/usr/bin/python3
"""The Shakespeare character RNN as the from-scratch tutorials write it in NumPy: one product a time step.

Usage: numpy_shakespeare.py CORPUS.txt [--seconds S | --windows N] [--seed N]

One-hot characters, tanh, hidden size 20, windows of 25 whose summed loss is differentiated, the hidden state
carried from window to window, one bias a layer, gradients clipped to ±2, Adagrad with absolute accumulation.
Prints one JSON line: `tokensPerSecond`, `tokens`, `seconds`, and `smoothedLoss`, which starts at 25·ln V and
takes in a thousandth of each window's loss. Ends with status 77 where NumPy is absent.

Shapes: `V` vocabulary, `H` hidden.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'peer'))
from peer import require

require('numpy')

import numpy as np

HIDDEN = 20
WINDOW = 25
SCALE = 0.01
CLIP = 2
LEARNING_RATE = 0.1
EPSILON = 1e-8


class CharacterRNN:
    def __init__(self, vocabulary, random):
        self.vocabulary = vocabulary
        self.Wxh = random.standard_normal((HIDDEN, vocabulary)) * SCALE
        self.Whh = random.standard_normal((HIDDEN, HIDDEN)) * SCALE
        self.Why = random.standard_normal((vocabulary, HIDDEN)) * SCALE
        self.bh = np.zeros((HIDDEN, 1))
        self.by = np.zeros((vocabulary, 1))
        self.parameters = [self.Wxh, self.Whh, self.Why, self.bh, self.by]
        self.accumulated = [np.zeros_like(parameter) for parameter in self.parameters]

    def gradients(self, inputs, targets, h):
        """The window's summed loss in nats, the gradients of `parameters`, and the last hidden state [H, 1]."""
        loss, xs, ps, hs = 0.0, [], [], [h]
        for id, target in zip(inputs, targets):
            x = np.zeros((self.vocabulary, 1))
            x[id] = 1
            h = np.tanh(np.dot(self.Wxh, x) + np.dot(self.Whh, h) + self.bh)
            y = np.dot(self.Why, h) + self.by
            p = np.exp(y) / np.sum(np.exp(y))
            loss -= np.log(p[target, 0])
            xs.append(x)
            hs.append(h)
            ps.append(p)

        dWxh, dWhh, dWhy, dbh, dby = gradients = [np.zeros_like(parameter) for parameter in self.parameters]
        dhnext = np.zeros_like(h)
        for t in reversed(range(len(inputs))):
            dy = ps[t].copy()
            dy[targets[t]] -= 1
            dWhy += np.dot(dy, hs[t + 1].T)
            dby += dy
            dh = np.dot(self.Why.T, dy) + dhnext
            draw = (1 - hs[t + 1] * hs[t + 1]) * dh
            dbh += draw
            dWxh += np.dot(draw, xs[t].T)
            dWhh += np.dot(draw, hs[t].T)
            dhnext = np.dot(self.Whh.T, draw)
        return loss, gradients, h

    def update(self, gradients):
        for parameter, gradient, accumulated in zip(self.parameters, gradients, self.accumulated):
            np.clip(gradient, -CLIP, CLIP, out=gradient)
            accumulated += np.abs(gradient)
            parameter -= LEARNING_RATE * gradient / np.sqrt(accumulated + EPSILON)


def train(ids, vocabulary, options):
    model = CharacterRNN(vocabulary, np.random.default_rng(options.seed))
    smoothed = WINDOW * np.log(vocabulary)
    h = np.zeros((HIDDEN, 1))
    windows = position = 0
    started = time.perf_counter()
    while windows < options.windows if options.windows else time.perf_counter() - started < options.seconds:
        if position + WINDOW + 1 > len(ids):
            position, h = 0, np.zeros((HIDDEN, 1))
        inputs, targets = ids[position : position + WINDOW], ids[position + 1 : position + WINDOW + 1]
        loss, gradients, h = model.gradients(inputs, targets, h)
        model.update(gradients)
        smoothed = 0.999 * smoothed + 0.001 * loss
        position += WINDOW
        windows += 1
    seconds = time.perf_counter() - started
    tokens = windows * WINDOW
    return {'tokensPerSecond': tokens / seconds, 'tokens': tokens, 'seconds': seconds, 'smoothedLoss': smoothed}


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('corpus')
    parser.add_argument('--seconds', type=float, default=5)
    parser.add_argument('--windows', type=int)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    with open(options.corpus, encoding='utf-8', newline='') as file:
        text = file.read()
    numbers = {character: id for id, character in enumerate(sorted(set(text)))}
    print(json.dumps(train([numbers[character] for character in text], len(numbers), options)))
