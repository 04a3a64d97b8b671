"""Records what the original programs compute, for test/parity/*.test.ts.

    python3 test/parity/make_parity.py ORIGINALS [CASE ...]

ORIGINALS is a folder with checkouts of the originals, none of whose code is kept here:

    biggan/      github.com/ajbrock/BigGAN-PyTorch          9845943
    mimicry/     github.com/kwotsin/mimicry                 a7fda06
    heykeetae/   github.com/heykeetae/Self-Attention-GAN    8714a54

Written with PyTorch 1.13. A case is a folder: G.pth and D.pth as the original saves them, every number in them moved
away from where it starts, and recorded.safetensors: inputs, images and logits in both modes, and all parameters and
buffers after one training step by the original's own training function.

Adam's epsilon is raised from 1e-8, the only change to the recipes: with beta1 = 0 a first step is the gradient's sign
where epsilon is nothing, and a gradient that is zero but for rounding would move its parameter by a whole step.
"""

import argparse
import copy
import importlib
import json
import struct
import sys
import types
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch

here = Path(__file__).parent
adam_epsilon = 1e-3


# --- importing the originals ------------------------------------------------------------------------------------------


class Absent(types.ModuleType):
    """Stands for a package that the originals import and these cases do not use."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return sys.modules.get(f'{self.__name__}.{name}') or type(name, (), {})


absent = 'torchvision torchvision.transforms torchvision.datasets torchvision.utils torchvision.datasets.utils h5py tqdm PIL'


def import_from(folder, *names):
    """Imports modules of a folder, and forgets them, so that the next folder may have modules of the same names."""
    before = dict(sys.modules)
    sys.path.insert(0, str(folder))
    for name in absent.split():
        sys.modules.setdefault(name, Absent(name))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - set(before):
            if not name.startswith('torch.'):
                del sys.modules[name]


# --- recording --------------------------------------------------------------------------------------------------------


def unsettle(network):
    """Moves what starts at 0 or 1 (biases, gains, gates, running statistics), and singular vectors, somewhere else."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if not tensor.is_floating_point():
                continue
            kind = name.rsplit('.', 1)[-1]
            if kind == 'gamma':
                tensor.fill_(0.7)
            elif 'var' in kind:
                tensor.uniform_(0.5, 1.5)
            elif kind in ('u0', 'sn_u', 'weight_u', 'weight_v'):
                tensor.normal_().div_(tensor.norm())
            elif kind != 'weight_bar':
                tensor.add_(0.1 * torch.randn_like(tensor))


class Recorder:
    """Keeps what torch.randn and torch.randint draw, in order."""

    def __init__(self):
        self.draws = []

    @contextmanager
    def listening(self):
        originals = torch.randn, torch.randint

        def kept(draw):
            def draw_and_keep(*args, **kwargs):
                self.draws.append(draw(*args, **kwargs))
                return self.draws[-1].clone()

            return draw_and_keep

        torch.randn, torch.randint = map(kept, originals)
        try:
            yield self
        finally:
            torch.randn, torch.randint = originals


codes = {torch.float32: 'F32', torch.int32: 'I32', torch.uint8: 'U8'}


def write_safetensors(path, tensors, metadata):
    header, start, parts = {'__metadata__': metadata}, 0, []
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {'dtype': codes[tensor.dtype], 'shape': list(tensor.shape), 'data_offsets': [start, start + len(data)]}
        start += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(parts))


@contextmanager
def legacy_container():
    original = torch.save
    torch.save = partial(original, _use_new_zipfile_serialization=False)
    try:
        yield
    finally:
        torch.save = original


def floats(prefix, network):
    return {f'{prefix}.{key}': value.clone() for key, value in network.state_dict().items() if value.is_floating_point()}


