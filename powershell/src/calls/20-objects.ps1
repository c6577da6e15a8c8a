# Objects as arguments.

$script:Prepared = @{}  # the function that readies a cmdlet's arguments for the worker, by the cmdlet

function Test-BridgeUnset {
    # Whether an argument leaves its parameter open: an Unset object, or an array of one.
    param([object] $Value)
    if ($Value -is [array] -and $Value.Count -eq 1) { $Value = $Value[0] }
    $Value -is [System.Management.Automation.PSCustomObject] -and $script:TypeNamesOf.Invoke($Value)[0] -eq 'PSBridge.Unset'
}

function Resolve-BridgePath {
    # A path of the script's, relative to its location, for a worker that has another. A FileInfo says where it was made
    # from: PowerShell makes one of a text by the process's folder, which is not the script's location.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Path)
    if ($Path -is [byte[]]) { return , $Path }
    if ($Path -is [array]) { return , @(foreach ($one in $Path) { Resolve-BridgePath $Cmdlet $one }) }
    $text = "$Path"
    # An address, or the id of a file that the service has, is no path.
    if ($text -match '^(https?|data):|^file-[A-Za-z0-9]+$') { return $text }
    if ($Path -is [System.IO.FileInfo] -and -not [System.IO.Path]::IsPathRooted($text)) {
        $here = $Cmdlet.GetUnresolvedProviderPathFromPSPath($text)
        if ([System.IO.File]::Exists($here)) { return $here }
        return $Path.FullName
    }
    $Cmdlet.GetUnresolvedProviderPathFromPSPath($text)
}

# Names that no member of a PowerShell object can have.
$script:Reserved = [string[]]('', 'PSObject', 'PSBase', 'PSAdapted', 'PSExtended', 'PSTypeNames')

function New-BridgeData {
    # Data as an object; as a dictionary, which tells 'a' from 'A' and takes any name, where no object can have its names.
    param([System.Collections.ArrayList] $Names, [System.Collections.ArrayList] $Values)
    $folded = [System.Collections.Generic.HashSet[string]]::new($script:Reserved, [System.StringComparer]::OrdinalIgnoreCase)
    foreach ($name in $Names) {
        if ($folded.Add($name)) { continue }
        $made = [System.Collections.Specialized.OrderedDictionary]::new()
        for ($i = 0; $i -lt $Names.Count; $i++) { $made[[string]$Names[$i]] = $Values[$i] }
        return $made
    }
    $made = [psobject]::new()
    for ($i = 0; $i -lt $Names.Count; $i++) {
        $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($Names[$i], $Values[$i]))
    }
    $made
}

function New-BridgeOddment {
    # An object of a model with members that it cannot have beside its own: those are in its PSBridge.More, and sent back.
    [CmdletBinding()]
    param([object[]] $Told)
    $made = $script:Reader.Make($Told[1])
    $more = [System.Collections.Specialized.OrderedDictionary]::new()
    for ($i = 2; $i -lt $Told.Count; $i += 2) { $more[[string]$Told[$i]] = $script:Reader.Read($Told[$i + 1]) }
    $made.PSObject.Members['PSBridge'].PSBase.Members.Add([System.Management.Automation.PSNoteProperty]::new('More', $more))
    $made
}

function New-BridgeHttpInfo {
    # A reply and what HTTP said of it: its headers by their names, which have no case.
    [CmdletBinding()]
    param([object[]] $Told)
    for ($i = 1; $i -lt $Told.Count; $i += 2) {
        if ($Told[$i] -ceq 'Headers') { $Told[$i + 1] = ConvertTo-BridgeHeader ($script:Reader.Read($Told[$i + 1])) }
    }
    $script:Reader.Fill($Told)
}

$script:Members = @{}  # the set of a model's members, by its name; filled as they are asked for

function Get-BridgeMember {
    # The names of a model's members.
    param([string] $Type)
    $names = $script:Members[$Type]
    if ($null -eq $names) {
        $names = [System.Collections.Generic.HashSet[string]]::new([string[]]$script:Models[$Type].Split(' '))
        $script:Members[$Type] = $names
    }
    , $names
}

function Get-BridgeOpen {
    # The members of an object, back from where objects are kept, that are unset; $null when it has none. $Type is the
    # model it was. Without one it is plain: JSON has no types and writes unset members as null, so an object with every
    # member of a model is a built one, and its nulls were unset. In any other object null is null.
    param([object] $Value, [string] $Type)
    $properties = $script:PropertiesOf.Invoke($Value)
    $blank = [System.Collections.Generic.HashSet[string]]::new()
    foreach ($property in $properties) {
        $member = $property.Value
        # An empty object is what CLIXML makes of a property that was left empty without being null.
        if ($null -eq $member -or ($Type -and $member -is [System.Management.Automation.PSCustomObject] -and
                -not @($member.PSObject.Properties).Count)) { [void]$blank.Add($property.Name) }
    }
    if (-not $blank.Count) { return $null }
    if ($Type) {
        if (-not $script:Models.ContainsKey($Type)) { return $null }
        $blank.IntersectWith((Get-BridgeMember $Type))
        $set = $Value.PSObject.Members['PSBridge']
        if ($null -ne $set) {
            foreach ($name in $Value.PSBridge.Set.Split(' ')) { [void]$blank.Remove($name) }
        }
        else {
            foreach ($name in @($blank)) { if ($null -eq $properties[$name].Value) { [void]$blank.Remove($name) } }
        }
        return , $blank
    }
    Select-BridgeOpen @($properties.Name) $blank
}

function Select-BridgeOpen {
    # Those of the names in $Blank that are unset in a plain object with the members $Names; $null when there are none.
    [CmdletBinding()]
    param([string[]] $Names, [System.Collections.Generic.HashSet[string]] $Blank)
    $all = [System.Collections.Generic.HashSet[string]]::new($Names)
    $most = $null
    foreach ($type in $script:Models.Keys) {
        $own = Get-BridgeMember $type
        # One member says too little of what an object is.
        if ($own.Count -gt 1 -and ($null -eq $most -or $own.Count -gt $most.Count) -and $own.IsSubsetOf($all)) { $most = $own }
    }
    if ($null -eq $most) { return $null }
    $Blank.IntersectWith($most)
    , $Blank
}
