"""Why a PostgreSQL server cannot be reached or does not let the bot in: host, port, time, TLS, certificate, login.

What is said names neither the server nor the login: a malformed address may have its password in place of either.
"""

import socket
import ssl
from dataclasses import dataclass
from typing import Final

FORM: Final = "postgresql://user:password@host:5432/name"
REACH: Final = "Check the host and port in DATABASE_URL, and that this machine can reach the running server."
LOGIN: Final = "Correct it: postgresql://user:password@host/name, with %40 for an @ in the password, %2F for a slash."
TRUST: Final = "Add sslrootcert=/path/to/the/ca.pem to DATABASE_URL, with the CA certificate that signed the server's."
_WRONG_HOST: Final = frozenset({62, 64})  # of OpenSSL: the certificate is for another name, or another address


@dataclass(frozen=True, slots=True)
class Unreachable:
    """What is wrong, and what to do about it."""

    what: str
    fix: str


def why_unreachable(error: BaseException) -> Unreachable | None:
    """Return why the store could not be reached, from the `error` that came of it; None if it is something else."""
    found = getattr(error, "orig", None) or error
    if code := str(getattr(found, "sqlstate", None) or ""):
        return _refused(code)
    if isinstance(found, ssl.SSLError):
        return _tls(found)
    if isinstance(found, FileNotFoundError) or "root certificate file" in str(found):
        return Unreachable("The CA file for PostgreSQL doesn't exist.", "Correct sslrootcert in DATABASE_URL.")
    return _unanswered(found) if isinstance(found, OSError) else None


def _unanswered(error: OSError) -> Unreachable:
    if isinstance(error, socket.gaierror):
        return Unreachable("No host has the name in DATABASE_URL.", f"Correct it: {FORM}.")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable("No PostgreSQL server listens at the host and port of DATABASE_URL.", REACH)
    if isinstance(error, TimeoutError):
        return Unreachable("The PostgreSQL server of DATABASE_URL didn't answer in time.", REACH)
    if isinstance(error, ConnectionError) and "SSL upgrade" in str(error):
        fix = "Turn TLS on there, or leave sslmode out of DATABASE_URL."
        return Unreachable("DATABASE_URL requires TLS, but the PostgreSQL server doesn't offer it.", fix)
    return Unreachable("The PostgreSQL server of DATABASE_URL couldn't be reached.", REACH)


def _refused(code: str) -> Unreachable | None:
    if code == "28P01":
        return Unreachable("PostgreSQL rejected the password in DATABASE_URL.", LOGIN)
    if code.startswith("28"):
        fix = "Correct the user, add sslmode=require where the server wants TLS, or let the user in by its pg_hba.conf."
        return Unreachable("PostgreSQL rejected the user in DATABASE_URL, or its kind of connection.", fix)
    if code == "3D000":
        fix = "Create the database with `createdb`, or correct the name at the end of DATABASE_URL."
        return Unreachable("PostgreSQL has no database with the name in DATABASE_URL.", fix)
    return None


def _tls(error: ssl.SSLError) -> Unreachable:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            "TLS with the PostgreSQL server failed.", "Check sslmode in DATABASE_URL and the server's TLS."
        )
    if error.verify_code in _WRONG_HOST:
        fix = "Name the server in DATABASE_URL as its certificate does."
        return Unreachable("The certificate of the PostgreSQL server is for another host.", fix)
    return Unreachable("The certificate of the PostgreSQL server isn't trusted.", TRUST)
