"""What the peer scripts share: saying that a Python package is absent.

As a program, `peer.py MODULE...` tells whether the modules can be imported: exit status 0 or 77. `peer.py` alone runs
scripts one after another, so that what they import is imported once: each line of standard input is the JSON list of a
script's path and its arguments, and is answered by a line with the JSON of its exit `status`, `stdout` and `stderr`.
"""

import contextlib
import importlib
import io
import json
import runpy
import sys
import traceback

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


def run(script, *arguments):
    """Runs a script as a program of its own; gives its exit status and what it printed to each stream."""
    sys.argv = [script, *arguments]
    status = 0
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            runpy.run_path(script, run_name='__main__')
        except SystemExit as end:
            status = end.code or 0
        except Exception:
            traceback.print_exc()
            status = 1
    return {'status': status, 'stdout': out.getvalue(), 'stderr': err.getvalue()}


if __name__ == '__main__':
    if len(sys.argv) > 1:
        require(*sys.argv[1:])
    else:
        for line in sys.stdin:
            print(json.dumps(run(*json.loads(line))), flush=True)
