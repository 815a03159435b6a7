"""Starts MiniStack with the gaps mended that docs/emulator-gaps.md calls mended, each by the heading it has there.

A mend names the line of the emulator that is wrong and refuses to start when that line is gone: then the gap has changed,
and the mend, the document and the tests it is named in have to be looked at again.

The emulator and all that it started end when standard input closes, so nothing outlives the tests, however they end.
USR1 has signatures and the policies of roles checked, and USR2 no longer, which is for deploying.
"""

import contextvars
import inspect
import json
import os
import re
import shutil
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True

import calls
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway, dynamodb, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

MENDS = []
PROCESSES_MAX = 12
local = threading.local()


def mend(heading, wrong, where):
    """Registers a mend of the gap under `heading`, for as long as `where` contains the text `wrong`."""

    def register(function):
        MENDS.append((heading, wrong, where, function))
        return function

    return register


@mend(
    "Time limits given as expressions",
    'resource, effective, state_def["TimeoutSeconds"])',
    lambda: inspect.getsource(stepfunctions._execute_task),
)
def evaluate_time_limits():
    original = stepfunctions._execute_task

    def execute_task(state, state_input, execution, context):
        limits = {
            name: stepfunctions._jsonata_state_field(state, name, "number", state_input, context)
            for name in ("TimeoutSeconds", "HeartbeatSeconds")
            if isinstance(state.get(name), str)
        }
        return original({**state, **limits}, state_input, execution, context)

    stepfunctions._execute_task = execute_task


@mend(
    "Output of a Choice that falls to Default",
    "            return raw_input, default\n",
    lambda: inspect.getsource(stepfunctions._execute_choice),
)
def shape_default_output():
    original = stepfunctions._execute_choice

    def execute_choice(state, state_input, context=None):
        is_jsonata = stepfunctions._state_query_language(state, context) == "JSONata"
        if not (is_jsonata and "Default" in state and "Output" in state):
            return original(state, state_input, context)
        rules = {name: value for name, value in state.items() if name != "Default"}
        try:
            return original(rules, state_input, context)
        except stepfunctions._ExecutionError as error:
            if error.error != "States.NoChoiceMatched":
                raise
        output = stepfunctions._apply_jsonata_output(state, state_input, context)
        stepfunctions._apply_state_assign(state, state_input, context)
        return output, state["Default"]

    stepfunctions._execute_choice = execute_choice


@mend(
    "One process an invocation, and a new one after each error",
    "slot, limit = _acquire_execution_slot(func, config)",
    lambda: inspect.getsource(lambda_svc._execute_function),
)
def queue_what_machines_invoke():
    """More processes than this would starve each other. A state that waits for a place holds none, so none waits for ever."""
    original, places = stepfunctions._call_lambda, threading.Semaphore(PROCESSES_MAX)

    def call_lambda(function, event):
        with places:
            return original(function, event)

    stepfunctions._call_lambda = call_lambda


@mend(
    "A function that fails behind a task token",
    "            _call_lambda(func_ref, lambda_payload)\n        except _ExecutionError:\n            pass\n",
    lambda: inspect.getsource(stepfunctions._invoke_with_callback),
)
def fail_behind_token():
    invoke, call = stepfunctions._invoke_with_callback, stepfunctions._call_lambda

    def invoke_with_callback(resource, state_input, token, state):
        local.token = token
        try:
            return invoke(resource, state_input, token, state)
        finally:
            local.token = None

    def call_lambda(function, event):
        try:
            return call(function, event)
        except stepfunctions._ExecutionError as error:
            waiting = stepfunctions._task_tokens.get(getattr(local, "token", None))
            if waiting and not waiting["event"].is_set():
                waiting["error"] = {"Error": error.error, "Cause": error.cause}
                waiting["event"].set()
            raise

    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._call_lambda = call_lambda


@mend(
    "Names of errors that Node functions throw",
    'status: "error", error: String(err.message || err), trace',
    lambda: lambda_runtime._NODEJS_WORKER_SCRIPT,
)
def name_thrown_errors():
    lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(
        'status: "error", error: String(err.message || err), trace',
        'status: "error", errorType: String(err.name || "Error"), error: String(err.message || err), trace',
    ).replace(
        'status: "error", error: e.message, trace',
        'status: "error", errorType: String(e.name || "Error"), error: e.message, trace',
    )
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def remember(worker, *arguments, **options):
        answer = invoke(worker, *arguments, **options)
        local.error_type = answer.get("errorType")
        return answer

    def execute_function(*arguments):
        local.error_type = None
        result = execute(*arguments)
        if result.get("error") and local.error_type:
            result["body"]["errorType"] = local.error_type
        return result

    lambda_runtime.Worker.invoke = remember
    lambda_svc._execute_function_warm = execute_function


