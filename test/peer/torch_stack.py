#!/usr/bin/python3
"""Runs a recurrent stack of PyTorch over a batch of rows that differ in length, with weights read from a file or
drawn here and written.

Usage: torch_stack.py JOBS.json

A job of the list: `cell` (rnn, gru, lstm), `nonlinearity` (of rnn), `features`, `hidden`, `layers`, `bidirectional`, `lengths`
[B], `input` (a safetensors file with `x` [T, B, features]), `load` or `save` (a file of weights under the names
`rnn.weight_ih_l0` and so on), `output` (a file to write: `output` [T, B, D·H], zero behind the ends of rows, and the
final states `h` [layers·D, B, H] and, of an LSTM, `c`). Ends with status 77 where PyTorch is absent.
"""

import json
import sys

from peer import require

require('torch', 'numpy')

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from safetensors_file import read_safetensors, write_safetensors

CELLS = {'rnn': nn.RNN, 'gru': nn.GRU, 'lstm': nn.LSTM}


def run(job):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    extra = {'nonlinearity': job['nonlinearity']} if job['cell'] == 'rnn' else {}
    rnn = CELLS[job['cell']](
        job['features'], job['hidden'], job['layers'], bidirectional=job['bidirectional'], **extra
    )
    holder = nn.Module()
    holder.rnn = rnn
    if 'load' in job:
        holder.load_state_dict({name: torch.tensor(array) for name, array in read_safetensors(job['load']).items()})
    else:
        write_safetensors(job['save'], {name: tensor.numpy() for name, tensor in holder.state_dict().items()})
    x = torch.tensor(read_safetensors(job['input'])['x'])
    with torch.no_grad():
        packed, state = rnn(pack_padded_sequence(x, job['lengths'], enforce_sorted=False))
    output, _ = pad_packed_sequence(packed, total_length=len(x))
    h, c = state if job['cell'] == 'lstm' else (state, None)
    arrays = {'output': output.contiguous().numpy(), 'h': h.contiguous().numpy()}
    if c is not None:
        arrays['c'] = c.contiguous().numpy()
    write_safetensors(job['output'], arrays)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        for job in json.load(file):
            run(job)
