# PowerShell values as JSON text, and back. ConvertTo-Json loses too much: integer keys, keys that differ in
# case, decorated strings, depth, what was never set.

function Add-BridgeJson {
    # Appends one value. $Trail holds the containers around it; a value that holds itself is found by it.
    param($Text, $Value, $Trail, $Name)
    if ($null -eq $Value) {
        [void]$Text.Append('null')
        return
    }
    if ($Value -is [string]) {
        $plain = [string]$Value
        if ($script:NeedsEscape.IsMatch($plain)) {
            if ($script:HalfPair.IsMatch($plain)) {
                Set-BridgeRefusal "Cannot send '$Name': its text has half a surrogate pair, which is no character."
                return
            }
            $plain = $plain.Replace('\', '\\').Replace('"', '\"').Replace("`r", '\r').Replace("`n", '\n').Replace("`t", '\t')
            if ($script:Control.IsMatch($plain)) {
                foreach ($code in 0..31) {
                    $plain = $plain.Replace([string][char]$code, '\u{0:x4}' -f $code)
                }
            }
        }
        [void]$Text.Append('"').Append($plain).Append('"')
        return
    }
    if ($Value -is [bool]) {
        if ($Value) { [void]$Text.Append('true') } else { [void]$Text.Append('false') }
        return
    }
    if ($Value -is [int] -or $Value -is [long]) {
        [void]$Text.Append($Value.ToString($script:Invariant))
        return
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $kind = $Value.PSObject.TypeNames[0]
        if ($kind -eq 'PSBridge.Unset') {
            [void]$Text.Append('{"$psbridge":"unset"}')
            return
        }
        if ($Name -like '*messages' -and $kind -in 'PSBridge.CreateChatCompletionResponse', 'PSBridge.ChatCompletionResponseMessage') {
            $Value = ConvertTo-BridgeTurn $Value
            $kind = ''
        }
        # An object of a model is sent by its name: what an Unset object left open in it stays open.
        $named = $kind.StartsWith('PSBridge.', [System.StringComparison]::Ordinal) -and $script:Models.ContainsKey($kind.Substring(9))
        if ($named) { [void]$Text.Append('{"$psbridge":"model","type":"').Append($kind.Substring(9)).Append('","set":') }
        Push-BridgeTrail $Trail $Value $Name
        if ($null -ne $script:Refusal) { return }
        [void]$Text.Append('{')
        $separator = ''
        foreach ($property in $Value.PSObject.Properties) {
            $member = $property.Value
            # A member that was never set holds AutomationNull: null to scripts, and told apart here.
            if (-not $property.IsInstance -or ($null -eq $member -and $member -is [psobject])) { continue }
            [void]$Text.Append($separator)
            Add-BridgeJson $Text $property.Name $Trail $Name
            [void]$Text.Append(':')
            Add-BridgeJson $Text $member $Trail "$Name.$($property.Name)"
            if ($null -ne $script:Refusal) { return }
            $separator = ','
        }
        [void]$Text.Append('}')
        if ($named) { [void]$Text.Append('}') }
        $Trail.RemoveAt($Trail.Count - 1)
        return
    }
    if ($Value -is [System.Collections.IDictionary]) {
        Push-BridgeTrail $Trail $Value $Name
        if ($null -ne $script:Refusal) { return }
        [void]$Text.Append('{')
        $seen = New-Object 'System.Collections.Generic.HashSet[string]'
        $separator = ''
        foreach ($entry in $Value.GetEnumerator()) {
            $key = Get-BridgeKey $entry.Key $Name
            if ($null -ne $script:Refusal) { return }
            if (-not $seen.Add($key)) {
                Set-BridgeRefusal "Cannot send '$Name': two of its keys are written '$key'."
                return
            }
            $member = $entry.Value
            if ($null -eq $member -and $member -is [psobject]) { continue }
            [void]$Text.Append($separator)
            Add-BridgeJson $Text $key $Trail $Name
            [void]$Text.Append(':')
            Add-BridgeJson $Text $member $Trail "$Name.$key"
            if ($null -ne $script:Refusal) { return }
            $separator = ','
        }
        [void]$Text.Append('}')
        $Trail.RemoveAt($Trail.Count - 1)
        return
    }
    Add-BridgeOther $Text $Value $Trail $Name
}

function Set-BridgeRefusal {
    # Says why a value cannot be sent. Not thrown: every function that an exception passes would put it into the
    # caller's -ErrorVariable once more.
    param($Sentence)
    $script:Refusal = $Sentence
}

function Push-BridgeTrail {
    param($Trail, $Value, $Name)
    if ($Trail.Count -ge 120) {
        $base = @($Trail)
        foreach ($outer in $base) {
            if ([object]::ReferenceEquals($outer, $Value)) {
                Set-BridgeRefusal "Cannot send '$($Name.Split('.')[0])': it contains itself."
                return
            }
        }
        Set-BridgeRefusal "Cannot send '$($Name.Split('.')[0])': it is nested more than 120 deep."
        return
    }
    [void]$Trail.Add($Value)
}

function Get-BridgeKey {
    # A key as text: numbers, enums and dates have one spelling; what else a hashtable takes has none.
    param($Key, $Name)
    if ($Key -is [string]) { return [string]$Key }
    if ($Key -is [bool]) { return $Key.ToString().ToLowerInvariant() }
    if ($Key -is [enum] -or $Key -is [guid] -or $Key -is [uri] -or $Key -is [char]) { return $Key.ToString() }
    if ($Key -is [System.IConvertible] -and $Key -isnot [datetime]) { return $Key.ToString($script:Invariant) }
    Set-BridgeRefusal "Cannot send '$Name': a key of type $($Key.GetType().FullName) has no JSON form; use a string."
}

function Add-BridgeOther {
    # The rarer values: numbers that are not integers, dates, secrets, arrays and what has no JSON form.
    param($Text, $Value, $Trail, $Name)
    if ($Value -is [double] -or $Value -is [float]) {
        if ([double]::IsNaN($Value) -or [double]::IsInfinity($Value)) {
            Set-BridgeRefusal "Cannot send '$Name': $Value is not a number that JSON can carry."
            return
        }
        [void]$Text.Append($Value.ToString('R', $script:Invariant))
    }
    elseif ($Value -is [decimal] -or $Value -is [byte] -or $Value -is [sbyte] -or $Value -is [int16] -or
        $Value -is [uint16] -or $Value -is [uint32] -or $Value -is [uint64] -or $Value -is [bigint]) {
        if ($Value -is [enum]) { Add-BridgeJson $Text $Value.ToString() $Trail $Name }
        else { [void]$Text.Append($Value.ToString($script:Invariant)) }
    }
    elseif ($Value -is [enum] -or $Value -is [char] -or $Value -is [guid] -or $Value -is [version] -or $Value -is [timespan]) {
        Add-BridgeJson $Text $Value.ToString() $Trail $Name
    }
    elseif ($Value -is [uri]) {
        Add-BridgeJson $Text $Value.OriginalString $Trail $Name
    }
    elseif ($Value -is [System.Management.Automation.SwitchParameter]) {
        Add-BridgeJson $Text $Value.IsPresent $Trail $Name
    }
    elseif ($Value -is [datetime]) {
        Add-BridgeJson $Text $Value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", $script:Invariant) $Trail $Name
    }
    elseif ($Value -is [System.DateTimeOffset]) {
        Add-BridgeJson $Text $Value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", $script:Invariant) $Trail $Name
    }
    elseif ($Value -is [securestring]) {
        if (-not $script:Secret.Contains($Name.Split('.')[0])) {
            Set-BridgeRefusal "Cannot send '$Name': a SecureString is taken for secrets only, such as Set-Configuration -AccessToken."
            return
        }
        [void]$Text.Append('{"$psbridge":"secure","value":')
        Add-BridgeJson $Text (New-Object System.Net.NetworkCredential '', $Value).Password $Trail $Name
        [void]$Text.Append('}')
    }
    elseif ($Value -is [System.Collections.IEnumerable] -and $Value -isnot [System.Xml.XmlNode]) {
        Push-BridgeTrail $Trail $Value $Name
        if ($null -ne $script:Refusal) { return }
        [void]$Text.Append('[')
        $separator = ''
        foreach ($item in $Value) {
            [void]$Text.Append($separator)
            Add-BridgeJson $Text $item $Trail $Name
            if ($null -ne $script:Refusal) { return }
            $separator = ','
        }
        [void]$Text.Append(']')
        $Trail.RemoveAt($Trail.Count - 1)
    }
    elseif ($Value.GetType() -eq [object] -or $Value.GetType().Name -eq 'WebProxy') {
        if ($Value.GetType() -eq [object]) { [void]$Text.Append('{}') }
        else { Add-BridgeJson $Text $Value.Address.OriginalString $Trail $Name }
    }
    else {
        $hint = ''
        if ($Value -is [System.IO.FileSystemInfo]) { $hint = "; for the file's text use Get-Content -Raw, for its path .FullName" }
        Set-BridgeRefusal "Cannot send '$Name': a $($Value.GetType().FullName) has no JSON form$hint."
    }
}

function ConvertFrom-BridgeLine {
    # One line of the worker as objects. Fast where ConvertFrom-Json keeps every value, exact elsewhere.
    param($Line)
    try {
        if (-not $script:LooksDated.IsMatch($Line)) {
            if (-not $script:HasFastReader) { return ConvertFrom-Json -InputObject $Line }
            $trouble = $null
            $message = [Microsoft.PowerShell.Commands.JsonObject]::ConvertFromJson($Line, [ref]$trouble)
            if ($null -eq $trouble) { return $message }
        }
        elseif ($script:HasDateKind) { return ConvertFrom-Json -InputObject $Line -DateKind String -Depth 1000 }
    }
    catch {
        # Keys that differ in case, an empty key, more text or depth than it takes: the exact reader has none of these limits.
        Write-Debug "ConvertFrom-Json could not read the worker's line: $($_.Exception.Message)"
    }
    ConvertFrom-BridgeText $Line
}

function ConvertFrom-BridgeText {
    # JSON by the reader that every .NET carries: no dates made of strings, no size limit, keys as they are.
    param([string] $Line)
    $null = [System.Reflection.Assembly]::Load('System.Runtime.Serialization, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089')
    $reader = [System.Runtime.Serialization.Json.JsonReaderWriterFactory]::CreateJsonReader(
        $script:Utf8.GetBytes($Line), [System.Xml.XmlDictionaryReaderQuotas]::Max)
    try {
        [void]$reader.Read()
        $box = New-Object System.Collections.ArrayList
        Read-BridgeNode $reader $box
        , $box[0]
    }
    finally {
        $reader.Dispose()
    }
}

function Read-BridgeNode {
    # Reads the element the reader stands on, adds its value to $Box, and leaves the reader behind it.
    param($Reader, $Box)
    $kind = $Reader.GetAttribute('type')
    if ($kind -eq 'object' -or $kind -eq 'array') {
        $names = New-Object System.Collections.ArrayList
        $values = New-Object System.Collections.ArrayList
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
        $folded = New-Object 'System.Collections.Generic.HashSet[string]' ([System.StringComparer]::OrdinalIgnoreCase)
        $distinct = $true
        foreach ($key in $names) {
            if ($key -eq '' -or -not $folded.Add($key)) { $distinct = $false }
        }
        if ($distinct) {
            $made = New-Object PSObject
            for ($i = 0; $i -lt $names.Count; $i++) {
                $made.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty $names[$i], $values[$i]))
            }
        }
        else {
            # No PowerShell object has both 'a' and 'A'; a dictionary has.
            $made = New-Object System.Collections.Specialized.OrderedDictionary
            for ($i = 0; $i -lt $names.Count; $i++) { $made[[string]$names[$i]] = $values[$i] }
        }
        [void]$Box.Add($made)
        return
    }
    $content = $Reader.ReadElementContentAsString()
    if ($kind -eq 'string') { [void]$Box.Add($content) }
    elseif ($kind -eq 'boolean') { [void]$Box.Add($content -eq 'true') }
    elseif ($kind -eq 'null') { [void]$Box.Add($null) }
    else {
        $whole = [long]0
        if ([long]::TryParse($content, [System.Globalization.NumberStyles]::AllowLeadingSign, $script:Invariant, [ref]$whole)) { [void]$Box.Add($whole) }
        elseif ($content -match '^-?\d+$') { [void]$Box.Add([bigint]::Parse($content, $script:Invariant)) }
        else { [void]$Box.Add([double]::Parse($content, $script:Invariant)) }
    }
}
