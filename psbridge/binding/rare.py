"""Conversions to the types that parameters seldom have; loaded when a value is first converted to one.

Source: System.Management.Automation 7.6's LanguagePrimitives, and the parsers and constructors of .NET 10.
Knows nothing of lists, Nullable and null.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from psbridge.binding import dates, messages, nettypes, numbers
from psbridge.binding.digits import whole
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import (
    ArrayList,
    BigInteger,
    CultureInfo,
    DateTimeOffset,
    DictionaryEntry,
    IPAddress,
    MailAddress,
    Point,
    RuntimeType,
    SemanticVersion,
    XmlDocument,
)


class NoRule(Exception):
    """No rule of this type takes the value."""


def convert(value: Any, source: NetType, type_: NetType, spelt: str) -> object:
    """The value as one of a rare type.

    Raises:
        NoRule: nothing leads there from a value of this type.
        NetError: .NET's own parser or constructor refuses it.
        InvalidCast: a property of a new object cannot be set.
    """
    rule = _RULES.get(type_)
    if rule is None:
        raise NoRule
    return rule(value, source, spelt)


def _widened(value: Any, source: NetType) -> int | None:
    """What a constructor that takes an integer gets: of an integer, a character or an enumeration's value."""
    if source.bounds is not None:
        return int(value)
    if source is nettypes.CHAR:
        return ord(value)
    return int(value.value) if source.enum is not None else None


def _as_text(value: Any, source: NetType, spelt: str) -> str:
    """The text that a parser gets: of a text, or of a number as it was spelt."""
    if source is nettypes.STRING:
        return str(value)
    if source in nettypes.NUMERIC:
        return spelt
    raise NoRule


def _big_integer(value: Any, source: NetType, spelt: str) -> object:
    integer = int(value) if source is nettypes.BOOLEAN else _widened(value, source)
    if integer is not None:
        return BigInteger(integer)
    if source in nettypes.NUMERIC:
        if value != value or value in (float("inf"), float("-inf")):
            raise NetError("BigInteger cannot represent NaN." if value != value else _NO_INFINITY)
        return BigInteger(int(value))
    if source is not nettypes.STRING:
        raise NoRule
    text = numbers.trim(value)
    number = numbers.scan(text)
    if number is not None and math.isfinite(number):
        return BigInteger(int(number))
    if re.fullmatch(r"[+-]?\d[\d,]*", text, re.ASCII):
        return BigInteger(whole(text.replace(",", "")))
    raise NetError("The value could not be parsed.")


_NO_INFINITY: Final = "BigInteger cannot represent infinity."
_BAD_ADDRESS: Final = "An invalid IP address was specified."


def _ip_address(value: Any, source: NetType, spelt: str) -> object:
    number = _widened(value, source)
    if number is not None:
        if not 0 <= number <= 0xFFFFFFFF:
            number &= (1 << 64) - 1
            raise NetError(messages.AT_MOST.format("newAddress", number, 0xFFFFFFFF))
        return IPAddress(".".join(str(number >> shift & 255) for shift in (0, 8, 16, 24)))
    value = _as_text(value, source, spelt)
    if ":" in value:
        return _ip6(value)
    parts = value.split(".")
    if not 1 <= len(parts) <= 4:
        raise NetError(_BAD_ADDRESS)
    try:
        fields = [_address_part(part) for part in parts]
    except ValueError:
        raise NetError(_BAD_ADDRESS) from None
    *heads, last = fields
    if any(head > 255 for head in heads) or last >= 1 << 8 * (5 - len(fields)):
        raise NetError(_BAD_ADDRESS)
    whole = last
    for index, head in enumerate(heads):
        whole |= head << 8 * (3 - index)
    return IPAddress(str(ipaddress.IPv4Address(whole)))


def _address_part(text: str) -> int:
    if re.fullmatch("0[xX][0-9a-fA-F]+", text):
        return int(text, 16)
    if re.fullmatch("0[0-7]+", text):
        return int(text, 8)
    if re.fullmatch("0|[1-9][0-9]*", text):
        return int(text)
    raise ValueError(text)


def _ip6(text: str) -> IPAddress:
    bare = text
    if text.startswith("["):
        bare = text[1:].partition("]")[0]
    address, percent, scope = bare.partition("%")
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        raise NetError(_BAD_ADDRESS) from None
    shown = str(parsed)
    if parsed.ipv4_mapped is not None:
        shown = f"::ffff:{parsed.ipv4_mapped}"
    return IPAddress(f"{shown}%{scope}" if percent and scope not in ("", "0") else shown)


