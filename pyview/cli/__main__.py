"""`python -m pyview.cli`: the command `pyview` where no script was installed."""

import sys

from pyview.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