class Case:
    """One original: `G`, `D`, how to run them, and how it trains. Subclasses fill these in."""

    batch = 4
    resolution = 32
    latent_dim = 16
    classes = 3
    learning_rates = (1e-4, 4e-4)
    betas = (0.0, 0.999)
    # Of each case: one at which the hinge lets through gradients of real and of fake images.
    seed = 0

    def images(self, G, z, y):
        raise NotImplementedError

    def logits(self, D, x, y):
        raise NotImplementedError

    def save(self, folder):
        raise NotImplementedError

    def step(self, real, labels):
        """Trains once; returns the draws: z.D0, fakeLabels.D0, z.G, fakeLabels.G, and more networks to record."""
        raise NotImplementedError

    def settle(self, z, y, real, labels):
        """Lets the singular vectors come near their matrices', and the logits near 0, where the hinge lets gradients pass."""
        self.G.train()
        self.D.train()
        with torch.no_grad():
            for _ in range(3):
                fake = self.logits(self.D, self.images(self.G, z, y), y)
                difference = fake.mean() + self.logits(self.D, real, labels).mean()
                self.bias_of_logits().sub_(difference / 2)
            active = (fake > -1).sum().item(), (self.logits(self.D, real, labels) < 1).sum().item()
        print(f'the hinge is active for {active} of {self.batch} fake and real images')

    def bias_of_logits(self):
        return self.D.linear.bias

    def record(self, name):
        torch.manual_seed(self.seed)
        folder = here / name
        folder.mkdir(exist_ok=True)
        self.build()
        unsettle(self.G)
        unsettle(self.D)
        z = torch.randn(self.batch, self.latent_dim)
        y = torch.arange(self.batch) % max(1, self.classes)
        pixels = torch.randint(0, 256, (self.batch, 3, self.resolution, self.resolution)).to(torch.uint8)
        labels = (torch.arange(self.batch) + 1) % max(1, self.classes)
        real = pixels.float() * 2 / 255 - 1
        self.settle(z, y, real, labels)
        self.save(folder)
        recorded = {'z': z, 'y': y.int(), 'pixels': pixels, 'labels': labels.int()}
        for mode in ('eval', 'train'):
            G, D = (copy.deepcopy(network).train(mode == 'train') for network in (self.G, self.D))
            with torch.no_grad():
                recorded[f'{mode}.images'] = self.images(G, z, y)
                recorded[f'{mode}.logits'] = self.logits(D, real, labels).reshape(self.batch)
        draws = self.step(real, labels)
        recorded.update({key: value.int() if 'abel' in key else value for key, value in draws.items()})
        recorded.update({**floats('after.G', self.G), **floats('after.D', self.D)})
        settings = dict(zip(('beta1', 'beta2'), self.betas), epsilon=adam_epsilon)
        metadata = {
            'source': self.source,
            'generator': json.dumps({'learningRate': self.learning_rates[0], **settings}),
            'discriminator': json.dumps({'learningRate': self.learning_rates[1], **settings}),
        }
        write_safetensors(folder / 'recorded.safetensors', recorded, metadata)
        size = sum(path.stat().st_size for path in folder.iterdir())
        logits = {mode: [round(v, 2) for v in recorded[f'{mode}.logits'].tolist()] for mode in ('eval', 'train')}
        print(f'{name}: {size >> 10} KiB, logits {logits}')


# --- BigGAN-PyTorch ---------------------------------------------------------------------------------------------------


