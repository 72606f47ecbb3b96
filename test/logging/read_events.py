"""Prints what TensorBoard's own reader finds in a folder, as JSON: scalars, histograms and texts by their tags."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
accumulator.Reload()
tags = accumulator.Tags()
tensors = {tag: accumulator.Tensors(tag) for tag in tags["tensors"]}
print(
    json.dumps(
        {
            "scalars": {tag: [[e.step, e.value] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]},
            "histograms": {
                tag: [[e.step, *(getattr(e.histogram_value, name) for name in ("min", "max", "num", "sum"))] for e in events]
                for tag, events in ((tag, accumulator.Histograms(tag)) for tag in tags["histograms"])
            },
            "texts": {
                tag: [[e.step, tensor_util.make_ndarray(e.tensor_proto).tolist()[0].decode()] for e in events]
                for tag, events in tensors.items()
            },
        }
    )
)
