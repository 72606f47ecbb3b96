"""What the peer scripts share: saying that a Python package is absent.

As a program, `peer.py MODULE...` tells whether the modules can be imported: exit status 0 or 77.
"""

import importlib
import sys

DEBIAN_PACKAGES = {'torch': 'python3-torch', 'numpy': 'python3-numpy'}

# The status by which automake and others say "skipped".
ABSENT = 77


def require(*modules):
    """Ends the program with status 77, naming what is absent, unless every module can be imported."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            print(f'{DEBIAN_PACKAGES.get(module, module)} is absent')
            sys.exit(ABSENT)


if __name__ == '__main__':
    require(*sys.argv[1:])
