# PowerShell values as JSON text, and back. ConvertTo-Json loses too much: integer keys, keys that differ in
# case, decorated strings, depth, what was never set.
#
# The writer is a class because a method of one costs a fifth of a function's call, and a request makes many.

$script:Invariant = [System.Globalization.CultureInfo]::InvariantCulture
$script:HalfPair = [regex]::new('[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]')
$script:Control = [regex]::new('[\x00-\x1f]')
# Settings that may be given as a SecureString; its text crosses the pipe and nothing else.
$script:Secret = [System.Collections.Generic.HashSet[string]]::new(
    [string[]]('AccessToken', 'Password', 'ApiKey', 'KeyPassPhrase', 'Cookie'), [System.StringComparer]::OrdinalIgnoreCase)
# What can be enumerated and is no list: a document.
$script:NoItems = [regex]::new('^(System\.Text\.Json|Newtonsoft\.Json\.Linq|System\.Xml)\.')
# What jobs and remoting add to every object.
$script:Remoted = [System.Collections.Generic.HashSet[string]]::new(
    [string[]]('PSComputerName', 'RunspaceId', 'PSShowComputerName', 'PSSourceJobInstanceId'))

class PSBridgeWriter {
    # Writes values one after the other into Text. What cannot be sent is said in Refusal, and nothing more is written:
    # it is not thrown, because what is thrown and caught on the way also lands in the caller's -ErrorVariable.
    [System.Text.StringBuilder] $Text = [System.Text.StringBuilder]::new(256)
    [string] $Refusal = ''
    # Whether objects of a model are written as the JSON that they stand for: for a file of rows, which knows no names.
    [bool] $Bare = $false
    hidden [System.Collections.Generic.List[object]] $Around = [System.Collections.Generic.List[object]]::new()

    [void] AddCall([string] $name, [System.Collections.IDictionary] $bound, [string] $more) {
        # The params of an invoke request. Only what was bound goes in; an Unset argument is named as left open.
        [void]$this.Text.Append('{"name":"').Append($name).Append('","parameters":{')
        $separator = '"'
        $open = ''
        foreach ($key in $bound.Keys) {
            if ($script:Common.Contains($key)) { continue }
            $value = $bound[$key]
            if (($value -is [System.Management.Automation.PSCustomObject] -or $value -is [array]) -and (Test-BridgeUnset $value)) {
                $open += ',"' + $key + '"'
                continue
            }
            [void]$this.Text.Append($separator).Append($key).Append('":')
            $this.Add($value, $key)
            if ($this.Refusal) { return }
            $separator = ',"'
        }
        [void]$this.Text.Append('}')
        if ($open) { [void]$this.Text.Append(',"left_open":[').Append($open.Substring(1)).Append(']') }
        [void]$this.Text.Append($more).Append('}')
    }

    [void] Add([object] $value, [string] $name) {
        if ($null -eq $value) {
            [void]$this.Text.Append('null')
            return
        }
        if ($value -is [string]) {
            $this.AddText($value, $name)
            return
        }
        if ($value -is [bool]) {
            if ($value) { [void]$this.Text.Append('true') } else { [void]$this.Text.Append('false') }
            return
        }
        if ($value -is [int] -or $value -is [long]) {
            [void]$this.Text.Append($value.ToString($script:Invariant))
            return
        }
        if ($value -is [System.Management.Automation.PSCustomObject]) { $this.AddObject($value, $name) }
        elseif ($value -is [array]) { $this.AddItems($value, $name) }
        elseif ($value -is [System.Collections.IDictionary]) { $this.AddDictionary($value, $name) }
        elseif ($value -is [System.Collections.IEnumerable] -and -not $script:NoItems.IsMatch($value.GetType().FullName)) {
            $this.AddItems($value, $name)
        }
        else { $this.AddOther($value, $name) }
    }

