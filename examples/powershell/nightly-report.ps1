# A report made unattended: the key comes from a vault, failures end in an exit code, and the file is whole or absent.
#
#   ./nightly-report.ps1 -LogPath /var/log/backup.log -OutPath report.md
#
# Needs Microsoft.PowerShell.SecretManagement and a vault with the secret; -AccessToken stands in for it elsewhere.
param(
    [Parameter(Mandatory = $true)][string] $LogPath,
    [Parameter(Mandatory = $true)][string] $OutPath,
    [string] $SecretName = 'OpenAI',
    [securestring] $AccessToken,
    [string] $BaseUrl
)
$ErrorActionPreference = 'Stop'

Import-Module PSBridge
if (-not $AccessToken) {
    if (-not (Get-Command Get-Secret -ErrorAction Ignore)) {
        Write-Error 'Get-Secret is missing: Install-Module Microsoft.PowerShell.SecretManagement, or give -AccessToken.' -ErrorAction Continue
        exit 2
    }
    $AccessToken = Get-Secret -Name $SecretName
}
Set-Configuration -AccessToken $AccessToken -TimeoutSec 120 -MaxRetryCount 5
if ($BaseUrl) { Set-Configuration -BaseUrl $BaseUrl }

try {
    $Log = (Get-Content -Path $LogPath -Tail 500) -join "`n"
    $Reply = New-ChatCompletion -Model gpt-4o-mini -Messages @(
        Initialize-ChatCompletionRequestSystemMessage -Role system -Content 'Sum up this log for an administrator: what failed, what to do.'
        Initialize-ChatCompletionRequestUserMessage -Role user -Content $Log
    )
    $Draft = "$OutPath.new"
    Set-Content -Path $Draft -Value $Reply.choices[0].message.content -Encoding UTF8
    Move-Item -Path $Draft -Destination $OutPath -Force
}
catch {
    Write-Error "No report: $($_.Exception.Message) [$($_.FullyQualifiedErrorId)]" -ErrorAction Continue
    exit 1
}
