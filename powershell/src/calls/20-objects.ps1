# Objects as arguments.

function Test-BridgeUnset {
    # Whether an argument leaves its parameter open: an Unset object, or an array of one.
    param($Value)
    if ($Value -is [array] -and $Value.Count -eq 1) { $Value = $Value[0] }
    $Value -is [System.Management.Automation.PSCustomObject] -and $Value.PSObject.TypeNames[0] -eq 'PSBridge.Unset'
}

function ConvertTo-BridgeTurn {
    # A reply, or its message, as the assistant's turn in the next request: what a request may hold of it.
    param($Reply)
    $message = $Reply
    if ($Reply.PSObject.TypeNames[0] -eq 'PSBridge.CreateChatCompletionResponse') { $message = $Reply.choices[0].message }
    $turn = [ordered]@{ role = 'assistant'; content = $message.content }
    foreach ($name in 'refusal', 'tool_calls', 'function_call') {
        if ($message.$name) { $turn[$name] = $message.$name }
    }
    if ($message.audio) { $turn['audio'] = @{ id = $message.audio.id } }
    [pscustomobject]$turn
}
