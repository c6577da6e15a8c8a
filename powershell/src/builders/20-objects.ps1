# Objects as scripts get them: every property of the model is there. One that is unset is a property that reads as null
# and becomes a plain one when it is assigned: null to every reader and in every form that an object is kept in, and told
# apart from a null that was given. What was ever set stands in the member set PSBridge, which CLIXML keeps and JSON, views
# and the wire leave out.

$script:Templates = @{}
$script:Special = @{}  # the function that reads an object of a type that is more than its members
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
        # An object of a model: a copy of its template with the members that are set.
        $type = $told[0]
        if ($type -eq '') { return $this.Plain($told) }
        $special = $script:Special[$type]
        if ($null -ne $special) { return & $special $told }
        $template = $script:Templates[$type]
        if ($null -eq $template) { $template = New-BridgeTemplate $type }
        $made = $template.PSObject.Copy()
        $properties = $made.PSObject.Properties
        $set = ''
        for ($i = 1; $i -lt $told.Count; $i += 2) {
            $name = $told[$i]
            $member = $told[$i + 1]
            if ($member -is [System.Management.Automation.PSCustomObject] -or $member -is [array]) { $member = $this.Read($member) }
            $properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $member), $true)
            $set += $name + ' '
        }
        $made.PSBridge.Set = $set
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
    if ($null -ne $script:Models[$type]) {
        $null = $script:Reader.Read($script:Wire.Parse("{`"`$psbridge`":[`"$type`",`"role`",`"`"]}"))
    }
}

function Import-BridgeFormat {
    # How replies are shown; it takes a while, so it waits for the first object that has a view, or for a call under way.
    if ($script:Formatted) { return }
    $script:Formatted = $true
    Update-FormatData -AppendPath "$PSScriptRoot/PSBridge.Format.ps1xml"
}

function New-BridgeTemplate {
    # The object that every object of a model is a copy of: each member unset.
    param([string] $Type)
    if ($null -ne $script:Viewed[$Type]) { Import-BridgeFormat }
    $made = [pscustomobject]@{}
    $names = $script:Models[$Type]
    if ($null -ne $names) {
        foreach ($name in $names.Split(' ')) { $made.PSObject.Properties.Add((New-BridgeUnset $name)) }
    }
    $made.PSObject.Members.Add([System.Management.Automation.PSMemberSet]::new('PSBridge',
            [System.Management.Automation.PSMemberInfo[]]@([System.Management.Automation.PSNoteProperty]::new('Set', ''))))
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$Type")
    $script:Templates[$Type] = $made
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