class BigGan(Case):
    source = 'github.com/ajbrock/BigGAN-PyTorch 9845943'
    module = 'BigGAN'
    options = {}

    def build(self):
        folder = originals / 'biggan'
        self.module, self.train_fns, self.utils = import_from(folder, self.module, 'train_fns', 'utils')
        shared = dict(resolution=self.resolution, n_classes=self.classes, adam_eps=adam_epsilon, SN_eps=1e-8)
        rates = dict(zip(('G_lr', 'D_lr'), self.learning_rates))
        options = {**shared, **rates, 'dim_z': self.latent_dim, 'G_B1': 0.0, 'D_B1': 0.0, **self.options}
        self.G = self.module.Generator(**options)
        self.D = self.module.Discriminator(**options)

    def images(self, G, z, y):
        return G(z, G.shared(y))

    def logits(self, D, x, y):
        return D(x, y)

    def save(self, folder):
        torch.save(self.G.state_dict(), folder / 'G.pth')
        with legacy_container():
            torch.save(self.D.state_dict(), folder / 'D.pth')

    def step(self, real, labels):
        draws = {}
        updates = iter(('D0', 'G'))

        class Latents(torch.Tensor):
            """In place of the original's Distribution: draws, and keeps what it drew."""

            def sample_(self):
                self.update = next(updates)
                self.normal_()
                draws[f'z.{self.update}'] = torch.Tensor(self.tolist())

        class Labels(torch.Tensor):
            def sample_(self):
                self.random_(0, classes)

        classes = self.classes
        z = torch.zeros(self.batch, self.latent_dim).as_subclass(Latents)
        y = torch.zeros(self.batch, dtype=torch.long).as_subclass(Labels)
        seen = []
        joined = self.module.G_D(self.G, self.D)

        def both(z, gy, *args, **kwargs):
            seen.append(gy.as_subclass(torch.Tensor).clone())
            return joined(z.as_subclass(torch.Tensor), seen[-1], *args, **kwargs)

        G_ema = copy.deepcopy(self.G)
        ema = self.utils.ema(self.G, G_ema, 0.9, 0)
        config = dict(
            batch_size=self.batch, num_D_steps=1, num_D_accumulations=1, num_G_accumulations=1, split_D=False,
            toggle_grads=True, D_ortho=0.0, G_ortho=0.0, ema=True,
        )
        train = self.train_fns.GAN_training_function(self.G, self.D, both, z, y, ema, {'itr': 1}, config)
        train(real, labels)
        draws['fakeLabels.D0'], draws['fakeLabels.G'] = seen
        return {**draws, **(floats('after.ema.G', G_ema) if self.records_ema else {})}

    records_ema = False


class BigGan64(BigGan):
    """Shared embedding, hierarchical latents, attention in both networks."""

    batch = 2
    resolution = 64
    latent_dim = 20
    learning_rates = (5e-5, 2e-4)
    options = dict(G_ch=2, D_ch=4, G_shared=True, shared_dim=8, hier=True, G_attn='16', D_attn='16')
    records_ema = True


class BigGanSagan32(BigGan):
    """The SAGAN form: classes by tables, attention (after each of the discriminator's blocks, as it does at 32 pixels)."""

    seed = 3
    options = dict(G_ch=4, D_ch=4, G_shared=False, hier=False, G_attn='16', D_attn='16', G_init='xavier', D_init='xavier')


class BigGanDeep32(BigGan):
    module = 'BigGANdeep'
    seed = 2
    options = dict(G_ch=4, D_ch=4, G_shared=True, shared_dim=8, hier=True, G_attn='16', D_attn='16')


# --- mimicry ----------------------------------------------------------------------------------------------------------


class Mimicry(Case):
    source = 'github.com/kwotsin/mimicry a7fda06'
    learning_rates = (2e-4, 2e-4)
    betas = (0.0, 0.9)
    ngf = 16

    def build(self):
        # A bare package: its own imports every metric and dataset.
        package = types.ModuleType('torch_mimicry')
        package.__path__ = [str(originals / 'mimicry' / 'torch_mimicry')]
        sys.modules['torch_mimicry'] = package
        (networks,) = import_from(originals / 'mimicry', f'torch_mimicry.nets.{self.package}')
        del sys.modules['torch_mimicry']
        classes = {} if self.classes == 0 else dict(num_classes=self.classes)
        self.G = getattr(networks, f'{self.prefix}Generator32')(ngf=self.ngf, nz=self.latent_dim, **classes)
        self.D = getattr(networks, f'{self.prefix}Discriminator32')(ndf=16, **classes)
        adam = partial(torch.optim.Adam, betas=self.betas, eps=adam_epsilon)
        self.optimizers = adam(self.G.parameters(), self.learning_rates[0]), adam(self.D.parameters(), self.learning_rates[1])

    def bias_of_logits(self):
        return self.D.l5.bias

    def given(self, y):
        return () if self.classes == 0 else (y,)

    def images(self, G, z, y):
        return G(z, *self.given(y))

    def logits(self, D, x, y):
        return D(x, *self.given(y))

    def save(self, folder):
        with legacy_container():
            self.G.save_checkpoint(folder, 0, self.optimizers[0], 'G.pth')
        self.D.save_checkpoint(folder, 0, self.optimizers[1], 'D.pth')

    def step(self, real, labels):
        log = types.SimpleNamespace(add_metric=lambda *args, **kwargs: None)
        recorder = Recorder()
        with recorder.listening():
            self.D.train_step((real, labels), netG=self.G, optD=self.optimizers[1], log_data=log)
            self.G.train_step((real, labels), netD=self.D, optG=self.optimizers[0], log_data=log)
        names = ('z.D0', 'z.G') if self.classes == 0 else ('fakeLabels.D0', 'z.D0', 'fakeLabels.G', 'z.G')
        return dict(zip(names, recorder.draws, strict=True))


