"""The server's tables say what the OpenAPI description says, member by member (where it is at hand)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psbridge.offline import rules, schema

DESCRIPTION = Path(__file__).parents[2].parent / "shared" / "spec" / "openapi-2026-08.yaml"

#: Limits that the description gives in words, so that its schemas do not have them.
IN_WORDS = {
    "metadata": {"most", "longest_name"},
    "metadata.*": {"longest"},
    "logit_bias.*": {"least", "most"},
    "tools[].function.function.name": {"longest", "pattern"},
    "functions[].name": {"longest", "pattern"},
    "response_format.json_schema.json_schema.name": {"longest", "pattern"},
}


@pytest.fixture(scope="module")
def description() -> Any:
    yaml = pytest.importorskip("yaml", reason="PyYAML, which reads the description, is not installed")
    if not DESCRIPTION.exists():
        pytest.skip("the OpenAPI description is not beside the project")
    with DESCRIPTION.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Reader:
    """Compares a schema of the description with a rule of the server; differences gather in `found`."""

    def __init__(self, description: Any) -> None:
        self.components = description["components"]["schemas"]
        self.found: list[str] = []

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            more = {key: value for key, value in node.items() if key != "$ref"}
            node = {**self.components[node["$ref"].rsplit("/", 1)[1]], **more}
        if "allOf" in node:
            merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
            for part in map(self.resolved, node["allOf"]):
                merged["properties"].update(part.get("properties", {}))
                merged["required"] += part.get("required", [])
            return merged
        return node

    def alternatives(self, node: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        """(what it may be, whether null is allowed), with nested alternatives laid flat."""
        node = self.resolved(node)
        null = bool(node.get("nullable"))
        options = node.get("anyOf") or node.get("oneOf")
        if not options:
            return ([], True) if node.get("type") == "null" else ([node], null)
        flat: list[dict[str, Any]] = []
        for option in options:
            inner, inner_null = self.alternatives(option)
            flat += inner
            null = null or inner_null
        return flat, null

    def compare(self, node: dict[str, Any], rule: rules.Rule, path: str) -> None:
        options, null = self.alternatives(node)
        self.same(path, "null", null, isinstance(rule, rules.Nullable))
        if isinstance(rule, rules.Nullable):
            rule = rule.rule
        kept = rule.options if isinstance(rule, rules.OneOf) else (rule,)
        for sort in ("string", "boolean", "integer", "number", "array", "object"):
            mine = [option for option in options if option.get("type", "object") == sort]
            rule_kind = "decimal" if sort == "number" else sort
            theirs = [
                item for item in kept if rule_kind in item.kinds and (sort != "integer" or _whole(item))
            ]
            self.same(path, f"number of {sort} kinds", bool(mine), bool(theirs))
            if mine and theirs:
                self.compare_kind(mine, theirs[0], path)

    def compare_kind(self, options: list[dict[str, Any]], rule: rules.Rule, path: str) -> None:
        first = options[0]
        if isinstance(rule, rules.Text):
            closed = all("enum" in option for option in options)
            allowed = {value for option in options for value in option.get("enum", ())} if closed else set()
            self.same(path, "values", allowed, set(rule.allowed))
            self.limit(path, "longest", first.get("maxLength"), rule.longest)
            self.limit(path, "pattern", first.get("pattern"), rule.pattern)
        elif isinstance(rule, (rules.Integer, rules.Decimal)):
            self.limit(path, "least", first.get("minimum"), rule.least)
            self.limit(path, "most", first.get("maximum"), rule.most)
        elif isinstance(rule, rules.Array):
            self.same(path, "fewest", first.get("minItems", 0), rule.fewest)
            self.limit(path, "most", first.get("maxItems"), rule.most)
            self.compare(first["items"], rule.item, f"{path}[]")
        elif isinstance(rule, rules.Map):
            self.limit(path, "most", first.get("maxProperties"), rule.most)
            self.limit(path, "longest_name", None, rule.longest_name)
            self.compare(first["additionalProperties"], rule.value, f"{path}.*")
        elif isinstance(rule, rules.Tagged):
            tags = {option["properties"][rule.tag]["enum"][0]: option for option in options}
            self.same(path, "variants", set(tags), set(rule.variants))
            for name in tags.keys() & rule.variants.keys():
                self.compare_kind([tags[name]], rule.variants[name], f"{path}.{name}")
        elif isinstance(rule, rules.Object):
            properties = first.get("properties", {})
            self.same(path, "members", set(properties), set(rule.members))
            self.same(path, "required", set(first.get("required", ())), set(rule.required))
            self.same(path, "closed", first.get("additionalProperties") is False, rule.closed)
            for name in properties.keys() & rule.members.keys():
                self.compare(properties[name], rule.members[name], f"{path}.{name}")

    def same(self, path: str, what: str, described: object, served: object) -> None:
        if described != served:
            self.found.append(f"{path}: {what} described as {described!r}, served as {served!r}")

    def limit(self, path: str, what: str, described: object, served: object) -> None:
        if what not in IN_WORDS.get(path, ()):
            self.same(path, what, described, served)


def _whole(rule: rules.Rule) -> bool:
    return "decimal" not in rule.kinds


def test_every_member_of_a_create_request_is_checked_as_described(description: Any) -> None:
    reader = Reader(description)
    described = reader.resolved({"$ref": "#/components/schemas/CreateChatCompletionRequest"})
    assert set(described["properties"]) == set(schema.CREATE)
    assert set(described["required"]) == {"model", "messages"}
    for name, rule in schema.CREATE.items():
        reader.compare(described["properties"][name], rule, name)
    assert reader.found == []


def test_the_comparison_sees_a_difference(description: Any) -> None:
    reader = Reader(description)
    reader.compare({"type": "integer", "minimum": 1}, rules.Nullable(rules.Integer(2)), "x")
    reader.compare({"type": "string", "enum": ["a"]}, rules.Text(("a", "b")), "y")
    reader.compare({"type": "array", "items": {"type": "string"}}, rules.Array(rules.Boolean()), "z")
    assert len(reader.found) == 5