_BAD_MAIL: Final = "The specified string is not in the form required for an e-mail address."
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+"
_DOMAIN: Final = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|\[[^\]\r\n]*\])")
_LOCAL: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*\.?|\"[^\"\r\n]*\")$")


def _mail(value: Any, source: NetType, spelt: str) -> object:
    value = _as_text(value, source, spelt)
    text = value.strip()
    if not text:
        raise NetError(messages.EMPTY_ARGUMENT.format("address") if not value else _BAD_MAIL)
    named = re.fullmatch(r"(?:\"([^\"]*)\"|([^<>\"@]*?))\s*<([^<>]+)>", text)
    local, at, domain = (named[3].strip() if named else text).rpartition("@")
    if not at or not _DOMAIN.fullmatch(domain):
        raise NetError(_BAD_MAIL)
    match = _LOCAL.search(local)
    before = local[: match.start()] if match else local
    name = (named[1] or named[2] or "").strip() if named else ""
    if before:
        # What stands before the last part, behind a blank, is the name.
        if match is None or not before[-1].isspace() or named:
            raise NetError(f"An invalid character was found in the mail header: '{before[-1]}'.")
        name = before.strip()
    if match is None:
        raise NetError(_BAD_MAIL)
    address = f"{match[1]}@{domain}"
    return MailAddress(f'"{name}" <{address}>' if name else address)


def _type(value: Any, source: NetType, spelt: str) -> object:
    text = _as_text(value, source, spelt)
    generic = re.fullmatch(r"(?:System\.)?Collections\.Generic\.(\w+)\[([\w.,\[\] ]+)\]", text, re.I)
    try:
        if generic is not None:
            inner = [nettypes.net_type(one.strip()).full_name for one in generic[2].split(",")]
            return RuntimeType(f"System.Collections.Generic.{generic[1]}`{len(inner)}[{','.join(inner)}]")
        return RuntimeType(nettypes.net_type(text.strip()).full_name)
    except ValueError:
        raise InvalidCast(messages.INVALID_CAST.format(text, "System.String", "System.Type")) from None


