"""Writes the small files of torch.save and torch.jit.save that the reader of .pth files is tested on, good and malicious ones.

    python3 test/parity/make_files.py        with PyTorch 1.13; writes into test/parity/files/
"""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch

folder = Path(__file__).parent / 'files'
torch.manual_seed(0)


def save(name, value, **options):
    torch.save(value, folder / name, **options)


def save_both(name, value):
    save(f'{name}-zip.pth', value)
    save(f'{name}-legacy.pth', value, _use_new_zipfile_serialization=False)


def network():
    layers = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    with torch.no_grad():
        for index, tensor in enumerate(layers.state_dict().values()):
            tensor.copy_(torch.arange(tensor.numel()).reshape(tensor.shape) + 100 * index)
    return layers


def values():
    """Views whose numbers say where they come from: element i of the storage is i."""
    base = torch.arange(24, dtype=torch.float32)
    matrix = base.reshape(4, 6)
    return OrderedDict(
        transposed=matrix.t(),
        row=matrix[1],
        column=matrix[:, 2],
        every_other=matrix[1::2, ::3],
        overlapping=base.as_strided((5, 3), (2, 1), 1),
        scalar=base[7],
        empty=torch.zeros(0, 5),
    )


def types():
    return {
        'float32': torch.tensor([0.1, -2.5, float('inf')]),
        'float64': torch.tensor([0.1, -1e-300, 3.0], dtype=torch.float64),
        'float16': torch.tensor([0.1, -65504.0, 6e-8, float('-inf'), 0.0], dtype=torch.float16),
        'bfloat16': torch.tensor([0.1, -3e38, 1e-40], dtype=torch.bfloat16),
        'int64': torch.tensor([-(2**31), 2**31 - 1, 7]),
        'int32': torch.tensor([-5, 6], dtype=torch.int32),
        'int16': torch.tensor([-(2**15), 9], dtype=torch.int16),
        'int8': torch.tensor([-128, 127], dtype=torch.int8),
        'uint8': torch.tensor([0, 255], dtype=torch.uint8),
        'bool': torch.tensor([True, False]),
    }


def training_state():
    """What a training program keeps beside its weights."""
    layers = network()
    optimizer = torch.optim.Adam(layers.parameters(), lr=1e-3)
    layers(torch.ones(2, 2, 4, 4)).sum().backward()
    optimizer.step()
    return {
        'model_state_dict': network().state_dict(),
        'optimizer_state_dict': optimizer.state_dict(),
        'global_step': 100_000,
        'best': (-1.5, None, True, 2**70, b'\x00\xff', 'naïve'),
        'shape': torch.Size([2, 3]),
        'device': torch.device('cpu'),
        'dtype': torch.float16,
        'parameter': torch.nn.Parameter(torch.ones(2)),
    }


class Layer(torch.nn.Module):
    """What TorchScript keeps of a module: tensors, numbers, and lists of numbers."""

    def __init__(self, first):
        super().__init__()
        self.padding = [0, 1]
        self.register_buffer('weight', first + torch.arange(6, dtype=torch.float32).reshape(3, 2))
        self.beta = torch.nn.Parameter(first + torch.arange(3, dtype=torch.float32))

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.beta)


def script():
    """Modules in modules, as NVIDIA's Inception file nests them; its code is compressed."""
    tower = torch.nn.Sequential(OrderedDict(pool=torch.nn.ReLU(), conv=Layer(100)))
    return torch.jit.script(torch.nn.Sequential(OrderedDict(conv=Layer(0), tower=tower)))


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Tool:
    """Pickles as an object of a class that the reader does not know."""


def archive(name, data):
    """A zip container around a pickle of our own."""
    with zipfile.ZipFile(folder / name, 'w') as file:
        file.writestr('archive/data.pkl', data)


def malicious():
    system = Call(os.system, 'echo this must never run')
    save('evil-reduce.pth', {'weight': torch.ones(1), 'payload': system})
    save('evil-reduce-legacy.pth', {'payload': system}, _use_new_zipfile_serialization=False)
    save('evil-object.pth', {'payload': Tool()})
    archive('evil-stack-global.pth', pickle.dumps(system, protocol=4))
    archive('evil-inst.pth', b"\x80\x02(X\x02\x00\x00\x00hiios\nsystem\n.")
    archive('evil-obj.pth', b'\x80\x02(cbuiltins\neval\nX\x01\x00\x00\x001o.')
    archive('evil-newobj.pth', b'\x80\x02csubprocess\nPopen\n)\x81.')
    archive('evil-ext.pth', b'\x80\x02\x82\x01)R.')
    archive('evil-build.pth', b'\x80\x02ctorch\nSize\n}X\x01\x00\x00\x00aK\x01sb.')
    archive('evil-getattr.pth', b'\x80\x02cbuiltins\ngetattr\n.')


if __name__ == '__main__':
    folder.mkdir(exist_ok=True)
    save_both('network', network().state_dict())
    save_both('views', values())
    save_both('types', types())
    save_both('training', training_state())
    save('protocol-4.pth', network().state_dict(), pickle_protocol=4)
    torch.jit.save(script(), folder / 'script.pt')
    save('large-integer.pth', {'value': torch.tensor([2**40])})
    malicious()
    for path in sorted(folder.iterdir()):
        print(path.stat().st_size, path.name)