@mend(
    "Partial failures of a table stream",
    "result = _execute_function(func_rec, event)\n\n            if result.get(\"error\"):",
    lambda: inspect.getsource(lambda_svc._poll_dynamodb_streams),
)
def redeliver_partly_failed_batches():
    poll, execute = lambda_svc._poll_dynamodb_streams, lambda_svc._execute_function

    def poll_streams():
        local.polls_stream = True
        try:
            return poll()
        finally:
            local.polls_stream = False

    def execute_function(function, event):
        result = execute(function, event)
        body = result.get("body")
        if getattr(local, "polls_stream", False) and isinstance(body, dict) and body.get("batchItemFailures"):
            message = f"{len(body['batchItemFailures'])} of {len(event['Records'])} records failed"
            return {**result, "error": True, "body": {"errorType": "PartialFailure", "errorMessage": message}}
        return result

    lambda_svc._poll_dynamodb_streams = poll_streams
    lambda_svc._execute_function = execute_function


@mend(
    "Functions that log nothing",
    "first_line_wait: float = 0.050",
    lambda: inspect.getsource(lambda_runtime.Worker._drain_stderr_bounded),
)
def answer_without_waiting_for_logs():
    original = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker: original(worker, first_line_wait=0.002)


@mend(
    "Permissions to answer task tokens",
    'if service == "states":\n        arn = _safe_json_field(body, "stateMachineArn")',
    lambda: inspect.getsource(iam_actions.extract_resource_arn),
)
def find_machines_of_tokens():
    execute, invoke = stepfunctions._execute_task, stepfunctions._invoke_with_callback
    extract, machines = iam_actions.extract_resource_arn, {}

    def execute_task(state, state_input, execution, context):
        local.machine = execution["stateMachineArn"]
        return execute(state, state_input, execution, context)

    def invoke_with_callback(resource, state_input, token, state):
        machines[token] = local.machine
        return invoke(resource, state_input, token, state)

    def extract_resource_arn(service, method, path, headers, body, *more):
        arn = extract(service, method, path, headers, body, *more)
        if service != "states" or arn != "*":
            return arn
        return machines.get(iam_actions._safe_json_field(body, "taskToken"), arn)

    stepfunctions._execute_task = execute_task
    stepfunctions._invoke_with_callback = invoke_with_callback
    iam_actions.extract_resource_arn = extract_resource_arn


@mend(
    "Groups of schedules in permissions",
    "schedule/default/{parts[si + 1]}",
    lambda: inspect.getsource(iam_actions.extract_resource_arn),
)
def find_groups_of_schedules():
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, *more):
        arn = extract(service, method, path, headers, body, *more)
        group = iam_actions._safe_json_field(body, "GroupName") if service == "scheduler" else None
        return arn.replace(":schedule/default/", f":schedule/{group}/") if group else arn

    iam_actions.extract_resource_arn = extract_resource_arn


@mend(
    "Certificates that policies are attached to, in permissions",
    '"policies": "policy",\n            "certificates": "cert",',
    lambda: inspect.getsource(iam_actions.extract_resource_arn),
)
def find_targets_of_policies():
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, *more):
        is_attachment = service == "iot" and path.startswith("/target-policies/")
        target = iam_actions._safe_json_field(body, "target") if is_attachment else None
        return target or extract(service, method, path, headers, body, *more)

    iam_actions.extract_resource_arn = extract_resource_arn


@mend(
    "Permissions for batches of messages",
    '    action_name = _action_from_target(headers)\n    if action_name:\n        return f"{namespace}:{action_name}"\n',
    lambda: inspect.getsource(iam_actions.extract_iam_action),
)
def take_batches_for_messages():
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service, *request):
        action = extract(service, *request)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = extract_iam_action


@mend(
    "Alarms on metric math",
    "Properties.Metrics (metric math) is not supported",
    lambda: inspect.getsource(provisioners._cw_metric_alarm_record),
)
def watch_first_metric_of_several():
    original = provisioners._cw_metric_alarm_record

    def alarm_record(name, properties):
        first = next((each["MetricStat"] for each in properties.get("Metrics") or [] if "MetricStat" in each), None)
        if first is None:
            return original(name, properties)
        instead = {**first["Metric"], "Period": first["Period"], "Statistic": first["Stat"], "Metrics": None}
        return original(name, {**properties, **instead})

    provisioners._cw_metric_alarm_record = alarm_record