_CULTURES: Final = """
1=ar 2=bg 3=ca 4=zh-CHS 5=cs 6=da 7=de 8=el 9=en 10=es 11=fi 12=fr 13=he 14=hu 15=is 16=it 17=ja 18=ko
19=nl 20=no 21=pl 22=pt 23=rm 24=ro 25=ru 26=hr 27=sk 28=sq 29=sv 30=th 31=tr 32=ur 33=id 34=uk 35=be
36=sl 37=et 38=lv 39=lt 40=tg 41=fa 42=vi 43=hy 44=az 45=eu 46=hsb 47=mk 48=st 49=ts 50=tn 51=ve 52=xh
53=zu 54=af 55=ka 56=fo 57=hi 58=mt 59=se 60=ga 61=yi 62=ms 63=kk 64=ky 65=sw 66=tk 67=uz 68=tt 69=bn
70=pa 71=gu 72=or 73=ta 74=te 75=kn 76=ml 77=as 78=mr 79=sa 80=mn 81=bo 82=cy 83=km 84=lo 85=my 86=gl
87=kok 88=mni 89=sd 90=syr 91=si 92=chr 93=iu 94=am 95=tzm 96=ks 97=ne 98=fy 99=ps 100=fil 101=dv 102=bin
103=ff 104=ha 105=ibb 106=yo 107=quz 108=nso 109=ba 110=lb 111=kl 112=ig 113=kr 114=om 115=ti 116=gn
117=haw 118=la 119=so 120=ii 121=pap 122=arn 124=moh 126=br 127= 128=ug 129=mi 130=oc 131=co 132=gsw
133=sah 134=quc 135=rw 136=wo 140=prs 145=gd 146=ku 1025=ar-SA 1026=bg-BG 1027=ca-ES 1028=zh-TW 1029=cs-CZ
1030=da-DK 1031=de-DE 1032=el-GR 1033=en-US 1034=es-ES 1035=fi-FI 1036=fr-FR 1037=he-IL 1038=hu-HU
1039=is-IS 1040=it-IT 1041=ja-JP 1042=ko-KR 1043=nl-NL 1044=nb-NO 1045=pl-PL 1046=pt-BR 1047=rm-CH
1048=ro-RO 1049=ru-RU 1050=hr-HR 1051=sk-SK 1052=sq-AL 1053=sv-SE 1054=th-TH 1055=tr-TR 1056=ur-PK
1057=id-ID 1058=uk-UA 1059=be-BY 1060=sl-SI 1061=et-EE 1062=lv-LV 1063=lt-LT 1064=tg-Cyrl-TJ 1065=fa-IR
1066=vi-VN 1067=hy-AM 1068=az-Latn-AZ 1069=eu-ES 1070=hsb-DE 1071=mk-MK 1072=st-ZA 1073=ts-ZA 1074=tn-ZA
1075=ve-ZA 1076=xh-ZA 1077=zu-ZA 1078=af-ZA 1079=ka-GE 1080=fo-FO 1081=hi-IN 1082=mt-MT 1083=se-NO
1085=yi-001 1086=ms-MY 1087=kk-KZ 1088=ky-KG 1089=sw-KE 1090=tk-TM 1091=uz-Latn-UZ 1092=tt-RU 1093=bn-IN
1094=pa-IN 1095=gu-IN 1096=or-IN 1097=ta-IN 1098=te-IN 1099=kn-IN 1100=ml-IN 1101=as-IN 1102=mr-IN
1103=sa-IN 1104=mn-MN 1105=bo-CN 1106=cy-GB 1107=km-KH 1108=lo-LA 1109=my-MM 1110=gl-ES 1111=kok-IN
1112=mni-IN 1113=sd-Deva-IN 1114=syr-SY 1115=si-LK 1116=chr-Cher-US 1117=iu-Cans-CA 1118=am-ET
1119=tzm-Arab-MA 1120=ks-Arab 1121=ne-NP 1122=fy-NL 1123=ps-AF 1124=fil-PH 1125=dv-MV 1126=bin-NG
1127=ff-NG 1128=ha-Latn-NG 1129=ibb-NG 1130=yo-NG 1131=quz-BO 1132=nso-ZA 1133=ba-RU 1134=lb-LU 1135=kl-GL
1136=ig-NG 1137=kr-NG 1138=om-ET 1139=ti-ET 1140=gn-PY 1141=haw-US 1142=la-001 1143=so-SO 1144=ii-CN
1145=pap-029 1146=arn-CL 1148=moh-CA 1150=br-FR 1152=ug-CN 1153=mi-NZ 1154=oc-FR 1155=co-FR 1156=gsw-FR
1157=sah-RU 1158=quc-Latn-GT 1159=rw-RW 1160=wo-SN 1164=prs-AF 1169=gd-GB 1170=ku-Arab-IQ 1281=qps-Ploc
1534=qps-PLOCA 2049=ar-IQ 2051=ca-ES-VALENCIA 2052=zh-CN 2055=de-CH 2057=en-GB 2058=es-MX 2060=fr-BE
2064=it-CH 2067=nl-BE 2068=nn-NO 2070=pt-PT 2072=ro-MD 2073=ru-MD 2074=sr-Latn-CS 2077=sv-FI 2080=ur-IN
2092=az-Cyrl-AZ 2094=dsb-DE 2098=tn-BW 2107=se-SE 2108=ga-IE 2110=ms-BN 2115=uz-Cyrl-UZ 2117=bn-BD
2118=pa-Arab-PK 2121=ta-LK 2128=mn-Mong-CN 2137=sd-Arab-PK 2141=iu-Latn-CA 2143=tzm-Latn-DZ
2144=ks-Deva-IN 2145=ne-IN 2151=ff-Latn-SN 2155=quz-EC 2163=ti-ER 2305=qps-Latn 2559=qps-PLOCM 3073=ar-EG
3076=zh-HK 3079=de-AT 3081=en-AU 3082=es-ES 3084=fr-CA 3098=sr-Cyrl-CS 3131=se-FI 3152=mn-Mong-MN
3153=dz-BT 3179=quz-PE 4100=zh-SG 4103=de-LU 4105=en-CA 4106=es-GT 5121=ar-DZ 5124=zh-MO 5127=de-LI
5129=en-NZ 5130=es-CR 6153=en-IE 6156=fr-MC 7169=ar-TN 7177=en-ZA 8201=en-JM 9225=en-029 10249=en-BZ
11265=ar-JO 12289=ar-LB 13321=en-PH 16393=en-IN 17417=en-MY 18441=en-SG 20490=es-PR
"""


