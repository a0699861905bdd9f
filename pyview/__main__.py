"""`python -m pyview`: the command `pyview` without an installed script."""

import sys

from pyview.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
