"""The protocol over TLS, on each event loop, and over a socket of the file system."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.uvicorn_ws.cases import SIZES
from tests.uvicorn_ws.conftest import ON_LOOPS
from tests.uvicorn_ws.raw import BINARY, CLOSE, PING, PONG, TEXT, Frame, RawClient, close, encode
from tests.uvicorn_ws.server import Connection, Served, serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module", params=ON_LOOPS, ids=lambda pair: f"on {pair[1]}")
def secure(request: pytest.FixtureRequest, certificate: Path) -> Iterator[Served]:
    with serving(*request.param, ssl_certfile=certificate, ssl_keyfile=certificate) as served:
        yield served


def client_of(server: Served, certificate: Path) -> RawClient:
    context = ssl.create_default_context(cafile=str(certificate))
    plain = socket.create_connection(("127.0.0.1", server.port), 10)
    return RawClient(context.wrap_socket(plain, server_hostname="127.0.0.1"))


def test_messages_of_all_sizes_in_pieces(secure: Served, certificate: Path) -> None:
    with client_of(secure, certificate).opened() as client:
        for size in SIZES:
            data = encode(BINARY, b"\xfe" * size)
            client.send_pieces([data[:1], data[1:7], data[7:]])
            assert client.receive() == Frame(BINARY, b"\xfe" * size)
        client.send(encode(PING, b"!") + encode(CLOSE, close(4000).payload))
        assert client.rest() == [Frame(PONG, b"!"), close(4000)]
    secure.settled()
    assert secure.last.scope["scheme"] == "wss"
    assert secure.last.disconnect is not None
    assert secure.last.disconnect["code"] == 4000


def test_a_mistake_gets_its_close_code(secure: Served, certificate: Path) -> None:
    with client_of(secure, certificate).opened() as client:
        client.send(encode(TEXT, b"\xff"))
        frame = client.receive()
        assert frame is not None
        assert frame.payload[:2] == close(1007).payload
    secure.settled()


def test_a_slow_reader_gets_everything_in_order(secure: Served, certificate: Path) -> None:
    texts = [f"{number}:".ljust(size, "x") for number, size in enumerate([9, 9000, 70_000] * 100)]

    @secure.on("/many")
    async def send_many(connection: Connection) -> None:
        await connection.accept()
        for text in texts:
            await connection.text(text)
        await connection.receive()

    with client_of(secure, certificate).opened("/many") as client:
        assert client.some(len(texts)) == [Frame(TEXT, text.encode()) for text in texts]
    secure.settled()


@pytest.mark.parametrize("how", ["close", "half_close"])
def test_a_lost_connection_ends_the_application(secure: Served, certificate: Path, how: str) -> None:
    client = client_of(secure, certificate).opened()
    getattr(client.socket if how == "close" else client, how)()
    secure.settled()
    client.socket.close()
    assert secure.last.disconnect is not None
    assert secure.last.disconnect["code"] == 1006


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets of the file system")
@pytest.mark.parametrize("pair", ON_LOOPS, ids=lambda pair: f"on {pair[1]}")
def test_a_socket_of_the_file_system(pair: tuple[str, str], tmp_path: Path) -> None:
    """As behind a proxy on the same host: the client has no address there."""
    path = str(tmp_path / "uvicorn.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        with serving(*pair, listening=listening) as server, socket.socket(socket.AF_UNIX) as connected:
            connected.connect(path)
            client = RawClient(connected).opened()
            client.send(encode(TEXT, b"a"))
            assert client.receive() == Frame(TEXT, b"a")
            assert server.last.scope["client"] is None
