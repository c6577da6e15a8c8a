# The example of the ChatApi page, with values that make sense: build the parts, build the request, send it.
#
#   $env:OPENAI_API_KEY = '...'
#   ./chat-api.ps1
#
# -BaseUrl and -Text are for trying it without the service: psbridge offline-server prints an address.
param([string] $BaseUrl, [string] $Text = 'What is the weather in Bern?')

Import-Module PSBridge
$Configuration = Get-Configuration
if ($BaseUrl) { $Configuration.BaseUrl = $BaseUrl }

$System = Initialize-ChatCompletionRequestSystemMessage -Content 'Answer in one sentence.' -Role system
$User = Initialize-ChatCompletionRequestUserMessage -Content $Text -Role user

$FunctionObject = Initialize-FunctionObject -Name get_weather -Description 'The weather of a town now.' -Parameters @{
    type       = 'object'
    properties = @{ town = @{ type = 'string' } }
    required   = @('town')
}
$ChatCompletionTool = Initialize-ChatCompletionTool -Type function -VarFunction $FunctionObject

$CreateChatCompletionRequest = Initialize-CreateChatCompletionRequest -Messages $System, $User -Model gpt-4o-mini -Tools $ChatCompletionTool -MaxCompletionTokens 300
$CreateChatCompletionRequest.temperature = 0.2

try {
    $Result = New-ChatCompletion -CreateChatCompletionRequest $CreateChatCompletionRequest
    foreach ($Call in $Result.choices[0].message.tool_calls) {
        Write-Host ('The model wants {0}({1})' -f $Call.function.name, $Call.function.arguments)
    }
    $Result
}
catch {
    Write-Host ('New-ChatCompletion failed: {0}' -f $_.Exception.Message)
    if ($_.ErrorDetails) { Write-Host ('The service said: {0}' -f ($_.ErrorDetails | ConvertFrom-Json).error.message) }
    if ($_.Exception.Response) { Write-Host ('Response headers: {0}' -f ($_.Exception.Response.Headers | ConvertTo-Json)) }
    exit 1
}
