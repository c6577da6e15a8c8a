# What chat's values stand for in a request.

# A reply among messages stands for its message: the object's type, the member's name, and what makes the one of the other.
$script:StandsFor = @{
    'PSBridge.CreateChatCompletionResponse' = @('messages', 'ConvertTo-BridgeTurn')
    'PSBridge.ChatCompletionResponseMessage' = @('messages', 'ConvertTo-BridgeTurn')
    'PSBridge.ChatTool' = @('tools', 'ConvertTo-BridgeToolMark')
}
$script:Special['CommandTool'] = 'New-BridgeTool'
$script:Special['KeptResult'] = 'Get-BridgeResult'
$script:Prepared['New-ChatTool'] = 'Set-BridgeCommand'
foreach ($name in 'New-ChatCompletion', 'Send-ChatMessage', 'Start-ChatCompletionRun', 'Invoke-ChatCompletionRun') {
    $script:Prepared[$name] = 'Set-BridgeQuestion'
}

function Set-BridgeQuestion {
    # A template's item, and the type that an answer is to be of, as the worker takes them.
    param([hashtable] $Call, [System.Collections.IDictionary] $Own)
    $given = $null
    $item = $null
    if ($Own.TryGetValue('Template', [ref]$given) -and $given -and $Own.TryGetValue('CreateChatCompletionRequest', [ref]$item)) {
        $Own['CreateChatCompletionRequest'] = ConvertTo-BridgeItem $given $item
    }
    if ($Own.TryGetValue('As', [ref]$given) -and $null -ne $given) { Set-BridgeAnswerType $Call $Own }
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