def _culture(value: Any, source: NetType, spelt: str) -> object:
    number = None if source in (nettypes.INT64, nettypes.UINT64) else _widened(value, source)
    if number is not None:
        if number < 0:
            raise NetError(messages.NOT_NEGATIVE.format("culture", number))
        found = re.search(rf"\b{number}=(\S*)", _CULTURES)
        if found is None:
            raise NetError(messages.NO_CULTURE.format("culture", f"{number} (0x{number:04x})"))
        return CultureInfo(found[1])
    text = _as_text(value, source, spelt)
    if text.lower().startswith("x-"):  # for private use: of no culture
        return CultureInfo("")
    # One character is no language, but is one before another part; only one part may stand behind a `_`.
    if text and (
        not re.fullmatch("[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*", text) or len(text) < 2 or text.count("_") > 1
    ):
        raise NetError(messages.NO_CULTURE.format("name", text))
    language, *more = re.split("(-)", text)
    return CultureInfo("".join([language if "_" in language else language.lower(), *map(_subtag, more)]))


def _subtag(part: str) -> str:
    return part.capitalize() if len(part) == 4 else part.upper() if len(part) < 4 else part


_NO_XML: Final = "Data at the root level is invalid. Line {}, position {}."


_MISPLACED: Final = (
    "The specified node cannot be inserted as the valid child of this node, because the specified node is "
    "the wrong type."
)


def _xml(value: Any, source: NetType, spelt: str) -> object:
    """Anything as XML, by its text."""
    from xml.parsers import expat

    value = spelt
    if not value.strip():
        return XmlDocument(value)
    if not value.lstrip().startswith("<"):
        raise NetError(_MISPLACED)
    parser = expat.ParserCreate()
    open_elements: list[tuple[str, int, int]] = []

    def opened(name: str, attributes: Mapping[str, str]) -> None:
        open_elements.append((name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 2))

    parser.StartElementHandler = opened
    parser.EndElementHandler = lambda name: open_elements.pop()
    try:
        parser.Parse(value.strip().encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise NetError(_xml_problem(value, error, open_elements)) from None
    return XmlDocument(value)


def _xml_problem(text: str, error: Any, open_elements: list[tuple[str, int, int]]) -> str:
    kind = error.code
    if kind == 7 and open_elements:  # mismatched tag
        closing = re.compile(r"</\s*([^\s>]*)").search(text, _place(text, error.lineno, error.offset))
        closing = closing or re.search(r"</\s*([^\s>]*)(?!.*</)", text, re.S)
        name, line, column = open_elements[-1]
        if closing is not None:
            row, position = _line_and_column(text, closing.start() + 2)
            return (
                f"The '{name}' start tag on line {line} position {column} does not match the end tag of "
                f"'{closing[1]}'. Line {row}, position {position}."
            )
    if kind == 9 and "<" in text[1:]:  # something behind the first element
        return "This document already has a 'DocumentElement' node."
    entity = re.search(r"&(\w+);", text) if kind == 11 else None
    if entity is not None:
        row, position = _line_and_column(text, entity.start(1))
        return f"Reference to undeclared entity '{entity[1]}'. Line {row}, position {position}."
    token = re.search(r"=\s*([^\s\"'])", text) if kind == 4 else None
    if token is not None:
        row, position = _line_and_column(text, token.start(1))
        return messages.XML_TOKEN.format(token[1], row, position)
    return _NO_XML.format(1, 1)


def _place(text: str, line: int, column: int) -> int:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return max(starts[min(line, len(starts)) - 1] + column - 2, 0)


def _line_and_column(text: str, place: int) -> tuple[int, int]:
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1


_SEMANTIC: Final = re.compile(
    r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([A-Za-z0-9.\-]+))?(?:\+([A-Za-z0-9.\-]+))?", re.ASCII
)


def _semantic_version(value: Any, source: NetType, spelt: str) -> object:
    if source is nettypes.VERSION:
        numbers_ = [*value, 0, 0][:3]
        return SemanticVersion(".".join(str(max(number, 0)) for number in numbers_))
    number = _widened(value, source)
    if number is not None:
        if number < 0:
            raise NetError(messages.INVALID_ARGUMENT.format("major"))
        return SemanticVersion(f"{number}.0.0")
    value = _as_text(value, source, spelt)
    if not value:
        raise NetError("version")
    match = _SEMANTIC.fullmatch(value)
    if match is None or any(whole(part or "0") > 2147483647 for part in match.groups()[:3]):
        raise NetError(messages.BAD_NUMBER.format(""))
    text = ".".join(str(int(part or 0)) for part in match.groups()[:3])
    text += f"-{match[4]}" if match[4] else ""
    return SemanticVersion(text + (f"+{match[5]}" if match[5] else ""))


