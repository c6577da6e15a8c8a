# Writes an answer to the console as it comes; Ctrl+C ends it, here and at the service.
#
#   ./stream.ps1 -Text 'Explain runspaces.'
param([string] $Text = 'Explain runspaces in two sentences.', [string] $BaseUrl)

Import-Module PSBridge
if ($BaseUrl) { Set-Configuration -BaseUrl $BaseUrl }
New-ChatCompletion -Messages $Text -Model gpt-4o-mini -StreamText | ForEach-Object { Write-Host $_ -NoNewline }
Write-Host
