"""The counting subscription of the bench, and the messages that it makes."""

from typing import Any

COUNT = "subscription ($to: Int!, $then: String!) { count(to: $to, then: $then) { number } }"


def counting(to: int, then: str = "end") -> dict[str, Any]:
    return {"variables": {"to": to, "then": then}}


def number(operation_id: str, value: int) -> dict[str, Any]:
    return {"id": operation_id, "type": "next", "payload": {"data": {"count": {"number": value}}}}


def complete(operation_id: str) -> dict[str, Any]:
    return {"id": operation_id, "type": "complete"}


def failure(message: dict[str, Any], operation_id: str) -> tuple[str, str]:
    assert message["id"] == operation_id
    assert message["type"] == "error"
    (error,) = message["payload"]
    assert len(error["extensions"]["requestId"]) == 32
    return error["extensions"]["code"], error["message"]
