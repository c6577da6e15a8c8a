# What chat's values stand for in a request.

# A reply among messages stands for its message: the object's type, the member's name, and what makes the one of the other.
$script:StandsFor = @{
    'PSBridge.CreateChatCompletionResponse' = @('messages', 'ConvertTo-BridgeTurn')
    'PSBridge.ChatCompletionResponseMessage' = @('messages', 'ConvertTo-BridgeTurn')
}

function ConvertTo-BridgeTurn {
    # A reply, or its message, as the assistant's turn in the next request: what a request may hold of it.
    param($Reply)
    $message = $Reply
    if ($Reply.PSObject.TypeNames[0] -like '*PSBridge.CreateChatCompletionResponse') { $message = $Reply.choices[0].message }
    $turn = [ordered]@{ role = 'assistant'; content = $message.content }
    foreach ($name in 'refusal', 'tool_calls', 'function_call') {
        if ($message.$name) { $turn[$name] = $message.$name }
    }
    if ($message.audio) { $turn['audio'] = @{ id = $message.audio.id } }
    [pscustomobject]$turn
}
