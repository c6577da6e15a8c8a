# Gives every parameter that may hold a secret a secret of every kind, most of them of a kind that it does not take, and
# puts out the calls whose error tells it, and how many calls failed. Needs psbridge's cmdlets, and nothing that listens.
[CmdletBinding()]
param()
$mark = 'hush7Kx92Lq'
$number = 7392817365
$secure = ConvertTo-SecureString $mark -AsPlainText -Force
$values = [ordered]@{
    text = $mark; number = $number; block = { 'hush7Kx92Lq' }; texts = @($mark, "$mark-2"); secure = $secure
    credential = [pscredential]::new($mark, $secure); object = [pscustomobject]@{ a = @{ b = $mark } }; table = @{ a = @{ b = $mark } }
    ordered = [ordered]@{ a = $mark, $mark }; url = "htp://u:$mark@127.0.0.1:1"; lines = "$mark`n$mark"; json = '{"a":"hush7Kx92Lq"}'
}
$calls = [ordered]@{
    'Set-Configuration'            = @{}, @('AccessToken', 'Password', 'Cookie', 'ApiKey', 'ApiKeyPrefix', 'DefaultHeaders', 'Proxy', 'Profile')
    'New-ChatConnection'           = @{}, @('AccessToken', 'Password', 'Cookie', 'ApiKey', 'ApiKeyPrefix', 'DefaultHeaders', 'Proxy', 'Profile')
    'Set-ConfigurationApiKey'      = @{ Id = 'api-key' }, @('ApiKey')
    'Set-ConfigurationDefaultHeader' = @{ Key = 'Authorization' }, @('Value')
    'Set-ConfigurationHttpSigning' = @{ KeyId = 'k'; KeyFilePath = 'none' }, @('KeyPassPhrase')
    'Use-ChatConnection'           = @{ ScriptBlock = { 1 } }, @('Connection')
    'New-ChatCompletion'           = @{ Messages = 'hi'; Model = 'm'; TimeoutSec = 1 }, @('Connection', 'AdditionalHeaders')
}
$failed = 0
foreach ($name in $calls.Keys) {
    foreach ($parameter in $calls[$name][1]) {
        foreach ($kind in $values.Keys) {
            Set-Configuration -BaseUrl 'http://127.0.0.1:1/v1' -Proxy '' -MaxRetryCount 0
            $given = @{} + $calls[$name][0]
            $given[$parameter] = $values[$kind]
            $said = $null
            try { $null = & $name @given -ErrorVariable said }
            catch {
                $failed++
                $told = ($_ | Out-String) + "$_ $($_.CategoryInfo) $($_.TargetObject) $($_.ErrorDetails) " + ($_.Exception | Out-String) + "$($_.Exception)"
                $told += ($Error | Out-String) + ($said | Out-String)
                if (($told -replace '\s') -match "$mark|$number") { "$name -$parameter $kind" }
            }
            $Error.Clear()
            Set-Configuration -AccessToken $null -ApiKey @{} -ApiKeyPrefix @{} -DefaultHeaders @{} -Cookie $null -Password $null
        }
    }
}
"$failed failed"
