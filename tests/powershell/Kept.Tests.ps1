# Objects that were kept as JSON or CLIXML, or came from a job, are what they were.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $script:Server = Start-OfflineServer
    Use-PSBridge $script:Server
    Set-StrictMode -Version Latest
    function Get-Sent($Value) {
        InModuleScope PSBridge -Parameters @{ R = $Value } {
            $sent = (Format-BridgeCall 'Name' @{ R = $R } '').Text.ToString() | ConvertFrom-Json
            $sent.parameters.R | ConvertTo-Json -Compress -Depth 20
        }
    }
    function Get-Plain($Value) { ConvertFrom-Json (ConvertTo-Json -InputObject $Value -Depth 20) }
    function Get-Filed($Value) {
        $file = Join-Path $TestDrive "$([guid]::NewGuid()).xml"
        $Value | Export-Clixml $file
        Import-Clixml $file
    }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $script:Server
}

Describe 'A built object' {
    BeforeAll {
        $user = Initialize-ChatCompletionRequestUserMessage -Content 'hi' -Role user
        $assistant = Initialize-ChatCompletionRequestAssistantMessage -Role assistant -Content $null -Name 'n'
        $request = Initialize-CreateChatCompletionRequest -Messages $user, $assistant -Model gpt-4o
    }
    It 'keeps its members in the order of its model' {
        $request.PSObject.Properties.Name[0] | Should -Be 'messages'
        @($request.PSObject.Properties.Name).IndexOf('model') | Should -Be ([array]::IndexOf(@((Initialize-CreateChatCompletionRequest -Messages $user -Model m).PSObject.Properties.Name), 'model'))
    }
    It 'has its unset members as null in JSON, and nothing else besides' {
        $user | ConvertTo-Json -Compress | ConvertFrom-Json | ForEach-Object { $_.name } | Should -BeNullOrEmpty
        ConvertTo-Json $user | Should -Not -Match 'PSBridge'
    }
    It 'sends after plain JSON what it sends itself' {
        Get-Sent (Get-Plain $user) | Should -Be '{"content":"hi","role":"user"}'
        Get-Sent (Get-Plain $request) | Should -Not -Match 'null'
        (New-ChatCompletion -CreateChatCompletionRequest (Get-Plain $request)).object | Should -Be 'chat.completion'
    }
    It 'is the same read as a hashtable, where a table''s own null is null' {
        $again = $request | ConvertTo-Json -Depth 9 | ConvertFrom-Json -AsHashtable
        Get-Sent $again | Should -Be (Get-Sent (Get-Plain $request))
        $again['stop'] = $null
        $again.Remove('user')
        Get-Sent $again | Should -Match '"stop":null'
        Get-Sent @{ role = 'user'; content = 'x'; name = $null } | Should -Match '"name":null'
        Get-Sent ('{}' | ConvertFrom-Json -AsHashtable) | Should -Be '{}'
    }
    It 'is used again out of a history of plain JSON' {
        $history = @($user, (Initialize-ChatCompletionRequestAssistantMessage -Role assistant -Content 'ho'))
        $again = Get-Plain $history
        (New-ChatCompletion -Messages $again -Model gpt-4o).choices[0].message.role | Should -Be 'assistant'
        (Initialize-CreateChatCompletionRequest -Messages $again -Model m).messages[1].content | Should -Be 'ho'
    }
    It 'keeps all three states through CLIXML' {
        Get-Sent (Get-Filed $request) | Should -Be (Get-Sent $request)
        $assistant.refusal = $null
        $assistant.name = $null
        Get-Sent (Get-Filed $assistant) | Should -Be (Get-Sent $assistant)
        Get-Sent $assistant | Should -Match '"refusal":null'
        Get-Sent (Get-Filed (Get-Filed $assistant)) | Should -Be (Get-Sent $assistant)
    }
    It 'keeps an empty object that was given through CLIXML' {
        $function = Initialize-FunctionObject -Name f -Parameters @{}
        Get-Sent (Get-Filed $function) | Should -Be (Get-Sent $function)
    }
    It 'comes as it was into a job, and out of one' {
        $there = Start-Job { param($Module, $Request) Import-Module $Module; $Request; & (Get-Module PSBridge) { param($R) Import-Bridge -Start; "$((Format-BridgeCall 'Name' @{ R = $R } '').Text)" } $Request } -ArgumentList (Get-ModulePath), $request |
            Receive-Job -Wait -AutoRemoveJob
        Get-Sent $there[0] | Should -Be (Get-Sent $request)
        ($there[1] | ConvertFrom-Json).parameters.R | ConvertTo-Json -Compress -Depth 20 | Should -Be (Get-Sent $request)
        (New-ChatCompletion -CreateChatCompletionRequest $there[0]).object | Should -Be 'chat.completion'
    }
    It 'has its unset members in a job that has no module, however it came there, and has them back' {
        $assistant.refusal = $null
        $job = {
            param($Given)
            Set-StrictMode -Version Latest
            $used = $using:assistant
            "[$($Given.audio)] [$($used.audio)] [$($used.refusal)] [$($Given.tool_calls)]"
            $null -eq $used.Audio
            $used
        }
        $there = Start-Job -ScriptBlock $job -ArgumentList $assistant | Receive-Job -Wait -AutoRemoveJob
        $there[0] | Should -BeExactly '[] [] [] []'
        $there[1] | Should -BeTrue
        $there[2].audio | Should -BeNullOrEmpty
        $one = Initialize-CreateChatCompletionRequestWebSearchOptions -SearchContextSize low
        Start-Job { Set-StrictMode -Version Latest; "[$($args[0].user_location)]"; "[$($args[1].Name)]" } -ArgumentList $one, $user |
            Receive-Job -Wait -AutoRemoveJob | Should -BeExactly '[]', '[]'
        Get-Sent $there[2] | Should -Be (Get-Sent $assistant)
        Get-Sent $there[2] | Should -Match '"refusal":null'
        Get-Sent $there[2] | Should -Not -Match 'audio'
    }
    It 'is sent as it is by a runspace that did not build it' {
        $other = [powershell]::Create().AddScript('param($Module) Import-Module $Module; Initialize-ChatCompletionRequestAssistantMessage -Content hi; Initialize-ChatCompletionMessageToolCallChunk -Index 0').
            AddArgument((Get-ModulePath))
        $made = $other.Invoke()
        Get-Sent $made[0] | Should -BeLike '*"set":{"content":"hi","role":"assistant"}}'
        Get-Sent $made[1] | Should -BeLike '*"set":{"index":0}}'
        $made[1].id = $null
        Get-Sent $made[1] | Should -BeLike '*"set":{"index":0,"id":null}}'
        $other.Dispose()
    }
    It 'takes a member in a runspace that has no module' {
        $other = [powershell]::Create().AddScript('param($R) Set-StrictMode -Version Latest; "[$($R.user)]"; $R.temperature = 0.5; $R.seed = $null').AddArgument($request)
        $other.Invoke() | Should -Be '[]'
        $other.HadErrors | Should -BeFalse
        $other.Dispose()
        Get-Sent $request | Should -Match '"temperature":0.5'
        Get-Sent $request | Should -Match '"seed":null'
    }
}

