"""The complete example of the sessions guide, unchanged."""

from hashlib import sha256
from pathlib import Path

from examples.auth_spec import app as module

DOCUMENTED = "89c2fb949af2000f35c301a87d9435d07ff9728e0acf3ea21274d37f0ac84cd2"


def test_the_code_is_the_documented_code_byte_for_byte() -> None:
    assert sha256(Path(module.__file__).read_bytes()).hexdigest() == DOCUMENTED
