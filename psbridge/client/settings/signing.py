"""HTTP request signatures, as `Set-ConfigurationHttpSigning` asks for them. Signs; sends nothing.

Source: draft-cavage-http-signatures-12 with the algorithm name hs2019, which the generated clients use.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .configuration import HttpSigning
from .secret import Secret


def signature_headers(
    signing: HttpSigning,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Iterable[bytes],
    now: float,
) -> dict[str, str]:
    """The headers that sign a request: `Authorization`, and `Date` or `Digest` where they are to be signed.

    Args:
        target: the request's path and query.
        headers: the other headers, by lower-case name.
        now: seconds since 1970.

    Raises:
        ConfigurationError: the key cannot be used, or a header to be signed is not sent.
    """
    added: dict[str, str] = {}
    created, lines, names = int(now), [], []
    expires = created + signing.validity_seconds if signing.validity_seconds else None
    for name in signing.headers or ("(created)",):
        lower = name.lower()
        if lower == "(request-target)":
            value = f"{method.lower()} {target}"
        elif lower == "(created)":
            value = str(created)
        elif lower == "(expires)":
            if expires is None:
                raise _wrong("HttpSigningHeader", "(expires) needs a SignatureValidityPeriod.")
            value = str(expires)
        elif lower == "date":
            value = added["Date"] = formatdate(now, usegmt=True)
        elif lower == "digest":
            sum_of_all = hashlib.new(signing.hash_algorithm)
            for piece in body:
                sum_of_all.update(piece)
            digest = base64.b64encode(sum_of_all.digest()).decode()
            value = added["Digest"] = f"{signing.hash_algorithm.upper().replace('SHA', 'SHA-')}={digest}"
        elif lower in headers and lower != "authorization":
            value = headers[lower]
        else:
            raise _wrong("HttpSigningHeader", f"the header '{name}' is not sent, so it cannot be signed.")
        names.append(lower)
        lines.append(f"{lower}: {value}")
    signature = base64.b64encode(_sign(signing, "\n".join(lines).encode())).decode()
    parts = [f'keyId="{signing.key_id}"', 'algorithm="hs2019"']
    if "(created)" in names:
        parts.append(f"created={created}")
    if "(expires)" in names:
        parts.append(f"expires={expires}")
    parts += [f'headers="{" ".join(names)}"', f'signature="{signature}"']
    return {**added, "Authorization": f"Signature {','.join(parts)}"}


def _sign(signing: HttpSigning, text: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    except ImportError:
        raise _wrong(
            "HttpSigning", "it needs the package cryptography: pip install psbridge[signing]."
        ) from None
    key = _private_key(signing)
    algorithm: Any = hashes.SHA256() if signing.hash_algorithm == "sha256" else hashes.SHA512()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(text, ec.ECDSA(algorithm))
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _wrong("KeyFilePath", "the key must be an RSA or an EC key.")
    if signing.signing_algorithm == "RSASSA-PSS":
        salted = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)
        return key.sign(text, salted, algorithm)
    return key.sign(text, padding.PKCS1v15(), algorithm)


def _private_key(signing: HttpSigning) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = signing.key_passphrase
    secret = passphrase.reveal().encode() if isinstance(passphrase, Secret) and passphrase else None
    try:
        return load_pem_private_key(Path(signing.key_file_path).read_bytes(), secret)
    except OSError as error:
        raise _wrong("KeyFilePath", f"'{signing.key_file_path}' cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _wrong("KeyFilePath", "the file holds no PEM private key that the passphrase opens.") from None


def _wrong(parameter: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{parameter}: {why}", parameter=parameter)
