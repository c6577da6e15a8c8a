# Sorts the rows of a CSV file (id, text) into categories, many at a time; what fails is kept apart for another run.
#
#   ./triage-csv.ps1 -Path tickets.csv -OutPath sorted.csv -FailedPath failed.csv
param(
    [Parameter(Mandatory = $true)][string] $Path,
    [Parameter(Mandatory = $true)][string] $OutPath,
    [string] $FailedPath = "$OutPath.failed.csv",
    [string[]] $Category = @('billing', 'bug', 'question', 'other'),
    [int] $ThrottleLimit = 10,
    [string] $BaseUrl
)

Import-Module PSBridge
if ($BaseUrl) { Set-Configuration -BaseUrl $BaseUrl }

$Rows = @(Import-Csv -Path $Path -Encoding UTF8)
$Format = Initialize-ResponseFormatJsonSchema -Type json_schema -JsonSchema (
    Initialize-ResponseFormatJsonSchemaJsonSchema -Name triage -Strict $true -Schema @{
        type                 = 'object'
        properties           = @{ category = @{ type = 'string'; enum = $Category } }
        required             = @('category')
        additionalProperties = $false
    })

# The metadata carries the row's id, so that an error finds its row again.
$Requests = foreach ($Row in $Rows) {
    $Message = Initialize-ChatCompletionRequestUserMessage -Role user -Content "Which category fits this ticket?`n$($Row.text)"
    Initialize-CreateChatCompletionRequest -Messages $Message -Model gpt-4o-mini -ResponseFormat $Format -Metadata @{ row = $Row.id } -Store $true
}

$Problems = $null
$Replies = @($Requests | New-ChatCompletion -ThrottleLimit $ThrottleLimit -ErrorVariable Problems -ErrorAction SilentlyContinue)

# One error for each request that failed, its request as target; the replies are in the order of the others.
$Failed = @{}
foreach ($Problem in $Problems) { $Failed[$Problem.TargetObject.metadata.row] = $Problem }
$Good = @($Rows | Where-Object { -not $Failed.ContainsKey($_.id) })

$Sorted = for ($i = 0; $i -lt $Good.Count; $i++) {
    [pscustomobject]@{
        id       = $Good[$i].id
        category = ($Replies[$i].choices[0].message.content | ConvertFrom-Json).category
        tokens   = $Replies[$i].usage.total_tokens
    }
}
$Sorted | Export-Csv -Path $OutPath -NoTypeInformation -Encoding UTF8
if ($Failed.Count) {
    $Rows | Where-Object { $Failed.ContainsKey($_.id) } |
        Select-Object *, @{ n = 'error'; e = { $Failed[$_.id].FullyQualifiedErrorId } } |
        Export-Csv -Path $FailedPath -NoTypeInformation -Encoding UTF8
}
[pscustomobject]@{ Sorted = @($Sorted).Count; Failed = $Failed.Count; Tokens = (Get-ChatCompletionUsage).total_tokens }
