# What chat's values stand for in a request.

# A reply among messages stands for its message: the object's type, the member's name, and what makes the one of the other.
$script:StandsFor = @{
    'PSBridge.CreateChatCompletionResponse' = @('messages', 'ConvertTo-BridgeTurn')
    'PSBridge.ChatCompletionResponseMessage' = @('messages', 'ConvertTo-BridgeTurn')
}

function ConvertTo-BridgeTurn {
    # A reply, or its message, as the assistant's turn in the next request: what a request may hold of it.
    [CmdletBinding()]
    param([psobject] $Reply)
    $message = $Reply
    if ($Reply.PSObject.TypeNames[0] -like '*PSBridge.CreateChatCompletionResponse') { $message = $Reply.choices[0].message }
    $turn = [ordered]@{ role = 'assistant' }
    if ($null -ne $message.content) { $turn['content'] = $message.content }
    foreach ($name in 'refusal', 'tool_calls', 'function_call') {
        if ($message.$name) { $turn[$name] = $message.$name }
    }
    if ($message.audio) { $turn['audio'] = @{ id = $message.audio.id } }
    if ($turn.Count -eq 1) { $turn['content'] = '' }
    [pscustomobject]$turn
}

function ConvertTo-BridgeItem {
    # What a template names of an item that has no JSON, such as a process or a file; any other item as it is.
    [CmdletBinding()]
    param([string] $Template, [object] $Item)
    if ($null -eq $Item -or $Item -is [string] -or $Item -is [System.Collections.IDictionary] -or
        $Item -is [System.Management.Automation.PSCustomObject] -or $Item -is [ValueType]) { return $Item }
    $members = [ordered]@{}
    $named = [regex]::Matches(($Template -replace '\{\{|\}\}'), '\{\s*([^{}]+?)\s*\}') | ForEach-Object { $_.Groups[1].Value }
    foreach ($name in $named) {
        $property = $Item.PSObject.Properties[$name]
        if ($null -eq $property) {
            # The worker says what is missing, and what there is.
            foreach ($other in $Item.PSObject.Properties.Name) { $members[$other] = $null }
            break
        }
        $value = $property.Value
        if ($null -ne $value -and $value -isnot [bool] -and $value -isnot [int] -and $value -isnot [long]) { $value = "$value" }
        $members[$property.Name] = $value
    }
    [pscustomobject]$members
}
