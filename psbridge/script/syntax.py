"""The syntax tree: one class for each of PowerShell's Ast classes, named without `Ast`.

Property names are PowerShell's in snake case; operators are PowerShell's token kinds (`Plus`, `Ieq`).
Positions count from 1 (`line`, `column`); `start` and `end` are offsets in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .nodes import Expression as Expression
from .nodes import Node as Node
from .nodes import Statement as Statement
from .nodes import TypeName as TypeName
from .nodes import nodes_of


@dataclass(eq=False, repr=False)
class NamedAttributeArgument(Node):
    argument_name: str
    argument: Any
    expression_omitted: bool = False


@dataclass(eq=False, repr=False)
class Attribute(Node):
    type_name: TypeName
    positional_arguments: list[Any]
    named_arguments: list[NamedAttributeArgument]


@dataclass(eq=False, repr=False)
class TypeConstraint(Node):
    type_name: TypeName


@dataclass(eq=False, repr=False)
class ConstantExpression(Expression):
    value: Any
    text: str = ""


@dataclass(eq=False, repr=False)
class StringConstantExpression(Expression):
    value: str
    string_constant_type: str = "BareWord"


@dataclass(eq=False, repr=False)
class ExpandableStringExpression(Expression):
    """`parts` are the texts and expressions in order."""

    value: str
    nested_expressions: list[Any]
    string_constant_type: str = "DoubleQuoted"
    parts: list[Any] = field(default_factory=list)

    def children(self) -> Iterator[Node]:
        """The nodes right below this one."""
        yield from self.nested_expressions


@dataclass(eq=False, repr=False)
class VariableExpression(Expression):
    variable_path: str
    splatted: bool = False


@dataclass(eq=False, repr=False)
class TypeExpression(Expression):
    type_name: TypeName


@dataclass(eq=False, repr=False)
class BinaryExpression(Expression):
    left: Any
    operator: str
    right: Any


@dataclass(eq=False, repr=False)
class UnaryExpression(Expression):
    token_kind: str
    child: Any


@dataclass(eq=False, repr=False)
class ConvertExpression(Expression):
    type: TypeConstraint
    child: Any


@dataclass(eq=False, repr=False)
class AttributedExpression(Expression):
    attribute: Any
    child: Any


@dataclass(eq=False, repr=False)
class MemberExpression(Expression):
    expression: Any
    member: Any
    static: bool = False
    null_conditional: bool = False


@dataclass(eq=False, repr=False)
class InvokeMemberExpression(Expression):
    expression: Any
    member: Any
    arguments: list[Any]
    static: bool = False
    null_conditional: bool = False


@dataclass(eq=False, repr=False)
class BaseCtorInvokeMemberExpression(Expression):
    arguments: list[Any]


@dataclass(eq=False, repr=False)
class IndexExpression(Expression):
    target: Any
    index: Any
    null_conditional: bool = False


@dataclass(eq=False, repr=False)
class ArrayExpression(Expression):
    sub_expression: Any


@dataclass(eq=False, repr=False)
class ArrayLiteral(Expression):
    elements: list[Any]


@dataclass(eq=False, repr=False)
class SubExpression(Expression):
    sub_expression: Any


@dataclass(eq=False, repr=False)
class ParenExpression(Expression):
    pipeline: Any


@dataclass(eq=False, repr=False)
class Hashtable(Expression):
    key_value_pairs: list[tuple[Any, Any]]


@dataclass(eq=False, repr=False)
class ScriptBlockExpression(Expression):
    script_block: Any


@dataclass(eq=False, repr=False)
class TernaryExpression(Expression):
    condition: Any
    if_true: Any
    if_false: Any


@dataclass(eq=False, repr=False)
class UsingExpression(Expression):
    sub_expression: Any


@dataclass(eq=False, repr=False)
class ErrorExpression(Expression):
    nested: list[Any] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class StatementBlock(Node):
    statements: list[Any]
    traps: list[Any] = field(default_factory=list)

    def below(self) -> Iterator[Node]:
        """In PowerShell's order: traps come first."""
        yield from nodes_of([self.traps, self.statements])


