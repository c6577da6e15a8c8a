# Sorts the rows of a CSV file (id, text) into categories. Killed and started again, it goes on where it was: what is
# known stands in a ledger beside the output. What fails is kept apart, as input for another run.
#
#   ./triage-csv.ps1 -Path tickets.csv -OutPath sorted.csv
param(
    [Parameter(Mandatory = $true)][string] $Path,
    [Parameter(Mandatory = $true)][string] $OutPath,
    [string[]] $Category = @('billing', 'bug', 'question', 'other'),
    [int] $ThrottleLimit = 10,
    [string] $BaseUrl
)

Import-Module PSBridge
if ($BaseUrl) { Set-Configuration -BaseUrl $BaseUrl }

$Run = @{
    Ledger        = "$OutPath.run.db"
    Path          = $Path
    Id            = 'id'
    Template      = "Which category fits this ticket?`n{text}"
    Model         = 'gpt-4o-mini'
    OutFile       = $OutPath
    ThrottleLimit = $ThrottleLimit
    JsonSchema    = @{
        type                 = 'object'
        properties           = @{ category = @{ type = 'string'; enum = $Category } }
        required             = @('category')
        additionalProperties = $false
    }
}

# Rows come in their order; one that failed is an error with the row as target.
$Problems = $null
$Sorted = @(Invoke-ChatCompletionRun @Run -ErrorVariable Problems -ErrorAction SilentlyContinue)
$Status = Get-ChatCompletionRun $Run.Ledger
[pscustomobject]@{
    Sorted = $Sorted.Count
    Failed = $Problems.Count
    Tokens = $Status.PromptTokens + $Status.CompletionTokens
}
