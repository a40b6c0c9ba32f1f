"""Why a PostgreSQL server cannot be reached: each reason is told apart, by what a real connection meets."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store.database.connection import Database
from bot.store.database.unreachable import why_unreachable
from bot.timing import PRODUCTION

QUICK = replace(PRODUCTION, store_connect=0.3)
Behave = Callable[[socket.socket], None]


async def reason(url: str) -> str:
    db = Database(url, timing=QUICK)
    try:
        async with db.read():
            return "it answers"
    except Exception as error:  # noqa: BLE001 - whatever comes of it
        why = why_unreachable(error)
        return "unknown" if why is None else why.what
    finally:
        await db.close()


@contextmanager
def server(behave: Behave) -> Iterator[int]:
    """A server that does this with the first connection; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:

        def serve() -> None:
            with suppress(OSError):
                one, _ = listening.accept()
                with one, suppress(OSError):
                    behave(one)

        thread.submit(serve)
        yield listening.getsockname()[1]
        listening.close()


def signed_for(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a host, signed by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    how = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        f"/CN={name}",
        "-keyout",
        str(key),
        "-out",
        str(made),
    ]
    subprocess.run(["openssl", "req", "-x509", *how], check=True, capture_output=True)
    return made, key


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The server's, for another host."""
    return signed_for("other", tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of somebody who has signed nothing of the server's."""
    return signed_for("somebody", tmp_path_factory.mktemp("tls"))[0]


def with_tls(certificate: tuple[Path, Path]) -> Behave:
    def behave(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"S")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.wrap_socket(connection, server_side=True)

    return behave


def without_tls(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"N")


def silent(connection: socket.socket) -> None:
    connection.settimeout(5)
    while connection.recv(100):
        pass


async def test_a_host_that_nobody_has() -> None:
    assert await reason("postgresql://u:p@no-such-host.invalid/x") == "No host has the name in DATABASE_URL."


async def test_a_port_at_which_nobody_listens() -> None:
    nobody = "No PostgreSQL server listens at the host and port of DATABASE_URL."
    assert await reason("postgresql://u:p@127.0.0.1:9/x") == nobody


async def test_a_server_that_does_not_answer() -> None:
    with server(silent) as port:
        late = "The PostgreSQL server of DATABASE_URL didn't answer in time."
        assert await reason(f"postgresql://u:p@127.0.0.1:{port}/x?sslmode=disable") == late


async def test_a_server_without_tls() -> None:
    with server(without_tls) as port:
        plain = "DATABASE_URL requires TLS, but the PostgreSQL server doesn't offer it."
        assert await reason(f"postgresql://u:p@127.0.0.1:{port}/x?sslmode=require") == plain


async def test_a_certificate_that_nobody_has_signed(certificate: tuple[Path, Path], somebody: Path) -> None:
    with server(with_tls(certificate)) as port:
        url = f"postgresql://u:p@127.0.0.1:{port}/x?sslmode=verify-ca&sslrootcert={somebody}"
        assert await reason(url) == "The certificate of the PostgreSQL server isn't trusted."


async def test_a_certificate_of_another_host(certificate: tuple[Path, Path]) -> None:
    with server(with_tls(certificate)) as port:
        url = f"postgresql://u:p@127.0.0.1:{port}/x?sslmode=verify-full&sslrootcert={certificate[0]}"
        assert await reason(url) == "The certificate of the PostgreSQL server is for another host."


async def test_a_file_of_certificates_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql://u:p@127.0.0.1:9/x?sslmode=verify-ca&sslrootcert={tmp_path / 'none.pem'}"
    assert await reason(url) == "The CA file for PostgreSQL doesn't exist."


async def test_a_login_and_a_database_that_the_server_does_not_have(postgres_server: str) -> None:
    user = "PostgreSQL rejected the user in DATABASE_URL, or its kind of connection."
    assert await reason(postgres_server.replace("//postgres:@", "//nobody:hush@")) == user
    missing = "PostgreSQL has no database with the name in DATABASE_URL."
    assert await reason(postgres_server.replace("/postgres?", "/bridge?")) == missing


class Refusal(Exception):  # noqa: N818 - as the driver has it
    sqlstate = "28P01"


def test_a_password_and_what_is_no_matter_of_the_connection() -> None:
    why = why_unreachable(Refusal())
    assert why is not None
    assert why.what == "PostgreSQL rejected the password in DATABASE_URL."
    assert why_unreachable(ValueError("port")) is None
    tls = why_unreachable(ssl.SSLError("wrong version"))
    assert tls is not None
    assert tls.what == "TLS with the PostgreSQL server failed."
