"""What IAM is told of a call beyond the emulator's own: which items of the table it is about. And notes of the calls made.

The notes are lines of JSON: the role that called, the action, the resource, and the beginning of the items' partition key.
"""

import contextvars
import json
import re

from ministack.core import iam_actions, iam_evaluator
from ministack.services import sts

LEADING_KEYS = "dynamodb:LeadingKeys"
ENCLOSING = "dynamodb:EnclosingOperation"
PARTITION = re.compile(r"^\s*(?:#\w+|\w+)\s*=\s*(:\w+)")
transacted = contextvars.ContextVar("transacted", default=())


def check_keys():
    """Conditions on `dynamodb:LeadingKeys` are met by the partition keys of the items that a request names."""
    context, checks, enforce = (
        iam_actions.dynamodb_service_context,
        iam_actions.dynamodb_transaction_checks,
        iam_evaluator.enforce,
    )

    def service_context(body):
        keys = partition_keys(parse(body))
        return {**context(body), **({LEADING_KEYS: keys} if keys else {})}

    def transaction_checks(action, body, region, account):
        transacted.set(iter(transacted_keys(parse(body))))
        return checks(action, body, region, account)

    def enforce_keys(access_key, action, service, region, resource_arn="*", service_context=None):
        if service_context and ENCLOSING in service_context:
            service_context = {**service_context, LEADING_KEYS: [next(transacted.get())]}
        return enforce(access_key, action, service, region, resource_arn, service_context)

    iam_actions.dynamodb_service_context = service_context
    iam_actions.dynamodb_transaction_checks = transaction_checks
    iam_evaluator.enforce = enforce_keys


def parse(body):
    try:
        data = json.loads(body or b"{}")
    except (ValueError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}


def partition_keys(data):
    """Of a request about items, a query of the table or of an index."""
    condition = PARTITION.match(data.get("KeyConditionExpression") or "")
    if condition:
        return [text_of(data["ExpressionAttributeValues"][condition[1]])]
    if "RequestItems" in data:
        return [text_of(key["pk"]) for table in data["RequestItems"].values() for key in table["Keys"]]
    item = data.get("Key") or data.get("Item")
    return [text_of(item["pk"])] if item and "pk" in item else []


def transacted_keys(data):
    return [key for item in data.get("TransactItems", []) for detail in item.values() for key in partition_keys(detail)]


def text_of(value):
    return next(iter(value.values()))


def note_calls(file):
    """Appends each call of a role to `file`, the first time that it is made."""
    enforce, noted = iam_evaluator.enforce, set()

    def enforce_and_note(access_key, action, service, region, resource_arn="*", service_context=None):
        denied = enforce(access_key, action, service, region, resource_arn, service_context)
        session = sts._sessions.get(access_key)
        if session:
            role = session["Arn"].split("/")[1]
            keys = {beginning(key) for key in (service_context or {}).get(LEADING_KEYS, [])} or {None}
            for key in keys - {None} or keys:
                note(role, action, resource_arn, key)
        return denied

    def note(role, action, resource, key):
        call = (role, action, without_ids(resource), key)
        if call in noted:
            return
        noted.add(call)
        with open(file, "a", encoding="utf-8") as lines:
            lines.write(json.dumps(dict(zip(("role", "action", "resource", "key"), call))) + "\n")

    iam_evaluator.enforce = enforce_and_note


def beginning(key):
    """`E#*` of `E#4711`."""
    kind, separator, _ = key.partition("#")
    return f"{kind}{separator}*" if separator else kind


def without_ids(resource):
    """The same text for all objects of a bucket, connections of a socket, schedules of a group; things, certificates, topics."""
    groups = r"(:s3:::[^/]+/|/@connections/|:schedule/[^/]+/|:iot:.*?:(?:thing|cert|topic)/).*"
    return re.sub(groups, lambda found: f"{found[1]}*", resource)
