"""LiteLLM as a client of Weir: a tool loop for every case it reads from its standard input, what came of it as JSON.

Runs in a virtual environment of its own (litellm-requirements.txt), because LiteLLM does not go with the OpenAI SDK
that the other tests are written for. Called by test_litellm.py.
"""

import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the internet for prices
import litellm  # noqa: E402

litellm.telemetry = False
litellm.suppress_debug_info = True
TOOL = {"type": "function", "function": {"name": "weather", "description": "the weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"],
}}}


def introduce(case: dict) -> None:
    """Of a model that it does not know, LiteLLM asks for whole responses and plays their streams itself, wrongly."""
    litellm.register_model({f"openai/{case['model']}": {"litellm_provider": "openai", "mode": "chat"}})


def run(case: dict) -> dict:
    messages = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": case["prompt"]}]
    calls = []
    while True:
        answer = litellm.completion(
            model=f"{case['surface']}/{case['model']}", api_base=case["url"], api_key=case["key"], messages=messages,
            tools=[TOOL], stream=case["streamed"], max_tokens=100, num_retries=0,
        )
        if case["streamed"]:
            answer = litellm.stream_chunk_builder(list(answer), messages=messages)
        message, reason = answer.choices[0].message, answer.choices[0].finish_reason
        if not message.tool_calls:
            return {"text": message.content, "finish": reason, "calls": calls}
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            calls.append([call.function.name, json.loads(call.function.arguments)])
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "sunny"})


def outcome(case: dict) -> dict:
    try:
        introduce(case)
        return run(case)
    except Exception as problem:  # whatever it is, the test says so
        return {"problem": f"{type(problem).__name__}: {problem}"}


if __name__ == "__main__":
    print(json.dumps([outcome(case) for case in json.load(sys.stdin)]))