Describe 'A null of an object that nobody built' {
    It 'is null' {
        Get-Sent ([pscustomobject]@{ role = 'user'; content = $null }) | Should -Be '{"role":"user","content":null}'
        Get-Sent ([pscustomobject]@{ a = $null }) | Should -Be '{"a":null}'
        Get-Sent @{ content = $null; name = $null; role = 'user' } | Should -Match '"name":null'
    }
}

Describe 'A reply' {
    It 'behaves in a job as it did' {
        $reply = New-ChatCompletion -Messages (Initialize-ChatCompletionRequestUserMessage hi user) -Model gpt-4o
        $back = Start-Job { param($Module, $Url) Import-Module $Module; Set-Configuration -BaseUrl $Url -AccessToken sk-x; New-ChatCompletion hi -Model gpt-4o } -ArgumentList (Get-ModulePath), $script:Server.Url |
            Receive-Job -Wait -AutoRemoveJob
        foreach ($one in $reply, $back, (Get-Filed $reply)) {
            @($one.choices[0].message.PSObject.Properties.Name) | Should -Contain 'audio'
            [bool]$one.choices[0].message.tool_calls | Should -BeFalse
            [bool]$one.choices[0].message.refusal | Should -BeFalse
            $one.choices[0].message.content | Should -Not -BeNullOrEmpty
        }
        $turns = @((Initialize-ChatCompletionRequestUserMessage hi user), $back, (Get-Filed $reply.choices[0].message), (Initialize-ChatCompletionRequestUserMessage more user))
        (New-ChatCompletion -Messages $turns -Model gpt-4o).choices[0].message.role | Should -Be 'assistant'
    }
}