class MimicrySngan(Mimicry):
    package, prefix, classes = 'sngan.sngan_32', 'SNGAN', 0
    seed = 2


class MimicryCganPd(Mimicry):
    package, prefix = 'cgan_pd.cgan_pd_32', 'CGANPD'
    seed = 5


class MimicrySagan(Mimicry):
    package, prefix = 'sagan.sagan_32', 'SAGAN'
    ngf = 32


# --- heykeetae --------------------------------------------------------------------------------------------------------


class Heykeetae(Case):
    source = 'github.com/heykeetae/Self-Attention-GAN 8714a54'
    batch = 2
    resolution = 64
    classes = 0
    betas = (0.0, 0.9)
    conv_dim = 8

    def build(self):
        trainer, networks = import_from(originals / 'heykeetae', 'trainer', 'sagan_models')
        torch.nn.Module.cuda = lambda module: module
        config = types.SimpleNamespace(
            model='sagan', adv_loss='hinge', imsize=64, g_num=5, z_dim=self.latent_dim, g_conv_dim=self.conv_dim,
            d_conv_dim=self.conv_dim, parallel=False, lambda_gp=10, total_step=1, d_iters=5, batch_size=self.batch,
            num_workers=0, g_lr=self.learning_rates[0], d_lr=self.learning_rates[1], lr_decay=0.95, beta1=self.betas[0],
            beta2=self.betas[1], pretrained_model=None, dataset='celeb', use_tensorboard=False, image_path='', log_path='',
            model_save_path='', sample_path='', log_step=9, sample_step=9, model_save_step=9, version='',
        )
        self.data = []
        self.program = trainer.Trainer(self.data, config)
        self.G, self.D = self.program.G, self.program.D
        # The original's attention is written for conv_dim 64: its widths follow conv_dim here.
        for network, multiples in ((self.G, (2, 1)), (self.D, (4, 8))):
            network.attn1, network.attn2 = (networks.Self_Attn(self.conv_dim * multiple, 'relu') for multiple in multiples)
        adam = lambda network, rate: torch.optim.Adam(
            (p for p in network.parameters() if p.requires_grad), rate, self.betas, eps=adam_epsilon
        )
        self.program.g_optimizer, self.program.d_optimizer = map(adam, (self.G, self.D), self.learning_rates)

    def bias_of_logits(self):
        return self.D.last[0].bias

    def images(self, G, z, y):
        return G(z)[0]

    def logits(self, D, x, y):
        return D(x)[0]

    def save(self, folder):
        torch.save(self.G.state_dict(), folder / 'G.pth')
        # As its trainer saves it with `--parallel True`.
        torch.save(torch.nn.DataParallel(self.D).state_dict(), folder / 'D.pth')

    def step(self, real, labels):
        self.data.append((real, labels))
        recorder = Recorder()
        with recorder.listening():
            self.program.train()
        _, z_discriminator, z_generator = recorder.draws
        return {'z.D0': z_discriminator, 'z.G': z_generator}


cases = {
    'biggan-64': BigGan64,
    'biggan-sagan-32': BigGanSagan32,
    'biggan-deep-32': BigGanDeep32,
    'mimicry-sngan-32': MimicrySngan,
    'mimicry-cgan-pd-32': MimicryCganPd,
    'mimicry-sagan-32': MimicrySagan,
    'heykeetae-64': Heykeetae,
}

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('originals', type=Path)
    parser.add_argument('case', nargs='*', default=list(cases))
    arguments = parser.parse_args()
    originals = arguments.originals.resolve()
    torch.set_num_threads(1)
    for name in arguments.case:
        cases[name]().record(name)