@mend(
    "Authorizers that throw Unauthorized",
    "if not result or result.get(\"error\"):\n        return None",
    lambda: inspect.getsource(apigateway._invoke_request_authorizer_lambda),
)
def answer_unauthorized():
    authorize, invoke = apigateway._authorize_ws_connect, apigateway._invoke_request_authorizer_lambda
    execute = lambda_svc._execute_function_with_config_scope
    refused = contextvars.ContextVar("refused", default=False)

    def execute_function(function, event):
        result = execute(function, event)
        body = result.get("body")
        is_refusal = result.get("error") and isinstance(body, dict) and body.get("errorMessage") == "Unauthorized"
        if is_refusal and event.get("type") == "REQUEST" and "methodArn" in event:
            return {"body": {"refused": True}}
        return result

    async def invoke_authorizer(*arguments):
        answer = await invoke(*arguments)
        refused.set(bool(answer and answer.get("refused")))
        return answer

    async def authorize_connect(*arguments):
        refused.set(False)
        refusal, context = await authorize(*arguments)
        return ((401, "Unauthorized"), None) if refused.get() else (refusal, context)

    lambda_svc._execute_function_with_config_scope = execute_function
    apigateway._invoke_request_authorizer_lambda = invoke_authorizer
    apigateway._authorize_ws_connect = authorize_connect


@mend(
    "Conditions on the keys of a table",
    'context["dynamodb:Select"] = select\n    return context',
    lambda: inspect.getsource(iam_actions.dynamodb_service_context),
)
def check_conditions_on_keys():
    calls.check_keys()


@mend(
    "Batching windows of a table stream",
    "batch = _ddb.stream_records_since(table_name, pos, batch_size)",
    lambda: inspect.getsource(lambda_svc._poll_dynamodb_streams),
)
def collect_for_the_window():
    each_source, read = lambda_svc._iter_all_esms, dynamodb.stream_records_since

    def iterate_sources():
        for account, region, source in each_source():
            local.window_seconds = source.get("MaximumBatchingWindowInSeconds") or 0
            yield account, region, source

    def read_records(table, position, limit, **options):
        records = read(table, position, limit, **options)
        if not records or len(records) == limit:
            return records
        waited_seconds = time.time() - records[0]["dynamodb"]["ApproximateCreationDateTime"]
        return records if waited_seconds >= getattr(local, "window_seconds", 0) else []

    lambda_svc._iter_all_esms = iterate_sources
    dynamodb.stream_records_since = read_records


@mend(
    "Encryption in transit",
    "pin_request_origin((scope.get(",
    lambda: inspect.getsource(app.app),
)
def take_requests_for_encrypted():
    original = app.pin_request_origin
    app.pin_request_origin = lambda address, _: original(address, True)


@mend(
    "Requests by HTTP",
    "return str(ctx.secure_transport).lower()",
    lambda: inspect.getsource(iam_evaluator._resolve_condition_key),
)
def take_requests_for_secure():
    original = iam_evaluator._resolve_condition_key

    def resolve(key, context):
        return "true" if key.lower() == "aws:securetransport" else original(key, context)

    iam_evaluator._resolve_condition_key = resolve


@mend("Host names of APIs", r"\.execute-api\." + re.escape("localhost"), lambda: app._EXECUTE_API_RE.pattern)
def answer_to_aws_host_names():
    app._EXECUTE_API_RE = re.compile(
        r"^([a-f0-9]{8})\.execute-api\.(?:localhost|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$"
    )


def end_with_standard_input():
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def turn_policies(are_on):
    """Functions that run already keep the credentials they began with; the next ones get others."""
    app.AUTH = are_on
    threading.Thread(target=lambda_runtime.reset).start()


def main():
    if sys.argv[1:] == ["--list"]:
        print(json.dumps([heading for heading, *_ in MENDS]))
        return
    for heading, wrong, where, _ in MENDS:
        if wrong not in where():
            sys.exit(f'The gap "{heading}" has changed in this version of the emulator: see docs/emulator-gaps.md.')
    calls.note_calls(os.environ["CALLS_FILE"])
    for *_, apply in MENDS:
        apply()
    os.setpgid(0, 0)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    signal.signal(signal.SIGUSR1, lambda *_: turn_policies(True))
    signal.signal(signal.SIGUSR2, lambda *_: turn_policies(False))
    app.main()


main()
