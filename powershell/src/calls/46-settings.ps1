# Settings: which a call goes by, and kept for a worker that starts again.
#
# What a runspace has set is a record under a number, and what it sets next is another one: so a call under way, a job,
# and whatever a runspace started go by what was in force then. A record holds the calls that made it, as they were sent;
# a worker is told them when the first call that goes by them comes, and answers none whose record it does not know.

function Set-BridgeOwn {
    # What this runspace has set from now on.
    [CmdletBinding()]
    param([hashtable] $Settings)
    $script:Hub['Own'][$script:Runspace] = $Settings
    $script:Hub['Flow'].Value = $Settings
}

function New-BridgeNumber {
    # Each is given once in this process.
    [CmdletBinding()]
    param()
    [System.Threading.Monitor]::Enter($script:Hub.SyncRoot)
    try {
        $script:Hub['Number']++
        $script:Hub['Number']
    }
    finally { [System.Threading.Monitor]::Exit($script:Hub.SyncRoot) }
}

function Send-BridgeSettings {
    # Tells a worker the record that a call goes by, and the connection that it was given, where it does not know them.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound, [hashtable] $Connection)
    $records = @($Call.Settings)
    $given = $null
    if ($Bound.TryGetValue('Connection', [ref]$given)) { $records += Get-BridgeNamed $given }
    foreach ($record in $records) {
        if ($null -eq $record -or [object]::ReferenceEquals($record['Told'], $Connection)) { continue }
        $base = ''
        $between = @()
        for ($i = 0; $i -lt $record['Kept'].Count; $i++) {
            # Only the last goes by the record's own number: nobody sees half of it.
            $number = $record['Id']
            if ($i -lt $record['Kept'].Count - 1) {
                $number = New-BridgeNumber
                $between += $number
            }
            $params = (Get-BridgeKeptText $record['Kept'][$i]) + $base + ',"becomes":' + $number + '}'
            $sent = $script:Wire.Send($Connection, 'invoke', $params, $null)
            $answer = $script:Wire.Wait($Connection, $sent, 60000)
            if ($null -eq $answer) { return }  # it has ended, which the call itself will say
            if ($null -ne $answer.PSObject.Properties['error']) {
                $Call.Cmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $answer.error $null))
            }
            $base = ',"settings":' + $number
        }
        if ($between.Count) { Send-BridgeNotice $Connection 'forget' ('{"settings":[' + ($between -join ',') + ']}') }
        $record['Told'] = $Connection
    }
}

function Save-BridgeSettings {
    # What came of a call that sets something: the record that this runspace has from now on, or a named connection's.
    [CmdletBinding()]
    param([hashtable] $Call, [hashtable] $Slot)
    $kept = New-BridgeKept (Get-BridgeKeptKey $Call.Name $Call.Bound) $Slot.Params.Substring(0, $Slot.Params.Length - $Call.More.Length - 1)
    $before = @()
    if (-not $Call.Named -and $null -ne $Call.Settings) { $before = @($Call.Settings['Kept'] | Where-Object { $_.Key -ne $kept.Key }) }
    $record = @{ Id = $Call.Becomes; Kept = $before + $kept; Told = $Call.Connection }
    $gone = @()
    [System.Threading.Monitor]::Enter($script:Hub.SyncRoot)
    try {
        if ($Call.Named) {
            $named = $script:Hub['Named']
            $named[$Call.Becomes.Trim('"')] = $record
            while ($named.Count -gt 10000) {
                $gone += $named[0]['Id']
                $named.RemoveAt(0)
            }
        }
        else {
            $all = $script:Hub['Records']
            $all[$record['Id']] = [System.WeakReference]::new($record)
            if ($all.Count -gt $script:Hub['Most']) {
                # Nobody holds these any more, so nobody can ask for them.
                $gone = @(foreach ($id in @($all.Keys)) { if (-not $all[$id].IsAlive) { $id } })
                foreach ($id in $gone) { $all.Remove($id) }
                $script:Hub['Most'] = 2 * $all.Count + 100
            }
        }
    }
    finally { [System.Threading.Monitor]::Exit($script:Hub.SyncRoot) }
    if (-not $Call.Named) { Set-BridgeOwn $record }
    if ($gone.Count) { Send-BridgeNotice $Call.Connection 'forget' ('{"settings":[' + ($gone -join ',') + ']}') }
}

