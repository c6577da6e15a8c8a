# Objects as scripts get them: every property of the model is there, the unset ones marked.

$script:Templates = @{}
$script:Formatted = $false
$script:UnsetMark = [System.Management.Automation.Internal.AutomationNull]::Value
$script:Unset = [psobject]::new()
$script:Unset.PSObject.TypeNames.Insert(0, 'PSBridge.Unset')

class PSBridgeReader {
    # What the worker sent, as PowerShell has it. A model is {"$type": name, "set": members}.
    [object] Read([object] $value) {
        if ($value -is [array]) {
            for ($i = 0; $i -lt $value.Count; $i++) {
                $item = $value[$i]
                if ($item -is [System.Management.Automation.PSCustomObject] -or $item -is [array]) { $value[$i] = $this.Read($item) }
            }
            return $value
        }
        if ($value -isnot [System.Management.Automation.PSCustomObject]) { return $value }
        $properties = $value.PSObject.Properties
        $type = $properties['$type']
        if ($null -ne $type) { return $this.Make($type.Value, $value.set) }
        $mark = $properties['$psbridge']
        if ($null -ne $mark) {
            if ($mark.Value -eq 'unset') { return $script:Unset }
            return '********'
        }
        foreach ($property in $properties) {
            $member = $property.Value
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $property.Value = $this.Read($member) }
        }
        return $value
    }

    [object] Make([string] $type, [object] $members) {
        # An object of a model: a copy of its template with the members that are set.
        if ($type -eq 'Configuration') { return Update-BridgeLive ($this.Read($members)) }
        $made = $this.Blank($type)
        $known = $made.PSObject.Properties
        foreach ($property in $members.PSObject.Properties) {
            $member = $property.Value
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $member = $this.Read($member) }
            $name = $property.Name
            if ($null -ne $known[$name]) { $made.$name = $member }
            else { $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $member)) }
        }
        return $made
    }

    hidden [object] Blank([string] $type) {
        # An object of a model with nothing set.
        $template = $script:Templates[$type]
        if ($null -eq $template) { $template = New-BridgeTemplate $type }
        return $template.PSObject.Copy()
    }

    [object] MakeOfTexts([object[]] $told) {
        # The same of what a builder in this process tells: the type, then each member's name and text.
        $made = $this.Blank($told[0])
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            $name = $told[$i]
            $made.$name = $told[$i + 1]
        }
        return $made
    }
}

$script:Reader = [PSBridgeReader]::new()

function Import-BridgeFormat {
    # How replies are shown; it takes a while, so it waits for the first object that has a view, or for a call under way.
    if ($script:Formatted) { return }
    $script:Formatted = $true
    Update-FormatData -AppendPath "$PSScriptRoot/PSBridge.Format.ps1xml"
}

function New-BridgeTemplate {
    param([string] $Type)
    if ($Type -in 'CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse', 'HttpInfo') { Import-BridgeFormat }
    $members = [System.Collections.Specialized.OrderedDictionary]::new([System.StringComparer]::OrdinalIgnoreCase)
    $names = $script:Models[$Type]
    if ($null -ne $names) {
        foreach ($name in $names.Split(' ')) { $members[$name] = $script:UnsetMark }
    }
    $made = [pscustomobject]$members
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$Type")
    $script:Templates[$Type] = $made
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
