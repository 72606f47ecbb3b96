#!/usr/bin/python3
"""Runs PyTorch's adaptive softmax with weights read from a file.

Usage: torch_adaptive.py JOBS.json

A job of the list: `features`, `classes`, `cutoffs`, `divisor`, `bias`, `load` (a safetensors file of weights under the
names `head.head.weight`, `head.tail.0.0.weight` and so on), `input` (one with `x` [P, features]), `targets` [P],
`output` (a file to write: `logProbabilities` [P, classes], `loss` [1], the mean, and the gradients of it: `x` and each
parameter by its name). Ends with status 77 where PyTorch is absent.
"""

import json
import sys

from peer import require

require('torch', 'numpy')

import torch
from torch import nn

from safetensors_file import read_safetensors, write_safetensors


def run(job):
    torch.set_num_threads(1)
    holder = nn.Module()
    holder.head = nn.AdaptiveLogSoftmaxWithLoss(
        job['features'], job['classes'], job['cutoffs'], div_value=job['divisor'], head_bias=job['bias']
    )
    holder.load_state_dict({name: torch.tensor(array) for name, array in read_safetensors(job['load']).items()})
    x = torch.tensor(read_safetensors(job['input'])['x'], requires_grad=True)
    loss = holder.head(x, torch.tensor(job['targets'])).loss
    loss.backward()
    output = {
        'logProbabilities': holder.head.log_prob(x).detach(),
        'loss': loss.detach().reshape(1),
        'x': x.grad,
        **{name: parameter.grad for name, parameter in holder.named_parameters()},
    }
    write_safetensors(job['output'], {name: tensor.contiguous().numpy() for name, tensor in output.items()})


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        for job in json.load(file):
            run(job)
