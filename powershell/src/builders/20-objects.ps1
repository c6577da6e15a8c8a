# Objects as scripts get them: every property of the model is there. One that is unset is a property that reads as null
# and becomes a plain one when it is assigned: null to every reader and in every form that an object is kept in, and told
# apart from a null that was given. What was ever set stands in the member set PSBridge, which CLIXML keeps and JSON, views
# and the wire leave out.

$script:Templates = [hashtable]::new([System.StringComparer]::Ordinal)
# The function that reads an object of a type that is more than its members.
$script:Special = @{ 'HttpInfo' = 'New-BridgeHttpInfo'; '+' = 'New-BridgeOddment' }
$script:Formatted = $false

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
        if ($null -eq $template) { $template = New-BridgeTemplate $key $told }
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
    param([string] $Key, [object[]] $Told)
    $type = $Told[0]
    $set = @(for ($i = 1; $i -lt $Told.Count; $i += 2) { $Told[$i] })
    if ($null -ne $script:Viewed[$type]) { Import-BridgeFormat }
    $made = [pscustomobject]@{}
    $properties = $made.PSObject.Properties
    $names = @()
    if ($null -ne $script:Models[$type]) { $names = $script:Models[$type].Split(' ') }
    $unset = Get-BridgeUnset @(foreach ($name in $names) { if ($set -cnotcontains $name) { $name } })
    foreach ($name in $names) {
        if ($set -ccontains $name) { $properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $null)) }
        else { $properties.Add($unset[$name]) }
    }
    foreach ($name in $set) {
        if ($null -eq $name -or $names -ccontains $name) { continue }
        $properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $null))
    }
    $note = [System.Management.Automation.PSNoteProperty]::new('Set', "$($set -join ' ') ")
    $note = [System.Management.Automation.PSMemberInfo[]]@($note)
    $made.PSObject.Members.Add([System.Management.Automation.PSMemberSet]::new('PSBridge', $note))
    $made.PSObject.TypeNames.Insert(0, "PSBridge.$type")
    if ($script:Templates.Count -ge 1000) { $script:Templates.Clear() }
    $script:Templates[$Key] = $made
    $made
}

function Get-BridgeUnset {
    # The properties that members are while they are unset, by their names; those of $Names are among them. Assigning to one
    # makes a plain one of it. Their code is .NET's, any runspace's: what writes an object for a job or for another machine
    # has no runspace, and leaves out what a script block would read.
    param([string[]] $Names)
    $domain = [System.AppDomain]::CurrentDomain
    $all = $domain.GetData('PSBridge.Unset')
    if ($null -eq $all) {
        $all = [hashtable]::Synchronized([hashtable]::new([System.StringComparer]::Ordinal))
        $domain.SetData('PSBridge.Unset', $all)
    }
    $new = @(foreach ($name in $Names) { if ($null -eq $all[$name]) { $name } })
    if (-not $new.Count) { return $all }
    $whole = [psobject]
    $any = [object]
    try {
        $common = $all[' ']
        if ($null -eq $common) { $common = New-BridgeNative (Get-BridgeUnsetCode) }
        $all[' '] = $common
        # ldarg.0, ldstr, ldarg.1, call, ret
        $methods = @(foreach ($name in $new) { , @('Set', [void], @($whole, $any), @(2, 114, $name, 3, 40, $common[1], 42)) })
        $at = 0
        foreach ($set in @(New-BridgeNative $methods)) {
            $all[$new[$at]] = [System.Management.Automation.PSCodeProperty]::new($new[$at], $common[0], $set)
            $at++
        }
    }
    catch { Add-BridgeUnsetScript $all $new $_ }
    $all
}

function Get-BridgeUnsetCode {
    # The methods that all unset members have: one that reads null, and one (object, name, value) that makes a plain property
    # of an unset one and says so in the object's PSBridge.Set.
    $whole = [psobject]
    $any = [object]
    $text = [string]
    $note = [System.Management.Automation.PSNoteProperty]
    $set = [System.Management.Automation.PSMemberSet]
    $member = [System.Management.Automation.PSMemberInfo]
    $members = [System.Management.Automation.PSMemberInfoCollection[System.Management.Automation.PSMemberInfo]]
    , @('Unset', $any, @($whole), @(20, 42))                                  # ldnull, ret
    , @('Assign', [void], @($whole, $text, $any), @(
            2, 111, @($whole, 'get_Members', @())                             # ldarg.0, callvirt
            3, 4, 115, @($note, '', @($text, $any))                           # ldarg.1, ldarg.2, newobj
            23, 111, @($members, 'Add', @($member, [bool]))                   # ldc.i4.1, callvirt
            2, 111, @($whole, 'get_Members', @())
            114, 'PSBridge', 111, @($members, 'get_Item', @($text))           # ldstr, callvirt
            116, $set, 111, @($set, 'get_Members', @())                       # castclass, callvirt
            114, 'Set', 111, @($members, 'get_Item', @($text))
            37, 111, @($member, 'get_Value', @())                             # dup, callvirt
            3, 114, ' ', 40, @($text, 'Concat', @($any, $any, $any))          # ldarg.1, ldstr, call
            111, @($member, 'set_Value', @($any)), 42                         # callvirt, ret
        ))
}

function New-BridgeNative {
    # Methods of .NET's out of their names, types and instructions (ECMA-335, partition III): bytes, and what they are about.
    # As bytes in one loop: PowerShell compiles each place that calls .NET, and is slowest where it has to choose, as of Emit.
    param([object[]] $Methods)
    foreach ($method in $Methods) {
        $made = [System.Reflection.Emit.DynamicMethod]::new($method[0], $method[1], [type[]]$method[2])
        $body = $made.GetDynamicILInfo()
        $bytes = @()
        foreach ($part in $method[3]) {
            if ($part -is [int]) {
                $bytes += $part
                continue
            }
            if ($part -is [array]) {
                $type = $part[0]
                $called = if ($part[1]) { $type.GetMethod($part[1], [type[]]$part[2]) } else { $type.GetConstructor([type[]]$part[2]) }
                $token = $body.GetTokenFor($called.MethodHandle, $type.TypeHandle)
            }
            elseif ($part -is [type]) { $token = $body.GetTokenFor($part.TypeHandle) }
            else { $token = $body.GetTokenFor($part) }
            $bytes += ($token -band 255), ($token -shr 8 -band 255), ($token -shr 16 -band 255), ($token -shr 24)
        }
        $body.SetCode([byte[]]$bytes, 8)
        $body.SetLocalSignature([byte[]](7, 0))  # no locals
        $made
    }
}

function Add-BridgeUnsetScript {
    # The same by script blocks, bound to no module, where a script may not call .NET as it likes, as in Constrained Language
    # Mode: without what stands unset a job gets the object, then.
    param([hashtable] $All, [string[]] $Names, [System.Management.Automation.ErrorRecord] $Why)
    Write-Debug "Unset members are read by script blocks: $Why"
    foreach ($name in $Names) {
        $quoted = $name.Replace("'", "''")
        $All[$name] = [System.Management.Automation.PSScriptProperty]::new($name, [scriptblock]::Create('$null'), [scriptblock]::Create(
                "param(`$Value) `$this.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new('$quoted', `$Value), " +
                "`$true); `$this.PSBridge.Set += '$quoted '"))
    }
}
