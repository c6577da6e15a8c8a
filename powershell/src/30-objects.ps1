# Objects as scripts get them: every property of the model is there, the unset ones marked.

function Expand-BridgeValue {
    # What the worker sent, as PowerShell has it. A model is {"$type": name, "set": members}.
    param($Value)
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $properties = $Value.PSObject.Properties
        $type = $properties['$type']
        if ($null -ne $type) { return New-BridgeObject $type.Value $Value.set }
        $mark = $properties['$psbridge']
        if ($null -ne $mark) {
            if ($mark.Value -eq 'unset') { return $script:Unset }
            return '********'
        }
        foreach ($property in $properties) {
            $member = $property.Value
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) {
                $property.Value = Expand-BridgeValue $member
            }
        }
        return $Value
    }
    if ($Value -is [array]) {
        for ($i = 0; $i -lt $Value.Count; $i++) {
            $item = $Value[$i]
            if ($item -is [System.Management.Automation.PSCustomObject] -or $item -is [array]) {
                $Value[$i] = Expand-BridgeValue $item
            }
        }
        return , $Value
    }
    $Value
}

function New-BridgeObject {
    # An object of a model: a copy of its template with the members that are set.
    param($Type, $Members)
    if ($Type -eq 'Configuration') { return Update-BridgeLive (Expand-BridgeValue $Members) }
    $template = $script:Templates[$Type]
    if ($null -eq $template) {
        $template = New-BridgeTemplate $Type
        $script:Templates[$Type] = $template
    }
    $made = $template.PSObject.Copy()
    foreach ($property in $Members.PSObject.Properties) {
        $member = $property.Value
        if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) {
            $member = Expand-BridgeValue $member
        }
        $name = $property.Name
        if ($null -ne $template.PSObject.Properties[$name]) { $made.$name = $member }
        else { $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $member)) }
    }
    $made
}

function New-BridgeTemplate {
    param([string] $Type)
    $members = New-Object System.Collections.Specialized.OrderedDictionary ([System.StringComparer]::OrdinalIgnoreCase)
    $names = $script:Models[$Type]
    if ($null -ne $names) {
        foreach ($name in $names.Split(' ')) { $members[$name] = $script:UnsetMark }
    }
    $made = [pscustomobject]$members
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$Type")
    $made
}

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
