"""GraphQL requests answered: prepare refuses what is wrong, execute and subscribe do the rest."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tartiflette.coercers.arguments import coerce_arguments
from tartiflette.execution.context import build_execution_context
from tartiflette.types.exceptions.tartiflette import MultipleException, TartifletteError

from edge.graphql import encode, failures
from edge.graphql.document import Document, Documents, invalid
from edge.graphql.failures import Error, Refused, refusal
from edge.graphql.plan import MOST_COST, Call, Plan, compile_plan
from edge.graphql.projection import Answer
from edge.graphql.run import Metadata, Outgoing, Rpcs, Run, events
from edge.graphql.schema import Schema
from mesh.channel import Channel
from mesh.faults import Fault, Violation

# Each combination of a query's conditions has its own plan; more are made, but not kept.
_MOST_PLANS = 8
_LONGEST_KEY = 255


@dataclass(frozen=True)
class GraphQLRequest:
    """What a client sends, whatever the transport."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None


@dataclass
class Prepared:
    """A request that may be executed: its plan, and each call's arguments."""

    request: GraphQLRequest
    document: Document
    plan: Plan
    arguments: list[dict[str, Any]]

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.plan.kind


class Failed(Exception):
    """A subscription that ended with errors."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__("the subscription failed")
        self.errors = errors


class GraphQL:
    """The schema with the channels that answer it."""

    def __init__(self, schema: Schema, channel_for: Callable[[str], Channel]) -> None:
        self.schema = schema
        self._documents = Documents(schema)
        self._rpcs = Rpcs(schema, channel_for)

    async def prepare(self, request: GraphQLRequest) -> Prepared:
        """The request parsed, validated, coerced and weighed; Refused when it is wrong."""
        document = self._documents.get(request.query)
        operation = document.operation(request.operation_name)
        variables = await self._variables(document, request)
        plan = self._plan(document, operation, variables)
        arguments = [await self._arguments(plan.kind, call, variables) for call in plan.calls]
        cost = plan.fixed_cost
        cost += sum(c.cost(values) for c, values in zip(plan.calls, arguments, strict=True))
        if cost > MOST_COST:
            message = f"the query costs {cost}, more than {MOST_COST}: ask for fewer items"
            raise refusal(422, "QUERY_TOO_EXPENSIVE", message)
        return Prepared(request, document, plan, arguments)

    async def execute(self, prepared: Prepared, metadata: Metadata, request_id: str = "") -> Answer:
        """The answer to a query or a mutation: `data`, and `errors` when there are any."""
        plan = prepared.plan
        run = Run(self.schema, self._rpcs, metadata, request_id)
        outgoing = [
            self._outgoing(call, arguments)
            for call, arguments in zip(plan.calls, prepared.arguments, strict=True)
        ]
        if plan.kind == "mutation":
            return run.finish(await run.mutation(plan, outgoing))
        data = await run.query(plan, outgoing)
        if plan.introspected:
            await self._introspect(prepared, data)
        return run.finish(data)

    async def subscribe(
        self, prepared: Prepared, metadata: Metadata, request_id: str = ""
    ) -> AsyncGenerator[Answer, None]:
        """The answers of a subscription; Failed when it ends with errors."""
        plan, call = prepared.plan, prepared.plan.calls[0]
        sent = self._outgoing(call, prepared.arguments[0])
        try:
            if isinstance(sent, Fault):
                raise sent
            async for response in events(self._rpcs, call.root, sent.request, metadata):
                run = Run(self.schema, self._rpcs, metadata, request_id)
                yield run.finish(await run.event(plan, response))
        except Fault as fault:
            raise Failed([failures.error(fault, request_id, [call.key])]) from None

    async def _variables(self, document: Document, request: GraphQLRequest) -> dict[str, Any]:
        try:
            context, problems = await build_execution_context(
                self.schema.types,
                document.node,
                None,
                None,
                dict(request.variables or {}),
                request.operation_name or "",
            )
        except TartifletteError as problem:
            raise Refused(422, invalid([problem], "VARIABLES_INVALID")) from None
        if context is None:
            raise Refused(422, invalid(problems or [], "VARIABLES_INVALID"))
        return context.variable_values or {}

    def _plan(self, document: Document, operation: Any, variables: dict[str, Any]) -> Plan:
        chosen = tuple(bool(variables.get(name)) for name in document.conditions)
        key = (operation.name.value if operation.name else None, chosen)
        plan: Plan | None = document.plans.get(key)
        if plan is None:
            plan = compile_plan(self.schema.table, document, operation, variables)
            if len(document.plans) < _MOST_PLANS:
                document.plans[key] = plan
        return plan

    async def _arguments(self, kind: str, call: Call, variables: dict[str, Any]) -> dict[str, Any]:
        root = self.schema.types.get_field_by_name(f"{kind.capitalize()}.{call.root.name}")
        try:
            found: dict[str, Any] = await coerce_arguments(
                root.arguments, call.node, variables, None, root.arguments_coercer
            )
        except TartifletteError as problem:
            raise Refused(422, invalid([problem], "ARGUMENTS_INVALID")) from None
        except MultipleException as several:
            raise Refused(422, invalid(several.exceptions, "ARGUMENTS_INVALID")) from None
        return found

    def _outgoing(self, call: Call, arguments: dict[str, Any]) -> Outgoing | Fault:
        try:
            metadata = _key(arguments["idempotencyKey"]) if call.root.idempotency_key else ()
            return Outgoing(encode.request(self.schema, call.root, arguments), metadata)
        except Fault as fault:
            return fault

    async def _introspect(self, prepared: Prepared, data: Answer) -> None:
        """Tartiflette's own answer for `__schema` and `__type`; its other fields are null."""
        answer = await self.schema.engine.execute(
            prepared.document.text,
            operation_name=prepared.request.operation_name,
            variables=dict(prepared.request.variables or {}),
        )
        for key in prepared.plan.introspected:
            data[key] = (answer.get("data") or {}).get(key)


def _key(key: str) -> Metadata:
    if not key or len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise encode.invalid(Violation("idempotencyKey", "takes 255 printable characters"))
    return (("idempotency-key", key),)
