# Types as the worker is told of them: the parameters of commands that are tools, and what -As asks for. The worker
# makes schemas of these shapes; what comes back is made an instance here.

# What the worker was told of types, as the JSON text that it then knows again.
$script:Told = [System.Runtime.CompilerServices.ConditionalWeakTable[object, object]]::new()

# Types without members of interest, as shapes.
$script:Shapes = @{}
foreach ($name in 'String', 'Char', 'Uri', 'Version', 'TimeSpan', 'Net.IPAddress', 'Net.Mail.MailAddress', 'Text.RegularExpressions.Regex',
    'Globalization.CultureInfo', 'IO.FileInfo', 'IO.DirectoryInfo') { $script:Shapes["System.$name"] = @{ kind = 'string' } }
foreach ($name in 'Byte', 'SByte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Numerics.BigInteger') {
    $script:Shapes["System.$name"] = @{ kind = 'integer' }
}
foreach ($name in 'Single', 'Double', 'Decimal') { $script:Shapes["System.$name"] = @{ kind = 'number' } }
foreach ($name in 'Boolean', 'Management.Automation.SwitchParameter') { $script:Shapes["System.$name"] = @{ kind = 'boolean' } }
foreach ($name in 'DateTime', 'DateTimeOffset') {
    $script:Shapes["System.$name"] = @{ kind = 'string'; limits = @{ format = 'date-time' } }
}
foreach ($name in 'Object', 'Management.Automation.PSObject') { $script:Shapes["System.$name"] = @{ kind = 'any' } }
foreach ($name in 'Hashtable', 'IDictionary', 'Specialized.OrderedDictionary') {
    $script:Shapes["System.Collections.$name"] = @{ kind = 'table' }
}
foreach ($name in 'Array', 'Collections.ArrayList', 'Collections.IList', 'Collections.ICollection', 'Collections.IEnumerable') {
    $script:Shapes["System.$name"] = @{ kind = 'array'; items = @{ kind = 'any' } }
}
$script:Shapes['System.Guid'] = @{ kind = 'string'; limits = @{ format = 'uuid' } }

function Get-BridgeShape {
    # What a type is; nothing, and a sentence in $Trouble, when no JSON stands for it.
    [CmdletBinding()]
    param([type] $Type, [string] $Place, [System.Collections.ArrayList] $Trouble, [type[]] $Around = @())
    $inner = [System.Nullable]::GetUnderlyingType($Type)
    if ($null -ne $inner) { return @{ kind = 'nullable'; of = Get-BridgeShape $inner $Place $Trouble $Around } }
    if ($Type.IsEnum) { return @{ kind = 'enum'; name = $Type.Name; values = [object[]][enum]::GetNames($Type) } }
    $shape = $script:Shapes[$Type.FullName]
    if ($null -ne $shape) { return $shape }
    $item = $null
    if ($Type.IsArray) { $item = $Type.GetElementType() }
    elseif ($Type.IsGenericType) {
        $given = $Type.GetGenericArguments()
        if ($given.Count -eq 2 -and $given[0] -eq [string] -and $Type.Name -like '*Dictionary`2') { return @{ kind = 'table' } }
        if ($given.Count -eq 1 -and [System.Collections.IEnumerable].IsAssignableFrom($Type)) { $item = $given[0] }
    }
    if ($null -ne $item) {
        $of = Get-BridgeShape $item "$Place[]" $Trouble $Around
        if ($null -eq $of) { return }
        return @{ kind = 'array'; items = $of }
    }
    # A class of a script's; those of .NET hold more than anybody means to say.
    if ($Type.IsClass -and -not $Type.IsAbstract -and $Type.Assembly.IsDynamic -and $null -ne $Type.GetConstructor([type[]]@())) {
        return Get-BridgeClass $Type $Place $Trouble $Around
    }
    [void]$Trouble.Add("'$Place' is of the type $($Type.FullName), for which there is no JSON")
}

function Get-BridgeClass {
    # A class with its members.
    [CmdletBinding()]
    param([type] $Type, [string] $Place, [System.Collections.ArrayList] $Trouble, [type[]] $Around)
    if ($Around -contains $Type) {
        [void]$Trouble.Add("'$Place' holds $($Type.Name) within $($Type.Name): a cycle has no end")
        return
    }
    $members = [System.Collections.ArrayList]::new()
    foreach ($property in $Type.GetProperties([System.Reflection.BindingFlags]'Instance, Public')) {
        if (-not $property.CanWrite -or $property.GetCustomAttributes([System.Management.Automation.HiddenAttribute], $true).Count) {
            continue
        }
        $before = $Trouble.Count
        $shape = Get-BridgeShape $property.PropertyType "$Place.$($property.Name)" $Trouble ($Around + $Type)
        if ($Trouble.Count -gt $before) { return }
        $attributes = $property.GetCustomAttributes($true)
        $help = $attributes | Where-Object { $_ -is [System.ComponentModel.DescriptionAttribute] } | Select-Object -First 1
        [void]$members.Add(@{
                name = $property.Name; shape = $shape; limits = Get-BridgeLimit $attributes $shape
                nullable = -not ($attributes | Where-Object {
                        $_ -is [System.Management.Automation.ValidateNotNullAttribute] -or
                        $_ -is [System.Management.Automation.ValidateNotNullOrEmptyAttribute]
                    })
                help = if ($help) { $help.Description } else { '' }
            })
    }
    @{ kind = 'class'; name = $Type.Name; members = $members.ToArray() }
}

