# Objects as scripts get them: every property of the model is there. One that is unset is a property that reads as null
# and becomes a plain one when it is assigned: null to every reader and in every form that an object is kept in, and told
# apart from a null that was given. What was ever set stands in the member set PSBridge, which CLIXML keeps and JSON, views
# and the wire leave out.

$script:Templates = [hashtable]::new([System.StringComparer]::Ordinal)
# The function that reads an object of a type that is more than its members.
$script:Special = @{ 'HttpInfo' = 'New-BridgeHttpInfo'; '+' = 'New-BridgeOddment' }
$script:Formatted = $false
$script:Nothing = [scriptblock]::Create('$null')  # bound to no module: an object is also read where there is none
$script:Unset = @{}  # the property that a member has while it is unset, by its name

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
        # What is told of an object of a named kind.
        $type = $told[0]
        if ($type -eq '') { return $this.Plain($told) }
        $special = $script:Special[$type]
        if ($null -ne $special) { return & $special $told }
        return $this.Fill($told)
    }

    [object] Fill([object[]] $told) {
        # An object of a model: a copy of the template for the members that are set.
        $key = $told[0]
        for ($i = 1; $i -lt $told.Count; $i += 2) { $key += "`0" + $told[$i] }
        $template = $script:Templates[$key]
        if ($null -eq $template) { $template = New-BridgeTemplate $key }
        $made = $template.PSObject.Copy()
        $properties = $made.PSObject.Properties
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            $member = $told[$i + 1]
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $member = $this.Read($member) }
            $properties[$told[$i]].Value = $member
        }
        return $made
    }

    [object] Plain([object[]] $told) {
        # Data that has a member of the markers' own name.
        $names = [System.Collections.ArrayList]::new()
        $values = [System.Collections.ArrayList]::new()
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            [void]$names.Add($told[$i])
            [void]$values.Add($this.Read($told[$i + 1]))
        }
        return New-BridgeData $names $values
    }
}

$script:Reader = [PSBridgeReader]::new()

function Initialize-BridgeReader {
    # Has PowerShell compile the reader while a new worker is still loading what the first answer takes.
    param([string] $Command)
    $type = $Command -replace '^(Initialize-|ConvertFrom-JsonTo)'
    if ($null -ne $script:Models[$type]) {
        $null = $script:Reader.Read($script:Wire.Parse("{`"`$psbridge`":[`"$type`",`"role`",`"`"]}"))
    }
}

function Import-BridgeFormat {
    # How replies and errors are shown; it takes a while, so it waits for the first object that has a view, or for a call
    # under way.
    if ($script:Formatted) { return }
    $script:Formatted = $true
    Update-FormatData -AppendPath "$PSScriptRoot/PSBridge.Format.ps1xml"
    Import-BridgeShown
    Import-BridgeDetail
}

function New-BridgeTemplate {
    # What objects of a type are copies of that have these members set. A copy costs a third of what adding members does.
    param([string] $Key)
    $type, $set = $Key.Split([char]0)
    $set = @($set)
    if ($null -ne $script:Viewed[$type]) { Import-BridgeFormat }
    $made = [pscustomobject]@{}
    $properties = $made.PSObject.Properties
    $names = @()
    if ($null -ne $script:Models[$type]) { $names = $script:Models[$type].Split(' ') }
    foreach ($name in $names) {
        if ($set -ccontains $name) { $properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $null)) }
        else { $properties.Add((New-BridgeUnset $name)) }
    }
    foreach ($name in $set) {
        if ($null -eq $name -or $names -ccontains $name) { continue }
        $properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $null))
    }
    $told = [System.Management.Automation.PSNoteProperty]::new('Set', "$($set -join ' ') ")
    $told = [System.Management.Automation.PSMemberInfo[]]@($told)
    $made.PSObject.Members.Add([System.Management.Automation.PSMemberSet]::new('PSBridge', $told))
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$type")
    if ($script:Templates.Count -ge 1000) { $script:Templates.Clear() }
    $script:Templates[$Key] = $made
    $made
}

function New-BridgeUnset {
    # The property that a member is while it is unset; assigning to it makes a plain one of it.
    param([string] $Name)
    $made = $script:Unset[$Name]
    if ($null -eq $made) {
        $quoted = $Name.Replace("'", "''")
        $made = [System.Management.Automation.PSScriptProperty]::new($Name, $script:Nothing, [scriptblock]::Create(
                "param(`$Value) `$this.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new('$quoted', `$Value), " +
                "`$true); `$this.PSBridge.Set += '$quoted '"))
        $script:Unset[$Name] = $made
    }
    $made
}
