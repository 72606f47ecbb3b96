"""Safetensors files by hand, so that the tests know the format from its description alone.

A file is eight bytes with the header's length (little-endian), the header as JSON, and the elements of all
tensors. The header gives each tensor's type, shape and place, counted in bytes from the header's end.
"""

import json
import struct

import numpy

ELEMENT_TYPES = {'F32': '<f4', 'F64': '<f8'}


def write_safetensors(path, arrays):
    """Writes arrays by name, float32 or float64, without metadata."""
    header, data = {}, b''
    for name, array in arrays.items():
        element = {numpy.dtype('<f4'): 'F32', numpy.dtype('<f8'): 'F64'}[array.dtype]
        start = len(data)
        data += array.tobytes()
        header[name] = {'dtype': element, 'shape': list(array.shape), 'data_offsets': [start, len(data)]}
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def read_safetensors(path):
    """Reads the arrays by name; metadata are passed over."""
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop('__metadata__', None)
    arrays = {}
    for name, entry in header.items():
        start, end = entry['data_offsets']
        elements = numpy.frombuffer(data[start:end], ELEMENT_TYPES[entry['dtype']])
        arrays[name] = elements.reshape(entry['shape'])
    return arrays
