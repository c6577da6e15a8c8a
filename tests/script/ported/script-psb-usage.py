from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Tokens and costs of a session.
price: dict[str, Any] = {"gpt-4o": [2.5, 10], "gpt-4o-mini": [0.15, 0.6]}
questions = {
    "gpt-4o-mini": ["One?", "Two?"],
    "gpt-4o": ["A third and longer question?"],
}
lines_items: list[Any] = []
for model in [*questions]:
    in_ = 0
    out = 0
    for q in questions[model]:
        usage: Any = ps.New_ChatCompletion(Messages=q, Model=model).usage
        in_ += usage.prompt_tokens
        out += usage.completion_tokens
    cost = posh.divide(
        posh.add(
            posh.multiply(in_, price[model][0]),
            posh.multiply(out, price[model][1]),
        ),
        1000000,
    )
    lines_items.append(ps.PSCustomObject(Model=model, In=in_, Out=out, Cost=cost))
lines = lines_items
for item in lines:
    print(
        posh.format_operator(
            "{0,-12} {1,4} {2,4} {3:F6}",
            [item.Model, item.In, item.Out, item.Cost],
        )
    )
sum_ = posh.run("Measure-Object", ["In", "Out", "Cost"], Sum=True, input=lines)
for item in sum_:
    print(
        f"{item.Property}: {posh.text(posh.invoke_static('math', 'Round', [item.Sum, 6]))}"
    )
session = ps.Get_ChatCompletionUsage()
print(
    f"session: {session.prompt_tokens} + {session.completion_tokens} = {session.total_tokens}"
)
