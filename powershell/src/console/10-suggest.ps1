# What a parameter completes to, where that is no closed set of values.

$script:Suggestions = @{ Models = $null; Asked = [datetime]::MinValue }

function Get-BridgeSuggestion {
    # The values that begin with what is typed. Models are the service's own where a worker runs already: a key that
    # completes starts no process, waits two seconds at most, and asks again only after five minutes. $Name is the
    # cmdlet's own, whatever prefix it was imported with or name it was called by, which is $Command.
    [CmdletBinding()]
    param(
        [string] $Name,
        [string] $Command,
        [string] $Parameter,
        [string] $Word,
        [System.Management.Automation.Language.CommandAst] $Ast,
        [System.Collections.IDictionary] $Given
    )
    $known = @($script:Suggested["$Name $Parameter"])
    if ($Parameter -eq 'Model') { $known = @($known) + @(Get-BridgeModelName) }
    $typed = "$Word".Trim("'", '"')
    foreach ($value in ($known | Where-Object { $_ } | Select-Object -Unique)) {
        # Of a hashtable its words are typed: j, for @{ type = 'json_object' }.
        $begins = if ($value.StartsWith('@{')) { "'$typed" } else { $typed }
        $at = $value.IndexOf($begins, [System.StringComparison]::OrdinalIgnoreCase)
        if ($at -lt 0 -or ($at -gt 0 -and -not $value.StartsWith('@{'))) { continue }
        $text = $value
        if ($value -notmatch '^(@\{|[\w.:-]+$)') { $text = "'" + $value.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $value)
    }
}

function Get-BridgeModelName {
    # What the service lists, empty where it was not reached.
    [CmdletBinding()]
    param()
    if ($null -eq $script:Hub -or $null -eq $script:Hub['Connection']) { return }
    if (([datetime]::UtcNow - $script:Suggestions['Asked']).TotalMinutes -gt 5) {
        $script:Suggestions['Asked'] = [datetime]::UtcNow
        try { $script:Suggestions['Models'] = @((Invoke-ListModels -TimeoutSec 2 -ErrorAction Stop).data.id | Sort-Object) }
        catch { $script:Suggestions['Models'] = $null }
    }
    $script:Suggestions['Models']
}
