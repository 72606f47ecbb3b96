#!/usr/bin/python3
"""The toy sentiment RNN as the from-scratch tutorials write it in NumPy: one phrase at a time.

Usage: numpy_toy_sentiment.py PHRASES.json [--seconds S | --epochs N] [--seed N]

PHRASES.json has `train`, a list of {text, label}. One-hot words, tanh, hidden size 64, softmax cross-entropy on
the last state, phrases shuffled each epoch, plain SGD, every gradient clipped to ±1. Prints one JSON line:
`secondsPerEpoch`, `epochs`, `seconds`, and `loss` and `accuracy` over the last epoch, each phrase before its
update. Ends with status 77 where NumPy is absent.

Shapes: `V` words, `H` hidden.
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

HIDDEN = 64
CLASSES = 2
LEARNING_RATE = 0.02
CLIP = 1


class SentimentRNN:
    def __init__(self, words, random):
        self.Wxh = random.standard_normal((HIDDEN, words)) / 1000
        self.Whh = random.standard_normal((HIDDEN, HIDDEN)) / 1000
        self.Why = random.standard_normal((CLASSES, HIDDEN)) / 1000
        self.bh = np.zeros((HIDDEN, 1))
        self.by = np.zeros((CLASSES, 1))

    def forward(self, inputs):
        """One-hot words, [V, 1] each, to the classes' probabilities [2, 1] and all hidden states."""
        hs = [np.zeros((HIDDEN, 1))]
        for x in inputs:
            hs.append(np.tanh(np.dot(self.Wxh, x) + np.dot(self.Whh, hs[-1]) + self.bh))
        y = np.dot(self.Why, hs[-1]) + self.by
        return np.exp(y) / np.sum(np.exp(y)), hs

    def backward(self, inputs, hs, dy):
        """One step of SGD from the gradient of the logits [2, 1]."""
        dWhy, dby = np.dot(dy, hs[-1].T), dy
        dWxh, dWhh, dbh = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.bh)
        dh = np.dot(self.Why.T, dy)
        for t in reversed(range(len(inputs))):
            draw = (1 - hs[t + 1] ** 2) * dh
            dbh += draw
            dWxh += np.dot(draw, inputs[t].T)
            dWhh += np.dot(draw, hs[t].T)
            dh = np.dot(self.Whh.T, draw)
        updates = [(self.Wxh, dWxh), (self.Whh, dWhh), (self.Why, dWhy), (self.bh, dbh), (self.by, dby)]
        for parameter, gradient in updates:
            np.clip(gradient, -CLIP, CLIP, out=gradient)
            parameter -= LEARNING_RATE * gradient


def one_hot(id, size):
    column = np.zeros((size, 1))
    column[id] = 1
    return column


def train(phrases, options):
    random = np.random.default_rng(options.seed)
    words = sorted({word for phrase in phrases for word in phrase['text'].split(' ')})
    model = SentimentRNN(len(words), random)
    epochs = 0
    started = time.perf_counter()
    while epochs < options.epochs if options.epochs else time.perf_counter() - started < options.seconds:
        loss, correct = 0.0, 0
        for index in random.permutation(len(phrases)):
            label = phrases[index]['label']
            inputs = [one_hot(words.index(word), len(words)) for word in phrases[index]['text'].split(' ')]
            p, hs = model.forward(inputs)
            loss -= np.log(p[label, 0])
            correct += np.argmax(p) == label
            dy = p.copy()
            dy[label] -= 1
            model.backward(inputs, hs, dy)
        epochs += 1
    seconds = time.perf_counter() - started
    return {
        'secondsPerEpoch': seconds / epochs,
        'epochs': epochs,
        'seconds': seconds,
        'loss': loss / len(phrases),
        'accuracy': correct / len(phrases),
    }


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('phrases')
    parser.add_argument('--seconds', type=float, default=5)
    parser.add_argument('--epochs', type=int)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    with open(options.phrases, encoding='utf-8') as file:
        print(json.dumps(train(json.load(file)['train'], options)))
