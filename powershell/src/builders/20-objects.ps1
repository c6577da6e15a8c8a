# Objects as scripts get them: every property of the model is there, the unset ones marked.

$script:Templates = @{}
$script:Special = @{}  # the function that reads an object of a type that is more than its members
$script:Formatted = $false
$script:UnsetMark = [System.Management.Automation.Internal.AutomationNull]::Value

class PSBridgeReader {
    # What the worker sent, as PowerShell has it. A model is {"$psbridge": [name, member, value, member, value, ...]}.
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
        $mark = $properties['$psbridge']
        if ($null -ne $mark) {
            $told = $mark.Value
            if ($told -is [array]) { return $this.Make($told) }
            if ($told -eq 'unset') { return $this.Make(@('Unset')) }
            if ($told -eq 'number') { return [double] $value.value }  # NaN and the infinities
            if ($told -eq 'bytes') { return [System.Convert]::FromBase64String($value.value) }
            return '********'
        }
        foreach ($property in $properties) {
            $member = $property.Value
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $property.Value = $this.Read($member) }
        }
        return $value
    }

    [object] Make([object[]] $told) {
        # An object of a model: a copy of its template with the members that are set.
        $type = $told[0]
        if ($type -eq '') { return $this.Plain($told) }
        $special = $script:Special[$type]
        if ($null -ne $special) { return & $special $told }
        $template = $script:Templates[$type]
        if ($null -eq $template) { $template = New-BridgeTemplate $type }
        $made = $template['Blank'].PSObject.Copy()
        $known = $template['Members']
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            $name = $told[$i]
            $member = $told[$i + 1]
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $member = $this.Read($member) }
            if ($known.Contains($name)) { $made.$name = $member }
            else { $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $member)) }
        }
        return $made
    }

    [object] Plain([object[]] $told) {
        # Data that has a member of the markers' own name.
        $made = [pscustomobject] @{}
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($told[$i], $this.Read($told[$i + 1])))
        }
        return $made
    }
}

$script:Reader = [PSBridgeReader]::new()

function Initialize-BridgeReader {
    # Has PowerShell compile the reader while a new worker is still loading what the first answer takes.
    param([string] $Command)
    $type = $Command -replace '^(Initialize-|ConvertFrom-JsonTo)'
    if ($null -ne $script:Models[$type]) { $null = $script:Reader.Read((ConvertFrom-BridgeLine "{`"`$psbridge`":[`"$type`",`"role`",`"`"]}")) }
}

function Import-BridgeFormat {
    # How replies are shown; it takes a while, so it waits for the first object that has a view, or for a call under way.
    if ($script:Formatted) { return }
    $script:Formatted = $true
    Update-FormatData -AppendPath "$PSScriptRoot/PSBridge.Format.ps1xml"
}

function New-BridgeTemplate {
    param([string] $Type)
    if ($null -ne $script:Viewed[$Type]) { Import-BridgeFormat }
    $members = [ordered]@{}
    $names = $script:Models[$Type]
    if ($null -ne $names) {
        foreach ($name in $names.Split(' ')) { $members[$name] = $script:UnsetMark }
    }
    $made = [pscustomobject]$members
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$Type")
    $template = @{ Blank = $made; Members = $members }
    $script:Templates[$Type] = $template
    $template
}
