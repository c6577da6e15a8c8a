import base64
from pathlib import Path

import psbridge as ps
from psbridge.script.semantics import porting as posh

# A picture and a text in one message.
bytes_ = Path("./dot.gif").read_bytes()
url = "data:image/gif;base64," + base64.b64encode(bytes_).decode()
text = ps.Initialize_ChatCompletionRequestMessageContentPartText(
    Type="text",
    Text="Describe the picture.",
)
image = ps.Initialize_ChatCompletionRequestMessageContentPartImage(
    Type="image_url",
    ImageUrl=ps.Initialize_ChatCompletionRequestMessageContentPartImageImageUrl(
        Url=url,
        Detail="low",
    ),
)
user = ps.Initialize_ChatCompletionRequestUserMessage(
    Role="user",
    Content=[text, image],
)
print(f"parts: {posh.joined(', ', user, 'content', 'type')}")
request = ps.Initialize_CreateChatCompletionRequest(
    Messages=user,
    Model="gpt-4o",
    MaxCompletionTokens=30,
)
json = posh.get("ConvertTo-Json", Depth=10, input=[request])
print(f"data URL survives: {url in json}")
reply = ps.New_ChatCompletion(request)
print(reply.choices[0].message.content)