_POINT: Final = ("X", "Y")


def _point(value: Any, source: NetType, spelt: str) -> object:
    bag = bag_of(type(value))
    if is_dictionary(value) or bag is not None:
        fields = {"X": 0, "Y": 0}
        for key, item in (bag(value) if bag is not None else value).items():
            name = next((one for one in _POINT if one.lower() == str(key).lower()), None)
            if name is None:
                raise InvalidCast(_not_settable(value, str(key), bag is not None))
            try:
                fields[name] = _coordinate(item)
            except NetError as error:
                inner = messages.INVALID_CAST_INNER.format(item, "System.Int32", error)
                raise InvalidCast(f'Cannot create object of type "System.Drawing.Point". {inner}') from None
        return Point((fields["X"], fields["Y"]))
    wide = source in (nettypes.INT64, nettypes.UINT64, nettypes.UINT32)
    number = None if wide else _widened(value, source)
    if number is not None:
        return Point((_short(number), _short(number >> 16)))
    text = _as_text(value, source, spelt).strip()
    if not text:
        return None
    parts = text.split(",")
    if len(parts) != 2:
        raise NetError(f'Text "{text}" cannot be parsed. The expected text format is "x, y".')
    for part in parts:
        if not re.fullmatch(r"\s*[+-]?\d+\s*", part, re.ASCII):
            raise NetError(f"{part.strip()} is not a valid value for Int32. (Parameter 'value')")
    return Point((int(parts[0]), int(parts[1])))


def _not_settable(value: Any, key: str, is_bag: bool) -> str:
    if key.lower() == "isempty":
        return messages.READ_ONLY.format("System.Drawing.Point", key)
    if is_bag:
        shown = to_text(value)
        inner = messages.INVALID_CAST.format(shown, _BAG, "System.Drawing.Point")
        return messages.INVALID_CAST_INNER.format(shown, "System.Drawing.Point", inner)
    settable = "The settable properties are: [X <System.Int32>], [Y <System.Int32>]."
    return messages.CANNOT_CREATE.format("System.Drawing.Point", key, settable)


_BAG: Final = "System.Management.Automation.PSCustomObject"


def _coordinate(value: Any) -> int:
    if value is None:
        return 0
    number = numbers.read(value, nettypes.INT32) if isinstance(value, str) else value
    return int(numbers.change_type(number, nettypes.INT32))


def _short(value: int) -> int:
    value &= 0xFFFF
    return value - 0x10000 if value & 0x8000 else value


def _array_list(value: Any, source: NetType, spelt: str) -> object:
    if is_list(value):
        return ArrayList(value)
    if is_dictionary(value):
        return ArrayList(DictionaryEntry(f"[{key}, {net_text(item)}]") for key, item in value.items())
    if source is nettypes.CHAR or source.enum is not None:
        return ArrayList()  # they widen to an Int32, which the constructor takes for a capacity
    raise NoRule


def _array(value: Any, source: NetType, spelt: str) -> object:
    return value if is_list(value) and not isinstance(value, ArrayList) else [value]


def _dictionary(value: Any, source: NetType, spelt: str) -> object:
    if is_dictionary(value):
        return value
    raise NoRule


def _offset(value: Any, source: NetType, spelt: str) -> object:
    if source is nettypes.DATETIME:
        return DateTimeOffset.of(value)
    return dates.parse_offset(_as_text(value, source, spelt))


_Rule = Callable[[Any, NetType, str], object]
_RULES: Final[dict[NetType, _Rule]] = {
    nettypes.BIGINTEGER: _big_integer,
    nettypes.IPADDRESS: _ip_address,
    nettypes.MAILADDRESS: _mail,
    nettypes.TYPE: _type,
    nettypes.CULTURE: _culture,
    nettypes.XML: _xml,
    nettypes.SEMVER: _semantic_version,
    nettypes.POINT: _point,
    nettypes.ARRAYLIST: _array_list,
    nettypes.ARRAY: _array,
    nettypes.IDICTIONARY: _dictionary,
    nettypes.DATETIMEOFFSET: _offset,
}


def null_of(type_: NetType) -> object:
    """What null becomes where it does not stay null.

    Raises:
        NoRule: it is refused.
    """
    if type_ is nettypes.BIGINTEGER:
        return BigInteger(0)
    raise NoRule


__all__ = ["NoRule", "convert", "null_of"]
