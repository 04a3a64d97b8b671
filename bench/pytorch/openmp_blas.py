"""Loads Debian's OpenMP build of OpenBLAS, where it is installed; to be imported before torch.

PyTorch's convolutions run on a pool of OpenMP threads. OpenBLAS built for pthreads brings a second pool, and the two
take the cores from each other; the build for OpenMP (package libopenblas0-openmp) shares the first. A library that is
already loaded serves every later request for its name, so PyTorch finds this one in place of the system's choice.
"""

import ctypes
import sysconfig
from pathlib import Path

FOLDER = Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "", "openblas-openmp")

for name in ("libopenblas.so.0", "libblas.so.3", "liblapack.so.3"):
    if (FOLDER / name).exists():
        ctypes.CDLL(str(FOLDER / name), mode=ctypes.RTLD_GLOBAL)
