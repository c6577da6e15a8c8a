# Objects as scripts get them: every property of the model is there. One that is unset is a property that reads as null
# and becomes a plain one when it is assigned: null to every reader and in every form that an object is kept in, and told
# apart from a null that was given. What was ever set stands in the member set PSBridge, which CLIXML keeps and JSON, views
# and the wire leave out.

$script:Templates = [hashtable]::new([System.StringComparer]::Ordinal)
# The function that reads an object of a type that is more than its members.
$script:Special = @{ 'HttpInfo' = 'New-BridgeHttpInfo'; '+' = 'New-BridgeOddment' }
$script:Formatted = $false

# What .PSObject has of an object, asked of .NET itself: PowerShell lists all its members for each object that is asked first,
# which takes longer than anything else that is done with one.
$script:PropertiesOf = [System.Delegate]::CreateDelegate(
    [System.Func[psobject, System.Management.Automation.PSMemberInfoCollection[System.Management.Automation.PSPropertyInfo]]],
    [psobject].GetMethod('get_Properties'))
$script:MembersOf = [System.Delegate]::CreateDelegate(
    [System.Func[psobject, System.Management.Automation.PSMemberInfoCollection[System.Management.Automation.PSMemberInfo]]],
    [psobject].GetMethod('get_Members'))
$script:TypeNamesOf = [System.Delegate]::CreateDelegate(
    [System.Func[psobject, System.Collections.ObjectModel.Collection[string]]], [psobject].GetMethod('get_TypeNames'))
$script:CopyOf = [System.Delegate]::CreateDelegate([System.Func[psobject, psobject]], [psobject].GetMethod('Copy'))

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
        $properties = $script:PropertiesOf.Invoke($value)
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
        $made = $script:CopyOf.Invoke($template)
        $properties = $script:PropertiesOf.Invoke($made)
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
    Update-FormatData -AppendPath "$PSScriptRoot/PSBridge.Format.ps1xml" -WhatIf:$false -Confirm:$false
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
    $properties = $script:PropertiesOf.Invoke($made)
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
    $script:MembersOf.Invoke($made).Add([System.Management.Automation.PSMemberSet]::new('PSBridge', $note))
    $script:TypeNamesOf.Invoke($made).Insert(0, "PSBridge.$type")
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
    try {
        if ($null -eq $all[' ']) { Add-BridgeUnsetCode $all }
        $read = $all[' ']
        $assign = $all['  ']
        $code = [System.Reflection.Emit.OpCodes]
        foreach ($name in $new) {
            $set = [System.Reflection.Emit.DynamicMethod]::new('Set', [void], [type[]]([psobject], [object]))
            $body = $set.GetILGenerator()
            $body.Emit($code::Ldarg_0)
            $body.Emit($code::Ldstr, $name)
            $body.Emit($code::Ldarg_1)
            $body.Emit($code::Call, $assign)
            $body.Emit($code::Ret)
            $all[$name] = [System.Management.Automation.PSCodeProperty]::new($name, $read, $set)
        }
    }
    catch { Add-BridgeUnsetScript $all $new $_ }
    $all
}

function Add-BridgeUnsetCode {
    # The methods that all unset members have: one that reads null, and one (object, name, value) that makes a plain property
    # of an unset one and says so in the object's PSBridge.Set. They are named by blanks, as no member is.
    param([hashtable] $All)
    $whole = [psobject]
    $text = [string]
    $any = [object]
    $set = [System.Management.Automation.PSMemberSet]
    $member = [System.Management.Automation.PSMemberInfo]
    $several = [System.Management.Automation.PSMemberInfoCollection[System.Management.Automation.PSMemberInfo]]
    $code = [System.Reflection.Emit.OpCodes]
    $read = [System.Reflection.Emit.DynamicMethod]::new('Unset', $any, [type[]]($whole))
    $body = $read.GetILGenerator()
    $body.Emit($code::Ldnull)
    $body.Emit($code::Ret)
    # One place that looks for methods: PowerShell compiles each.
    $wanted = @($whole, 'get_Members', @()), @($several, 'Add', @($member, [bool])), @($several, 'get_Item', @($text)),
    @($set, 'get_Members', @()), @($member, 'get_Value', @()), @($member, 'set_Value', @($any)), @($text, 'Concat', @($any, $any, $any))
    $members, $add, $find, $inner, $get, $put, $join = foreach ($one in $wanted) { $one[0].GetMethod($one[1], [type[]]$one[2]) }
    $note = [System.Management.Automation.PSNoteProperty].GetConstructor([type[]]($text, $any))
    $object = $code::Ldarg_0
    $name = $code::Ldarg_1
    $string = $code::Ldstr
    $call = $code::Callvirt
    $assign = [System.Reflection.Emit.DynamicMethod]::new('Assign', [void], [type[]]($whole, $text, $any))
    $body = $assign.GetILGenerator()
    # object.Members.Add(new PSNoteProperty(name, value), true)
    $body.Emit($object)
    $body.Emit($call, $members)
    $body.Emit($name)
    $body.Emit($code::Ldarg_2)
    $body.Emit($code::Newobj, $note)
    $body.Emit($code::Ldc_I4_1)
    $body.Emit($call, $add)
    # object.Members["PSBridge"].Members["Set"].Value += name + " "
    $body.Emit($object)
    $body.Emit($call, $members)
    $body.Emit($string, 'PSBridge')
    $body.Emit($call, $find)
    $body.Emit($code::Castclass, $set)
    $body.Emit($call, $inner)
    $body.Emit($string, 'Set')
    $body.Emit($call, $find)
    $body.Emit($code::Dup)
    $body.Emit($call, $get)
    $body.Emit($name)
    $body.Emit($string, ' ')
    $body.Emit($code::Call, $join)
    $body.Emit($call, $put)
    $body.Emit($code::Ret)
    $All[' '] = $read
    $All['  '] = $assign
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