@dataclass(frozen=True)
class BaseCall:
    """The call of the base class that PowerShell has at the head of every constructor, written or not."""

    arguments: list[Any]
    start: int = 0
    end: int = 0

    def nodes(self) -> list[Node]:
        """The nodes that PowerShell's FindAll gives for it."""
        call = CommandExpression(None)
        call.start, call.end = self.start, self.end
        words = (VariableExpression("this"), StringConstantExpression(".ctor"))
        for one in words:
            one.start, one.end = self.start, self.start + (len("base") if self.end else 0)
        return [call, *words, *self.arguments]


@dataclass(eq=False, repr=False)
class NamedBlock(Node):
    block_kind: str
    statements: list[Any]
    traps: list[Any] = field(default_factory=list)
    unnamed: bool = False
    base_call: BaseCall | None = None

    def below(self) -> Iterator[Node]:
        """In PowerShell's order: traps come first, then a constructor's call of its base."""
        yield from nodes_of(
            [self.traps, *(self.base_call.nodes() if self.base_call else ()), self.statements]
        )


@dataclass(eq=False, repr=False)
class Parameter(Node):
    name: VariableExpression
    attributes: list[Any]
    default_value: Any = None

    def below(self) -> Iterator[Node]:
        """In PowerShell's order: attributes and types, the name, the default."""
        yield from nodes_of(self.attributes)
        yield from nodes_of(self.name)
        yield from nodes_of(self.default_value)


@dataclass(eq=False, repr=False)
class ParamBlock(Node):
    attributes: list[Any]
    parameters: list[Parameter]


@dataclass(eq=False, repr=False)
class ScriptBlock(Node):
    param_block: ParamBlock | None = None
    using_statements: list[Any] = field(default_factory=list)
    dynamic_param_block: NamedBlock | None = None
    begin_block: NamedBlock | None = None
    process_block: NamedBlock | None = None
    end_block: NamedBlock | None = None
    clean_block: NamedBlock | None = None


@dataclass(eq=False, repr=False)
class CommandParameter(Node):
    parameter_name: str
    argument: Any = None


@dataclass(eq=False, repr=False)
class MergingRedirection(Node):
    from_stream: str
    to_stream: str


@dataclass(eq=False, repr=False)
class FileRedirection(Node):
    from_stream: str
    location: Any
    append: bool = False


@dataclass(eq=False, repr=False)
class Command(Statement):
    command_elements: list[Any]
    redirections: list[Any] = field(default_factory=list)
    invocation_operator: str = "Unknown"


@dataclass(eq=False, repr=False)
class CommandExpression(Statement):
    expression: Any
    redirections: list[Any] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class Pipeline(Statement):
    pipeline_elements: list[Any]
    background: bool = False


@dataclass(eq=False, repr=False)
class PipelineChain(Statement):
    lhs_pipeline_chain: Any
    rhs_pipeline: Any
    operator: str
    background: bool = False


@dataclass(eq=False, repr=False)
class AssignmentStatement(Statement):
    left: Any
    operator: str
    right: Any

    def below(self) -> Iterator[Node]:
        """In PowerShell's tree an expression alone is no pipeline here."""
        yield self.left
        elements = self.right.pipeline_elements if isinstance(self.right, Pipeline) else []
        yield elements[0] if len(elements) == 1 and isinstance(elements[0], CommandExpression) else self.right


@dataclass(eq=False, repr=False)
class IfStatement(Statement):
    clauses: list[tuple[Any, StatementBlock]]
    else_clause: StatementBlock | None = None


@dataclass(eq=False, repr=False)
class ForEachStatement(Statement):
    variable: VariableExpression
    condition: Any
    body: StatementBlock
    label: str | None = None
    flags: str = "None"


@dataclass(eq=False, repr=False)
class ForStatement(Statement):
    initializer: Any
    condition: Any
    iterator: Any
    body: StatementBlock
    label: str | None = None


@dataclass(eq=False, repr=False)
class WhileStatement(Statement):
    condition: Any
    body: StatementBlock
    label: str | None = None


@dataclass(eq=False, repr=False)
class DoWhileStatement(Statement):
    condition: Any
    body: StatementBlock
    label: str | None = None


