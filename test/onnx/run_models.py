"""Runs exported models in onnxruntime: `run_models.py CASES.json`, a list of {model, inputs}; prints the outputs as JSON.

Each model is checked by ONNX's own checker first. Tensors are {"type", "shape", "data"}.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

TYPES = {"int64": numpy.int64, "float32": numpy.float32}


def array(tensor):
    return numpy.array(tensor["data"], TYPES[tensor["type"]]).reshape(tensor["shape"])


def described(value):
    return {"shape": list(value.shape), "data": value.flatten().tolist()}


def check(path):
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path, load_external_data=False)
    assert model.ir_version == 8, model.ir_version
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)], model.opset_import
    return {entry.key: entry.value for entry in model.metadata_props}


def main(path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 2
    sessions = {}
    results = []
    for case in cases:
        model = case["model"]
        if model not in sessions:
            metadata = check(model)
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            sessions[model] = (session, metadata)
        session, metadata = sessions[model]
        names = [output.name for output in session.get_outputs()]
        values = session.run(names, {name: array(value) for name, value in case["inputs"].items()})
        outputs = {name: described(value) for name, value in zip(names, values)}
        inputs = {value.name: value.shape for value in session.get_inputs()}
        optional = {value.name: value.shape for value in session.get_overridable_initializers()}
        results.append({"inputs": inputs, "optional": optional, "outputs": outputs, "metadata": metadata})
    json.dump(results, sys.stdout)


main(sys.argv[1])