function Get-BridgeLimit {
    # What validation attributes say, in the words of JSON schema. What a script block checks is left to the binder.
    [CmdletBinding()]
    param([object[]] $Attributes, [System.Collections.IDictionary] $Shape)
    $limits = [ordered]@{}
    $of = $Shape
    while ($of.kind -in 'array', 'nullable') { $of = if ($of.kind -eq 'array') { $of.items } else { $of.of } }
    $list = $Shape.kind -eq 'array'
    foreach ($attribute in $Attributes) {
        switch ($attribute.GetType().Name) {
            'ValidateSetAttribute' {
                $limits['enum'] = [object[]]@(foreach ($value in $attribute.ValidValues) {
                        if ($of.kind -eq 'integer') { [long]$value } elseif ($of.kind -eq 'number') { [double]$value } else { $value }
                    })
            }
            'ValidateRangeAttribute' {
                if ($null -ne $attribute.MinRange) {
                    $limits['minimum'] = $attribute.MinRange
                    $limits['maximum'] = $attribute.MaxRange
                    continue
                }
                $visible = [System.Reflection.BindingFlags]'Instance, NonPublic, Public'
                $kind = "$($attribute.GetType().GetProperty('RangeKind', $visible).GetValue($attribute))"
                $named = @{
                    Positive = 'exclusiveMinimum'; NonNegative = 'minimum'; Negative = 'exclusiveMaximum'; NonPositive = 'maximum'
                }
                $limits[$named[$kind]] = 0
            }
            'ValidateLengthAttribute' {
                $limits['minLength'] = $attribute.MinLength
                $limits['maxLength'] = $attribute.MaxLength
            }
            'ValidateCountAttribute' {
                $limits['minItems'] = $attribute.MinLength
                $limits['maxItems'] = $attribute.MaxLength
            }
            'ValidatePatternAttribute' { $limits['pattern'] = $attribute.RegexPattern }
            'ValidateNotNullOrEmptyAttribute' {
                if ($list) { $limits['minItems'] = 1 } elseif ($of.kind -eq 'string' -and -not $limits.Contains('minLength')) {
                    $limits['minLength'] = 1
                }
            }
        }
    }
    $limits
}

function Set-BridgeAnswerType {
    # -As: a class, an enum or an array of them as the worker is told of it; what comes back is made one.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Own)
    $type = $Own['As']
    if ($type -is [string] -and $type -in 'Hashtable', 'dict') { $type = [hashtable] }
    if ($type -isnot [type]) {
        $why = "invalid value for 'As', must be a type such as ([Ticket]), or Hashtable."
        $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $type
        $Call.Cmdlet.ThrowTerminatingError($record)
    }
    $Call.As = $type
    $Call.ParsedOnly = $Own.ContainsKey('ParsedOnly') -and $Own['ParsedOnly']
    if ($type -eq [hashtable]) {
        $Own['As'] = 'Hashtable'
        return
    }
    $shape = $null
    if (-not $script:Told.TryGetValue($type, [ref]$shape)) {
        $trouble = [System.Collections.ArrayList]::new()
        $shape = Get-BridgeShape $type $type.Name $trouble
        if ($trouble.Count) {
            $record = New-BridgeRecord "invalid value for 'As', $($trouble -join '; ')." 'PSBridge.InvalidValue' 'InvalidArgument' $type
            $Call.Cmdlet.ThrowTerminatingError($record)
        }
        $shape = ConvertTo-BridgeText $shape
        $script:Told.Add($type, $shape)
    }
    $Own['As'] = [pscustomobject]@{ PSTypeName = 'PSBridge.Mark'; '$psbridge' = 'type'; name = $type.Name; shape = $shape }
}

function ConvertTo-BridgeText {
    # A shape, or what is said of a command, as JSON text.
    [CmdletBinding()]
    param([object] $Value)
    $writer = $script:Writer::new()
    $writer.Add($Value, 'told')
    $writer.Text.ToString()
}

function ConvertTo-BridgeAnswer {
    # What a call with -As gives: an instance where the parsed value stands.
    [CmdletBinding()]
    param([hashtable] $Call, [object] $Value)
    if ($null -eq $Value) { return }
    if ($Call.ParsedOnly) { return , (ConvertTo-BridgeInstance $Call.As $Value) }
    $reply = $Value
    if ($reply -is [System.Management.Automation.PSCustomObject] -and $reply.PSObject.Properties['Reply']) { $reply = $reply.Reply }
    if ($reply -is [System.Management.Automation.PSCustomObject]) {
        $parsed = $reply.PSObject.Properties['Parsed']
        if ($null -ne $parsed) { $parsed.Value = ConvertTo-BridgeInstance $Call.As $parsed.Value }
    }
    , $Value
}

function ConvertTo-BridgeInstance {
    # An instance of a class, of what a service answered.
    [CmdletBinding()]
    param([type] $Type, [object] $Value)
    $table = ConvertTo-BridgeTable $Value
    , [System.Management.Automation.LanguagePrimitives]::ConvertTo($table, $Type, $script:Invariant)
}

function ConvertTo-BridgeTable {
    # Objects of JSON as hashtables, however deep.
    param([object] $Value)
    if ($Value -is [array]) { return , [object[]]@(foreach ($one in $Value) { , (ConvertTo-BridgeTable $one) }) }
    if ($Value -is [System.Collections.IDictionary]) {
        $table = [hashtable]::new()  # keys that differ in case stay two
        foreach ($key in $Value.Keys) { $table[$key] = ConvertTo-BridgeTable $Value[$key] }
        return $table
    }
    if ($Value -isnot [System.Management.Automation.PSCustomObject]) { return $Value }
    $table = @{}
    foreach ($property in $Value.PSObject.Properties) { $table[$property.Name] = ConvertTo-BridgeTable $property.Value }
    $table
}
