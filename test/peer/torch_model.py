"""A character model in PyTorch, and the stream it reads, as unrolled's documentation fixes them.

The modules are named so that `state_dict()` has the names of unrolled's model files: `embedding.weight`,
`rnn.weight_ih_l0` and so on, `head.weight`, `head.bias`. Shapes: `T` time, `B` batch, `V` vocabulary.
"""

import torch
from torch import nn

from safetensors_file import read_safetensors, write_safetensors

CELLS = {'rnn': nn.RNN, 'gru': nn.GRU, 'lstm': nn.LSTM}


class CharacterModel(nn.Module):
    """Embedding (a number of features, or 'onehot'), recurrent layers, linear head; PyTorch's own weights."""

    def __init__(self, vocabulary, cell, embedding, hidden, layers):
        super().__init__()
        self.vocabulary = vocabulary
        self.embedding = None if embedding == 'onehot' else nn.Embedding(vocabulary, embedding)
        self.rnn = CELLS[cell](vocabulary if embedding == 'onehot' else embedding, hidden, layers)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, ids, state):
        """`ids` [T, B] and a state (None is zero) to the logits [T, B, V] and the state after, detached."""
        if self.embedding is None:
            inputs = nn.functional.one_hot(ids, self.vocabulary).to(self.head.weight.dtype)
        else:
            inputs = self.embedding(ids)
        outputs, state = self.rnn(inputs, state)
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        return self.head(outputs), state

    def save(self, path):
        write_safetensors(path, {name: tensor.numpy() for name, tensor in self.state_dict().items()})

    def load(self, path):
        """Takes every weight from a file, which must have these names and no others."""
        self.load_state_dict({name: torch.tensor(array) for name, array in read_safetensors(path).items()})


def cross_entropy(logits, targets, reduction='mean'):
    """Of logits [T, B, V] and targets [T, B], in nats."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=reduction)


def read_text(path):
    """The text of a UTF-8 file, its line ends as they are."""
    with open(path, encoding='utf-8', newline='') as file:
        return file.read()


def vocabulary_of(text):
    """Ids by character: the sorted distinct code points."""
    return {character: id for id, character in enumerate(sorted(set(text)))}


def cut_stream(ids, batch):
    """Inputs and targets `[floor((n - 1) / batch), B]`, one contiguous stretch of the stream a column."""
    length = (len(ids) - 1) // batch
    stream = torch.tensor(ids)
    inputs, targets = stream[: batch * length], stream[1 : batch * length + 1]
    return inputs.reshape(batch, length).t(), targets.reshape(batch, length).t()
