"""Queues, stacks and linked lists."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import Made, NetQueue, TypedArray

from . import NetClass, describe
from .lists import Enumerator, equal


def _empty(kind: str) -> NetFault:
    return NetFault("InvalidOperationException", f"{kind} empty.")


def _take(queue: NetQueue, keep: bool = False) -> Any:
    if not queue:
        raise _empty("Queue" if queue.kind != "Stack" else "Stack")
    if queue.kind == "Stack":
        return queue[-1] if keep else queue.pop()
    return queue[0] if keep else queue.popleft()


def _try_take(queue: NetQueue, reference: Any, keep: bool = False) -> bool:
    if not queue:
        reference.write(None)
        return False
    reference.write(_take(queue, keep))
    return True


def _queue_members(described: NetClass) -> None:
    described.property({"Count": len})
    described.method(
        {
            "Enqueue(T item)": lambda queue, value: queue.append(value),
            "Push(T item)": lambda queue, value: queue.append(value),
            "Dequeue()": _take,
            "Pop()": _take,
            "Peek()": lambda queue: _take(queue, True),
            "TryDequeue(ref result)": _try_take,
            "TryPop(ref result)": _try_take,
            "TryPeek(ref result)": lambda queue, reference: _try_take(queue, reference, True),
            "Clear()": lambda queue: queue.clear(),
            "Contains(T item)": lambda queue, value: any(equal(item, value) for item in queue),
            "ToArray()": lambda queue: (
                TypedArray(queue, queue.element) if queue.element is not nettypes.OBJECT else list(queue)
            ),
            "GetEnumerator()": Enumerator,
        }
    )


for _name in (
    *("System.Collections.Generic.Queue`1", "System.Collections.Generic.Stack`1"),
    "System.Collections.Concurrent.ConcurrentQueue`1",
):
    _queue_members(describe(_name, None))

for _kind in ("Queue", "Stack"):
    _type = NetType(_kind, f"System.Collections.{_kind}")
    _plain = describe(f"System.Collections.{_kind}", _type)
    _queue_members(_plain)
    _plain.new(
        {
            "()": lambda kind=_kind: NetQueue(kind=kind),
            "(object[] col)": lambda items, kind=_kind: NetQueue(items, kind=kind),
        }
    )

LINKED = describe("System.Collections.Generic.LinkedList`1", None, "System.Collections.Generic.List`1")


def _linked_node(items: Any, place: int) -> Any:
    if not items:
        return None
    return Made({"Value": items[place], "List": items}, "System.Collections.Generic.LinkedListNode`1")


LINKED.property(
    {"First": lambda items: _linked_node(items, 0), "Last": lambda items: _linked_node(items, -1)}
)

LINKED.method(
    {
        "AddLast(T value)": lambda items, value: items.append(value),
        "AddFirst(T value)": lambda items, value: items.insert(0, value),
        "RemoveFirst()": lambda items: items.pop(0) and None,
        "RemoveLast()": lambda items: items.pop() and None,
    }
)
