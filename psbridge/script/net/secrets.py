"""Credentials, secure strings, and addresses."""

from __future__ import annotations

import os
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import SecureString
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.types import net_enum

from . import describe


class SecurePointer:
    """What SecureStringToBSTR gives: something only PtrToStringAuto reads."""

    net_type = NetType("IntPtr", "System.IntPtr", is_value=True)

    def __init__(self, secret: SecureString) -> None:
        self.secret = secret


MARSHAL = describe("System.Runtime.InteropServices.Marshal")


for _name in ("BSTR", "GlobalAllocUnicode", "CoTaskMemUnicode"):
    MARSHAL.static({f"SecureStringTo{_name}(securestring s)": SecurePointer})


def _as_utf8(pointer: SecurePointer) -> str:
    """UTF-16 read as UTF-8 up to its first zero, as .NET does where that is the platform's encoding."""
    text = pointer.secret.reveal()
    if os.name == "nt":
        return text
    return text.encode("utf-16-le", "surrogatepass").partition(b"\0")[0].decode("utf-8", "replace")


MARSHAL.static({"PtrToStringAuto(any ptr)": _as_utf8})
for _name in ("PtrToStringBSTR", "PtrToStringUni"):
    MARSHAL.static({f"{_name}(any ptr)": lambda pointer: pointer.secret.reveal()})


for _name in ("ZeroFreeBSTR", "FreeBSTR", "ZeroFreeGlobalAllocUnicode", "ZeroFreeCoTaskMemUnicode"):
    MARSHAL.static({f"{_name}(any ptr)": lambda pointer: None})


class Credential:
    """PSCredential and NetworkCredential."""

    def __init__(self, name: str, password: Any, plain: bool = False) -> None:
        self.name = name
        self.password = password if isinstance(password, SecureString) else SecureString(to_text(password))
        self.net_type = NETWORK_CREDENTIAL if plain else PS_CREDENTIAL

    def __str__(self) -> str:
        return self.net_type.full_name


PS_CREDENTIAL = NetType("PSCredential", "System.Management.Automation.PSCredential")


NETWORK_CREDENTIAL = NetType("NetworkCredential", "System.Net.NetworkCredential")


CREDENTIAL = describe("System.Management.Automation.PSCredential", PS_CREDENTIAL)


CREDENTIAL.new({"(string userName, securestring password)": Credential})


CREDENTIAL.property({"UserName": lambda one: one.name, "Password": lambda one: one.password})


CREDENTIAL.method(
    {"GetNetworkCredential()": lambda one: Credential(one.name.rpartition("\\")[2], one.password, True)}
)


NETWORK = describe("System.Net.NetworkCredential", NETWORK_CREDENTIAL)


NETWORK.new(
    {
        "(string userName, string password)": lambda name, password: Credential(name, password, True),
        "(string userName, securestring password)": lambda name, password: Credential(name, password, True),
    }
)


NETWORK.property(
    {
        "UserName": lambda one: one.name,
        "Password": lambda one: one.password.reveal(),
        "SecurePassword": lambda one: one.password,
        "Domain": lambda one: "",
    }
)


def _append(secret: Any, character: str) -> None:
    if secret.read_only:
        raise NetFault("InvalidOperationException", "Instance is read-only.")
    secret.append(character)


SECURE = describe("System.Security.SecureString", nettypes.SECURESTRING)


SECURE.new({"()": lambda: SecureString(read_only=False)})


SECURE.property({"Length": len})


SECURE.method(
    {
        "AppendChar(char c)": _append,
        "MakeReadOnly()": lambda secret: setattr(secret, "read_only", True),
        "IsReadOnly()": lambda secret: secret.read_only,
        "Dispose()": lambda secret: None,
        "Copy()": lambda secret: SecureString(secret.reveal(), read_only=False),
        "ToString()": str,
    }
)


MAIL = describe("System.Net.Mail.MailAddress")


class MailAddress:
    """System.Net.Mail.MailAddress."""

    net_type = MAIL.type

    def __init__(self, text: str) -> None:
        from email.utils import parseaddr

        self.display, self.address = parseaddr(text)
        if "@" not in self.address:
            raise NetFault(
                "FormatException", "The specified string is not in the form required for an e-mail address."
            )

    def __str__(self) -> str:
        return f'"{self.display}" <{self.address}>' if self.display else self.address


def _mail(value: Any) -> MailAddress:
    if isinstance(value, MailAddress):
        return value
    convert(value, nettypes.MAILADDRESS)  # the binder knows what is one
    return MailAddress(to_text(value))


MAIL.type.rule = _mail


MAIL.new({"(string address)": MailAddress})


MAIL.property(
    {
        "Address": lambda mail: mail.address,
        "User": lambda mail: mail.address.partition("@")[0],
        "Host": lambda mail: mail.address.partition("@")[2],
        "DisplayName": lambda mail: mail.display,
    }
)


class Address:
    """System.Net.IPAddress."""

    net_type = NetType("IPAddress", "System.Net.IPAddress")

    def __init__(self, text: str) -> None:
        import ipaddress

        try:
            self.value = ipaddress.ip_address(text)
        except ValueError:
            raise NetFault("FormatException", "An invalid IP address was specified.") from None

    def __str__(self) -> str:
        return str(self.value)

    def __net_equals__(self, other: Any) -> bool:
        return str(self) == to_text(other)


def _address(value: Any) -> Address:
    if isinstance(value, Address):
        return value
    return Address(net_text(convert(value, nettypes.IPADDRESS)))


def _try_address(text: str, reference: Any) -> bool:
    try:
        reference.write(Address(text))
    except NetFault:
        reference.write(None)
        return False
    return True


Address.net_type.rule = _address


IP = describe("System.Net.IPAddress", Address.net_type)


IP.static({"Parse(string ipString)": Address, "TryParse(string ipString, ref address)": _try_address})


IP.constant({"Loopback": lambda: Address("127.0.0.1"), "Any": lambda: Address("0.0.0.0")})


IP.property(
    {
        "AddressFamily": lambda one: net_enum("System.Net.Sockets.AddressFamily")[
            "InterNetwork" if one.value.version == 4 else "InterNetworkV6"
        ],
        "IPAddressToString": str,
    }
)
