"""Devices with certificates: who shows one of the site's authority may write as the device that it names."""

import asyncio
import datetime
import json
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from producers.emulators.speech import openalpr
from producers.gateway.identity import Identities
from producers.gateway.intake import LANE_QUEUE, QUEUES, Intake
from producers.gateway.process import schemas_kept
from producers.gateway.telemetry import GatewayTelemetry
from producers.gateway.web import gateway_app
from producers.http_server import HttpServer
from producers.site import Site, load_site
from producers.spool.spool import Spool
from producers.spool.store import SpoolStore

US = 1_000_000
NOW = datetime.datetime.now(datetime.UTC)


class Authority:
    """Issues certificates into a directory: `<name>.pem` and `<name>.key`; its own is `ca.pem`."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._directory, self._name = directory, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._write(name, self._made(self._name, self._key, is_ca=True), self._key)

    def _made(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, is_ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - datetime.timedelta(hours=1))
            .not_valid_after(NOW + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str) -> None:
        """A certificate with this common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._write(name, self._made(subject, key, is_ca=False), key)

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        (self._directory / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._directory / f"{name}.key").write_bytes(secret)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    authority = Authority(tmp_path)
    for name in ("server", "front-1", "rear-1"):
        authority.issue(name)
    (tmp_path / "others").mkdir()
    Authority(tmp_path / "others").issue("front-1")
    devices = "".join(
        f'[[devices]]\ndevice_id = "{name}"\nlane_id = "2301/01"\nsensor = "{sensor}"\nformat = "openalpr"\n'
        'input = { kind = "http" }\n'
        for name, sensor in (("front-1", "FRONT_CAMERA"), ("rear-1", "REAR_CAMERA"))
    )
    (tmp_path / "site.toml").write_text(
        'site = "2301-test"\nspool_directory = "spool"\n[http]\nport = 8600\ncertificate_file = "server.pem"\n'
        f'key_file = "server.key"\nclient_ca_file = "ca.pem"\n{devices}'
    )
    return load_site(tmp_path / "site.toml")


async def post(port: int, device_id: str, body: bytes, shown: Path | None, authority: Path) -> int:
    """Post over TLS with a certificate; the status."""
    context = ssl.create_default_context(cafile=str(authority))
    if shown is not None:
        context.load_cert_chain(shown, shown.with_suffix(".key"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    head = f"POST /devices/{device_id}/readings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.readline()
    writer.close()
    if not answer:
        raise ConnectionResetError
    return int(answer.split()[1])


def test_a_certificate_is_a_key_to_its_own_device_alone(site: Site, tmp_path: Path) -> None:
    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, schemas_kept(), bytes_max=1 << 30), QUEUES, 0.005)
        intake = Intake(site, spool, GatewayTelemetry(["front-1", "rear-1"], QUEUES))
        http = site.http
        assert http is not None
        app = gateway_app(intake, Identities(site.devices), lambda: True)
        server = HttpServer(app, http.certificate_file, http.key_file, http.client_ca_file)
        port = await server.start("127.0.0.1", 0)
        authority, front = tmp_path / "ca.pem", tmp_path / "front-1.pem"
        body = openalpr(site.devices[0].device, 1, int(NOW.timestamp() * US))
        assert json.loads(body)["uuid"] == "front-1-1"
        assert await post(port, "front-1", body, front, authority) == 200
        assert await post(port, "rear-1", body, front, authority) == 401
        for stranger in (None, tmp_path / "others" / "front-1.pem"):
            with pytest.raises(OSError):
                await post(port, "front-1", body, stranger, authority)
        assert spool.counts[LANE_QUEUE].readings == 1
        await server.stop()
        await spool.close()

    asyncio.run(run())