    [void] AddText([string] $plain, [string] $name) {
        if ($script:NeedsEscape.IsMatch($plain)) {
            if ($script:HalfPair.IsMatch($plain)) {
                $this.Refusal = "Cannot send '$name': its text has half a surrogate pair, which is no character."
                return
            }
            $plain = $plain.Replace('\', '\\').Replace('"', '\"').Replace("`r", '\r').Replace("`n", '\n').Replace("`t", '\t')
            if ($script:Control.IsMatch($plain)) {
                foreach ($code in 0..31) {
                    $plain = $plain.Replace([string][char]$code, '\u{0:x4}' -f $code)
                }
            }
        }
        [void]$this.Text.Append('"').Append($plain).Append('"')
    }

    [void] AddObject([object] $value, [string] $name) {
        $kind = $script:TypeNamesOf.Invoke($value)[0]
        # Back from a file, a job or another machine it is what it was.
        $kept = $kind.StartsWith('Deserialized.', [System.StringComparison]::Ordinal)
        if ($kept) { $kind = $kind.Substring(13) }
        if ($kind -eq 'PSBridge.Unset') {
            [void]$this.Text.Append('{"$psbridge":"unset"}')
            return
        }
        if ($kind -like '*PSBridge.ChatConnection') {
            # By its id; what it holds is not here.
            [void]$this.Text.Append('{"$psbridge":"model","type":"ChatConnection","set":{"Id":')
            $this.AddText([string]$value.Id, $name)
            [void]$this.Text.Append('}}')
            return
        }
        $stand = $script:StandsFor[$kind]
        if ($null -ne $stand -and $name -like "*$($stand[0])") {
            $value = & $stand[1] $value
            $kind = $script:TypeNamesOf.Invoke($value)[0]
        }
        # An object of a model is sent by its name: what an Unset object left open in it stays open.
        $named = $kind.StartsWith('PSBridge.', [System.StringComparison]::Ordinal) -and $script:Models.ContainsKey($kind.Substring(9))
        $wrapped = $named -and -not $this.Bare
        if ($wrapped) { [void]$this.Text.Append('{"$psbridge":"model","type":"').Append($kind.Substring(9)).Append('","set":') }
        if (-not $this.Enter($value, $name)) { return }
        $shown = if ($kept) { $script:Shown[$kind] }
        $open = $null
        if (-not $named) { $open = Get-BridgeOpen $value '' }
        elseif ($kept) { $open = Get-BridgeOpen $value $kind.Substring(9) }
        $properties = $script:PropertiesOf.Invoke($value)
        $marks = $this.Begin($kind -cne 'PSBridge.Mark' -and $null -ne $properties['$psbridge'])
        $separator = ''
        foreach ($property in $properties) {
            if (-not $property.IsInstance -or
                ($property -isnot [System.Management.Automation.PSNoteProperty] -and (Test-BridgeUnsetMember $property))) { continue }
            $member = $property.Value
            # What a script's own pipeline without output left is no null that was given.
            if ($null -eq $member -and $member -is [psobject]) { continue }
            if ($null -ne $open -and $open.Contains($property.Name)) { continue }
            # What jobs and views have added is none of its own.
            if ($kept -and $script:Remoted.Contains($property.Name)) { continue }
            if ($null -ne $shown -and @($shown.Keys) -ccontains $property.Name) { continue }
            if ($this.Bare -and $member -is [psobject] -and $member.PSObject.TypeNames[0] -eq 'PSBridge.Unset') { continue }
            [void]$this.Text.Append($separator)
            $this.AddText($property.Name, $name)
            [void]$this.Text.Append($marks[0])
            $this.Add($member, "$name.$($property.Name)")
            if ($this.Refusal) { return }
            $separator = ','
        }
        if ($named) {
            $more = $script:MembersOf.Invoke($value)['PSBridge']
            if ($null -ne $more) { $more = $more.PSBase.Members['More'] }
            if ($null -ne $more) {
                foreach ($entry in $more.Value.GetEnumerator()) {
                    if (-not $this.AddMember($entry.Key, $marks[0], $entry.Value, $name)) { return }
                }
            }
        }
        [void]$this.Text.Append($marks[1])
        if ($wrapped) { [void]$this.Text.Append('}') }
        $this.Leave()
    }

    [string[]] Begin([bool] $marked) {
        # The beginning of an object; what stands between a name and a value of it, and at its end. Data with a member of
        # the markers' own name is a list, so that it is taken for no marker.
        if ($marked) {
            [void]$this.Text.Append('{"$psbridge":"plain","members":[')
            return @(',', ']}')
        }
        [void]$this.Text.Append('{')
        return @(':', '}')
    }

    [bool] AddMember([string] $key, [string] $mark, [object] $value, [string] $name) {
        # One more member of the object that was begun; $false when it cannot be sent. For the rarer ones: those of objects
        # and dictionaries are written where they are gone through, since a call for each takes a sixth of the writing.
        $last = $this.Text[$this.Text.Length - 1]
        if ($last -ne '{' -and $last -ne '[') { [void]$this.Text.Append(',') }
        $this.AddText($key, $name)
        [void]$this.Text.Append($mark)
        $this.Add($value, "$name.$key")
        return -not $this.Refusal
    }

    [void] AddDictionary([System.Collections.IDictionary] $value, [string] $name) {
        if (-not $this.Enter($value, $name)) { return }
        $marks = $this.Begin($value.PSBase.Keys -ccontains '$psbridge')
        $open = $null
        # What ConvertFrom-Json -AsHashtable reads, and nothing else makes: plain JSON, as an object is.
        if ($value.GetType().Name -eq 'OrderedHashtable') {
            $names = @($value.PSBase.Keys)
            $open = Select-BridgeOpen $names ([string[]]@($names | Where-Object { $null -eq $value[$_] }))
        }
        $seen = $null  # the keys as they are written, where one is no text and may be written as another
        $separator = ''
        foreach ($entry in $value.GetEnumerator()) {
            $key = $entry.Key
            if ($key -is [string]) { $key = [string]$key }
            else {
                $key = $this.KeyText($key, $name)
                if ($null -eq $seen) {
                    $texts = [string[]]@(foreach ($one in $value.PSBase.Keys) { if ($one -is [string]) { $one } })
                    $seen = [System.Collections.Generic.HashSet[string]]::new($texts)
                }
                if (-not $this.Refusal -and -not $seen.Add($key)) {
                    $this.Refusal = "Cannot send '$name': two of its keys are written '$key'."
                }
                if ($this.Refusal) { return }
            }
            $member = $entry.Value
            if ($null -eq $member -and $member -is [psobject]) { continue }
            if ($null -ne $open -and $open.Contains($key)) { continue }
            [void]$this.Text.Append($separator)
            $this.AddText($key, $name)
            [void]$this.Text.Append($marks[0])
            $this.Add($member, "$name.$key")
            if ($this.Refusal) { return }
            $separator = ','
        }
        [void]$this.Text.Append($marks[1])
        $this.Leave()
    }

    [void] AddItems([System.Collections.IEnumerable] $value, [string] $name) {
        if (-not $this.Enter($value, $name)) { return }
        [void]$this.Text.Append('[')
        $separator = ''
        $at = 0
        foreach ($item in $value) {
            [void]$this.Text.Append($separator)
            $this.Add($item, $name)
            if ($this.Refusal) {
                $this.Refusal = $this.Refusal.Replace("'$name", "'$name[$at]")
                return
            }
            $separator = ','
            $at++
        }
        [void]$this.Text.Append(']')
        $this.Leave()
    }

    [void] AddOther([object] $value, [string] $name) {
        # The rarer values: numbers that are not integers, dates, secrets, and what has no JSON form.
        if ($value -is [double] -or $value -is [float]) {
            if ([double]::IsNaN($value) -or [double]::IsInfinity($value)) {
                $this.Refusal = "Cannot send '$name': $value is not a number that JSON can carry."
                return
            }
            [void]$this.Text.Append($value.ToString('R', $script:Invariant))
        }
        elseif ($value -is [enum] -or $value -is [char] -or $value -is [guid] -or $value -is [version] -or $value -is [timespan]) {
            $this.AddText($value.ToString(), $name)
        }
        elseif ($value -is [decimal] -or $value -is [byte] -or $value -is [sbyte] -or $value -is [int16] -or
            $value -is [uint16] -or $value -is [uint32] -or $value -is [uint64] -or $value -is [bigint]) {
            [void]$this.Text.Append($value.ToString($script:Invariant))
        }
        elseif ($value -is [uri]) {
            $this.AddText($value.OriginalString, $name)
        }
        elseif ($value -is [System.Management.Automation.SwitchParameter]) {
            $this.Add($value.IsPresent, $name)
        }
        elseif ($value -is [datetime]) {
            $this.AddText($value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", $script:Invariant), $name)
        }
        elseif ($value -is [System.DateTimeOffset]) {
            $this.AddText($value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", $script:Invariant), $name)
        }
        elseif ($value -is [securestring]) {
            if (-not $script:Secret.Contains($name.Split('.')[0])) {
                $this.Refusal = "Cannot send '$name': a SecureString is taken for secrets only, such as Set-Configuration -AccessToken."
                return
            }
            [void]$this.Text.Append('{"$psbridge":"secure","value":')
            $this.AddText((Get-BridgeText $value), $name)
            [void]$this.Text.Append('}')
        }
        elseif ($value -is [scriptblock] -and $name -eq 'AccessToken') {
            [void]$this.Text.Append('{"$psbridge":"asked","value":').Append((Get-BridgeBlockNumber $value)).Append('}')
        }
        elseif ($value -is [pscredential] -and $script:Secret.Contains($name.Split('.')[0])) { $this.AddOther($value.Password, $name) }
        elseif ($value -is [System.IO.FileInfo] -and $script:Requests.ContainsValue($name)) {
            # A file that was piped: the worker reads it.
            [void]$this.Text.Append('{"$psbridge":"file","value":')
            $this.AddText($value.FullName, $name)
            [void]$this.Text.Append('}')
        }
        elseif ($value.GetType() -eq [object]) { [void]$this.Text.Append('{}') }
        elseif ($value -is [System.Net.IWebProxy] -and $value.GetType().FullName -like 'System.Net.*') {
            $this.Add((Get-BridgeProxy $value), $name)
        }
        elseif ($value -is [System.DBNull] -or $value -is [System.Management.Automation.Language.NullString]) {
            [void]$this.Text.Append('null')
        }
        elseif ($script:NoItems.IsMatch($value.GetType().FullName) -and $value -isnot [System.Xml.XmlNode]) {
            $this.Add((ConvertFrom-BridgeText (Get-BridgeDocument $value)), $name)
        }
        elseif (Test-BridgeOwn $value) { $this.AddInstance($value, $name) }
        else {
            $hint = ''
            if ($value -is [System.IO.FileSystemInfo]) { $hint = "; for the file's text use Get-Content -Raw, for its path .FullName" }
            $this.Refusal = "Cannot send '$name': a $($value.GetType().FullName) has no JSON form$hint."
        }
    }

    [void] AddInstance([object] $value, [string] $name) {
        # An object of a script's own class, or a row of a database: its properties, as ConvertTo-Json takes them.
        if (-not $this.Enter($value, $name)) { return }
        $marks = $this.Begin($false)
        $properties = $value.PSObject.Properties
        $columns = if ($value.GetType().FullName -eq 'System.Data.DataRow') { @($value.Table.Columns.ColumnName) }
        foreach ($property in $properties) {
            if ($null -ne $columns -and $columns -notcontains $property.Name) { continue }
            $member = $null
            try { $member = $property.Value }
            catch { Write-Debug $_.Exception.Message }
            if (-not $this.AddMember($property.Name, $marks[0], $member, $name)) { return }
        }
        [void]$this.Text.Append($marks[1])
        $this.Leave()
    }

    [string] KeyText([object] $key, [string] $name) {
        # A key that is no string: numbers, enums and dates have one spelling; what else a hashtable takes has none.
        if ($key -is [bool]) { return $key.ToString().ToLowerInvariant() }
        if ($key -is [enum] -or $key -is [guid] -or $key -is [uri] -or $key -is [char]) { return $key.ToString() }
        if ($key -is [System.IConvertible] -and $key -isnot [datetime]) { return $key.ToString($script:Invariant) }
        $this.Refusal = "Cannot send '$name': a key of type $($key.GetType().FullName) has no JSON form; use a string."
        return ''
    }

    [bool] Enter([object] $value, [string] $name) {
        # Into a container; $false when it is nested too deep, as one that holds itself is.
        if ($this.Around.Count -ge 120) {
            $outermost = $name.Split('.')[0]
            $this.Refusal = "Cannot send '$outermost': it is nested more than 120 deep."
            foreach ($outer in $this.Around) {
                if ([object]::ReferenceEquals($outer, $value)) { $this.Refusal = "Cannot send '$outermost': it contains itself." }
            }
            return $false
        }
        $this.Around.Add($value)
        return $true
    }

    [void] Leave() {
        $this.Around.RemoveAt($this.Around.Count - 1)
    }
}

$script:Writer = [PSBridgeWriter]  # for other files, which do not know the class by its name

function Test-BridgeUnsetMember {
    # Whether a property is one that Get-BridgeUnset made, in whichever runspace.
    param([System.Management.Automation.PSPropertyInfo] $Property)
    if ($Property -is [System.Management.Automation.PSCodeProperty]) { return $Property.GetterCodeReference.Name -ceq 'Unset' }
    $Property -is [System.Management.Automation.PSScriptProperty] -and "$($Property.GetterScript)" -ceq '$null'
}

function Test-BridgeOwn {
    # Whether a value is of a class that a script made, by PowerShell or by Add-Type, or a row of a database. What other
    # .NET objects are is more than their properties.
    [CmdletBinding()]
    param([object] $Value)
    $assembly = $Value.GetType().Assembly
    $assembly.IsDynamic -or $assembly.Location -eq '' -or $Value.GetType().FullName -eq 'System.Data.DataRow'
}

function Get-BridgeDocument {
    # The text of a value of one of the .NET readers of JSON.
    [CmdletBinding()]
    param([object] $Value)
    if ($Value.GetType().FullName.StartsWith('Newtonsoft.', [System.StringComparison]::Ordinal)) {
        return [Newtonsoft.Json.JsonConvert]::SerializeObject($Value)
    }
    if ($Value.GetType().Name -eq 'JsonDocument') { return $Value.RootElement.GetRawText() }
    if ($Value.GetType().Name -eq 'JsonElement') { return $Value.GetRawText() }
    $Value.ToJsonString()
}

function ConvertFrom-BridgeText {
    # A line that the fast reader may not read, or cannot: keys that differ in case, an empty key, more text or depth.
    [CmdletBinding()]
    param([string] $Line)
    try {
        if ($script:LooksDated.IsMatch($Line)) {
            if ($PSVersionTable.PSVersion -ge [version]'7.5') { return ConvertFrom-Json -InputObject $Line -DateKind String -Depth 1000 }
        }
        elseif ($null -eq $script:FastReader) { return ConvertFrom-Json -InputObject $Line }
    }
    catch { Write-Debug "ConvertFrom-Json could not read the worker's line: $($_.Exception.Message)" }
    # By the reader that every .NET carries: no dates made of strings, no size limit, keys as they are.
    $null = [System.Reflection.Assembly]::Load(
        'System.Runtime.Serialization, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089')
    $reader = [System.Runtime.Serialization.Json.JsonReaderWriterFactory]::CreateJsonReader(
        $script:Utf8.GetBytes($Line), [System.Xml.XmlDictionaryReaderQuotas]::Max)
    try {
        [void]$reader.Read()
        $box = [System.Collections.ArrayList]::new()
        Read-BridgeNode $reader $box
        , $box[0]
    }
    finally {
        $reader.Dispose()
    }
}

function Read-BridgeNode {
    # Reads the element the reader stands on, adds its value to $Box, and leaves the reader behind it.
    param([System.Xml.XmlDictionaryReader] $Reader, [System.Collections.ArrayList] $Box)
    $kind = $Reader.GetAttribute('type')
    if ($kind -eq 'object' -or $kind -eq 'array') {
        $names = [System.Collections.ArrayList]::new()
        $values = [System.Collections.ArrayList]::new()
        $empty = $Reader.IsEmptyElement
        [void]$Reader.Read()
        if (-not $empty) {
            while ($Reader.NodeType -eq 'Element') {
                $key = $Reader.GetAttribute('item')
                if ($null -eq $key) { $key = $Reader.LocalName }
                [void]$names.Add($key)
                Read-BridgeNode $Reader $values
            }
            [void]$Reader.Read()
        }
        if ($kind -eq 'array') {
            [void]$Box.Add($values.ToArray())
            return
        }
        $made = New-BridgeData $names $values
        [void]$Box.Add($made)
        return
    }
    $content = $Reader.ReadElementContentAsString()
    if ($kind -eq 'string') { [void]$Box.Add($content) }
    elseif ($kind -eq 'boolean') { [void]$Box.Add($content -eq 'true') }
    elseif ($kind -eq 'null') { [void]$Box.Add($null) }
    else {
        $whole = [long]0
        if ([long]::TryParse($content, [System.Globalization.NumberStyles]::AllowLeadingSign, $script:Invariant, [ref]$whole)) {
            [void]$Box.Add($whole)
        }
        elseif ($content -match '^-?\d+$') { [void]$Box.Add([bigint]::Parse($content, $script:Invariant)) }
        else { [void]$Box.Add([double]::Parse($content, $script:Invariant)) }
    }
}