function Get-BridgeNamed {
    # The record of a connection that New-ChatConnection gave; nothing for anything else.
    [CmdletBinding()]
    param([object] $Given)
    if ($Given -is [System.Management.Automation.PSCustomObject] -and $Given.PSObject.TypeNames[0] -like '*PSBridge.ChatConnection') {
        $script:Hub['Named'][[string]$Given.Id]
    }
}

function Get-BridgeKeptKey {
    # Two calls that set something with one key: the later makes the earlier needless.
    [CmdletBinding()]
    param([string] $Name, [System.Collections.IDictionary] $Bound)
    $parts = [System.Collections.ArrayList]::new()
    foreach ($key in @($Bound.Keys | Sort-Object)) {
        if ($script:Common.Contains($key) -or $key -eq 'PassThru') { continue }
        if ($key -in 'Id', 'Key') { [void]$parts.Add("$key=$($Bound[$key])") } else { [void]$parts.Add($key) }
    }
    "$Name $($parts -join ' ')"
}

function New-BridgeKept {
    # A call as it was sent; its text is not kept readable.
    [CmdletBinding()]
    param([string] $Key, [string] $Params)
    $kept = @{ Key = $Key; Text = [securestring]::new(); Long = $null }
    if ($Params.Length -gt 60000) { $kept.Long = $Params }
    else { foreach ($character in $Params.ToCharArray()) { $kept.Text.AppendChar($character) } }
    $kept
}

function Get-BridgeKeptText {
    # The call that a setting was made with, as the worker is told it again.
    [CmdletBinding()]
    param([hashtable] $Kept)
    if ($null -ne $Kept.Long) { return $Kept.Long }
    Get-BridgeText $Kept.Text
}

function Set-BridgeSetting {
    # Paths of the script's own, and secrets that are numbers. What a secret may be, the worker says.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Own)
    foreach ($key in @($Own.Keys)) {
        $value = $Own[$key]
        if ($script:Secret.Contains($key) -and $value -is [System.ValueType] -and $value -is [System.IFormattable]) {
            $Own[$key] = $value.ToString($null, $script:Invariant)  # as PowerShell makes a text of a number
        }
        elseif ($key -eq 'ClientCertificate' -and $value) {
            $files = @($value)  # certificate, key, passphrase
            for ($i = 0; $i -lt [math]::Min(2, $files.Count); $i++) {
                $files[$i] = $Call.Cmdlet.GetUnresolvedProviderPathFromPSPath($files[$i])
            }
            $Own[$key] = $files
        }
    }
}

function Get-BridgeProxy {
    # A proxy object as the setting has it: a URL with its credentials, '' for none at all, null for the system's own.
    [CmdletBinding()]
    param([System.Net.IWebProxy] $Proxy)
    if ($Proxy -isnot [System.Net.WebProxy]) { return }
    $address = $Proxy.Address
    if ($null -eq $address) { return '' }
    $login = if ($null -ne $Proxy.Credentials) { $Proxy.Credentials.GetCredential($address, 'Basic') }
    if ($null -eq $login -or -not $login.UserName) { return $address.OriginalString }
    $user = if ($login.Domain) { "$($login.Domain)\$($login.UserName)" } else { $login.UserName }
    $parts = $address.Scheme, [uri]::EscapeDataString($user), [uri]::EscapeDataString($login.Password), $address.Authority
    '{0}://{1}:{2}@{3}' -f $parts
}

function Send-BridgeNotice {
    # Says something to the worker that has no answer.
    param([hashtable] $Connection, [string] $Method, [string] $Params)
    $earlier = $Connection['Write']
    while ($null -ne $earlier -and -not $earlier.IsCompleted) { [void]([System.Threading.Tasks.Task]::WaitAny(@($earlier), 200)) }
    $bytes = $script:Utf8.GetBytes('{"jsonrpc":"2.0","method":"' + $Method + '","params":' + $Params + "}`n")
    [System.Threading.Monitor]::Enter($Connection['Gate'])
    try {
        if ($bytes.Length -le 65536) {
            $Connection['Input'].Write($bytes, 0, $bytes.Length)
            $Connection['Input'].Flush()
        }
        else { $Connection['Write'] = $Connection['Input'].WriteAsync($bytes, 0, $bytes.Length) }
    }
    catch [System.IO.IOException] { $Connection['Ready'] = $false }
    catch [System.ObjectDisposedException] { $Connection['Ready'] = $false }
    finally { [System.Threading.Monitor]::Exit($Connection['Gate']) }
}