@dataclass(eq=False, repr=False)
class DoUntilStatement(Statement):
    condition: Any
    body: StatementBlock
    label: str | None = None


@dataclass(eq=False, repr=False)
class SwitchStatement(Statement):
    condition: Any
    clauses: list[tuple[Any, StatementBlock]]
    default: StatementBlock | None = None
    flags: str = "None"
    label: str | None = None

    def below(self) -> Iterator[Node]:
        """In PowerShell's tree the file of `-File` is a pipeline."""
        if isinstance(self.condition, Expression):
            for wrapper in (Pipeline([]), CommandExpression(None)):
                wrapper.start, wrapper.end = self.condition.start, self.condition.end
                yield wrapper
        yield from self.children()


@dataclass(eq=False, repr=False)
class CatchClause(Node):
    catch_types: list[TypeConstraint]
    body: StatementBlock

    @property
    def is_catch_all(self) -> bool:
        """Whether it catches every kind of error."""
        return not self.catch_types


@dataclass(eq=False, repr=False)
class TryStatement(Statement):
    body: StatementBlock
    catch_clauses: list[CatchClause]
    finally_: StatementBlock | None = None

    @property
    def clauses_in_order(self) -> list[CatchClause]:
        """Its catch clauses as they are asked: RuntimeException, which wraps all errors, after others."""
        names = [[of.type_name.full_name.lower() for of in one.catch_types] for one in self.catch_clauses]
        ranks = [max(("runtimeexception" in of for of in given), default=2) for given in names]
        return [
            one for _, one in sorted(zip(ranks, self.catch_clauses, strict=True), key=lambda pair: pair[0])
        ]


@dataclass(eq=False, repr=False)
class TrapStatement(Statement):
    trap_type: TypeConstraint | None
    body: StatementBlock


@dataclass(eq=False, repr=False)
class BreakStatement(Statement):
    label: Any = None


@dataclass(eq=False, repr=False)
class ContinueStatement(Statement):
    label: Any = None


@dataclass(eq=False, repr=False)
class ReturnStatement(Statement):
    pipeline: Any = None


@dataclass(eq=False, repr=False)
class ExitStatement(Statement):
    pipeline: Any = None


@dataclass(eq=False, repr=False)
class ThrowStatement(Statement):
    pipeline: Any = None


@dataclass(eq=False, repr=False)
class DataStatement(Statement):
    body: StatementBlock
    variable: str | None = None
    commands_allowed: list[Any] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class FunctionDefinition(Statement):
    name: str
    parameters: list[Parameter] | None
    body: ScriptBlock
    is_filter: bool = False


@dataclass(eq=False, repr=False)
class PropertyMember(Node):
    name: str
    property_type: TypeConstraint | None
    initial_value: Any = None
    is_static: bool = False
    is_hidden: bool = False
    attributes: list[Any] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class FunctionMember(Node):
    name: str
    return_type: TypeConstraint | None
    parameters: list[Parameter]
    body: ScriptBlock
    is_static: bool = False
    is_hidden: bool = False
    is_constructor: bool = False
    base_arguments: list[Any] | None = None
    named = 0

    def below(self) -> Iterator[Node]:
        """In PowerShell's tree a method is a function inside a member."""
        for name in ("attributes", "return_type"):
            yield from nodes_of(getattr(self, name, None))
        function = FunctionDefinition(self.name, self.parameters, self.body, False)
        function.start, function.end = self.named, self.end
        yield function


@dataclass(eq=False, repr=False)
class TypeDefinition(Statement):
    name: str
    base_types: list[TypeConstraint]
    members: list[Any]
    is_class: bool = False
    is_enum: bool = False
    is_interface: bool = False
    attributes: list[Any] = field(default_factory=list)

    def children(self) -> Iterator[Node]:
        """The nodes right below this one."""
        for listed in (self.attributes, self.base_types, self.members):
            yield from nodes_of(listed)


@dataclass(eq=False, repr=False)
class UsingStatement(Statement):
    using_statement_kind: str
    name: Any = None


@dataclass(eq=False, repr=False)
class ErrorStatement(Statement):
    nested: list[Any] = field(default_factory=list)
