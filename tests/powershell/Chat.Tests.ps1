BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Use-PSBridge $server
    Set-StrictMode -Version Latest
    $fault = { param($Text) @{ 'x-offline-fault' = $Text } }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'A chat call' {
    It 'gives the reply as an object' {
        $reply = New-ChatCompletion (Get-Request 'hi')
        $reply.choices[0].message.content | Should -Match 'You said: hi'
        $reply.usage.total_tokens | Should -BeGreaterThan 0
    }
    It 'takes the request by its parts' {
        (New-ChatCompletion -Messages 'hi there' -Model gpt-4o).choices[0].message.content | Should -Match 'hi there'
    }
    It 'shows role, text, finish reason and tokens' {
        $shown = New-ChatCompletion (Get-Request 'hi') | Out-String
        $shown | Should -Match 'Role\s+: assistant'
        $shown | Should -Match 'FinishReason : stop'
        $shown | Should -Not -Match 'System.Object\[\]'
    }
    It 'gives status and headers with -WithHttpInfo' {
        $info = New-ChatCompletion (Get-Request) -WithHttpInfo
        $info.StatusCode | Should -Be 200
        $info.Headers.'x-request-id' | Should -Be $info.RequestId
        $info.Response.choices.Count | Should -Be 1
    }
    It 'goes on from a reply among the messages' {
        $first = New-ChatCompletion (Get-Request 'first')
        $body = New-ChatCompletion -Messages (Get-Request 'first').messages[0], $first, 'second' -Model gpt-4o -Debug 5>&1 |
            Where-Object { "$_" -like 'request body:*' }
        $sent = ("$body" -replace '^request body: ' | ConvertFrom-Json).messages
        $sent.role | Should -Be 'user', 'assistant', 'user'
        $sent[1].content | Should -Be $first.choices[0].message.content
        @($sent[1].PSObject.Properties.Name) | Sort-Object | Should -Be 'content', 'role'
    }
    It 'goes on from a reply that calls a tool and says nothing' {
        $tool = @{ type = 'function'; 'function' = @{ name = 'f'; parameters = @{ type = 'object'; properties = @{} } } }
        $message = (New-ChatCompletion (Get-Request) -Tools $tool -ToolChoice required).choices[0].message
        $result = @{ role = 'tool'; tool_call_id = $message.tool_calls[0].id; content = 'done' }
        $body = New-ChatCompletion -Messages 'first', $message, $result -Model gpt-4o -Debug 5>&1 |
            Where-Object { "$_" -like 'request body:*' }
        $sent = ("$body" -replace '^request body: ' | ConvertFrom-Json).messages[1]
        @($sent.PSObject.Properties.Name) | Sort-Object | Should -Be 'role', 'tool_calls'
    }
    It 'goes on from a piped reply' {
        $first = New-ChatCompletion (Get-Request 'first')
        ($first | New-ChatCompletion -Messages 'and now?' -Model gpt-4o).choices[0].message.content | Should -Match 'and now'
    }
    It 'shows method, address, status and request id with -Verbose, and bodies with -Debug' {
        $said = New-ChatCompletion (Get-Request 'hi') -Verbose -Debug *>&1
        ($said | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }) -join "`n" |
            Should -Match 'POST http://127.0.0.1:\d+/v1/chat/completions.*200.*req_'
        ($said | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }) -join "`n" | Should -Match '"content":"hi"'
        "$said" | Should -Not -Match 'sk-offline'
    }
}

Describe 'A stream' {
    It 'gives chunks' {
        $chunks = @(New-ChatCompletion (Get-Request 'hi') -Stream)
        $chunks.Count | Should -BeGreaterThan 3
        $chunks[0].object | Should -Be 'chat.completion.chunk'
    }
    It 'gives the text alone' {
        $parts = @(New-ChatCompletion (Get-Request 'hi') -StreamText)
        $parts.Count | Should -BeGreaterThan 3
        -join $parts | Should -Match 'You said: hi'
    }
    It 'can be left early, and the next call works' {
        @(New-ChatCompletion (Get-Request 'hi') -StreamText | Select-Object -First 2).Count | Should -Be 2
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
        (New-ChatCompletion (Get-Request 'again')).choices[0].message.content | Should -Match 'again'
    }
    It 'may build objects and make calls while it runs' {
        $inner = New-ChatCompletion (Get-Request 'hi') -StreamText | Select-Object -First 2 | ForEach-Object {
            $message = Initialize-ChatCompletionRequestUserMessage -Content "$_" -Role user
            New-ChatCompletion -Messages $message -Model gpt-4o
        }
        $inner.Count | Should -Be 2
    }
}

Describe 'A pipeline of requests' {
    It 'keeps the order, many at a time' {
        $replies = 1..40 | ForEach-Object { Get-Request "number $_." } | New-ChatCompletion -ThrottleLimit 8
        $replies.Count | Should -Be 40
        foreach ($i in 1..40) { $replies[$i - 1].choices[0].message.content | Should -Match "number $i\." }
    }
    It 'writes answers as they come with -Unordered' {
        $slow = Get-Request 'slow one'
        $quick = Get-Request 'quick one'
        $replies = @($slow, $quick) | New-ChatCompletion -ThrottleLimit 2 -Unordered -AdditionalHeaders (& $fault 'delay=0')
        $replies.Count | Should -Be 2
    }
    It 'writes each answer before it takes the next request' {
        $events = New-Object System.Collections.ArrayList
        1..3 | ForEach-Object { [void]$events.Add("in $_"); Get-Request "$_" } | New-ChatCompletion | ForEach-Object { [void]$events.Add('out') }
        $events -join ',' | Should -Be 'in 1,out,in 2,out,in 3,out'
    }
    It 'reports the one that fails with its item and goes on' {
        $bad = @{ model = 'gpt-4o'; messages = @() }
        $unsendable = @{ model = 'gpt-4o'; messages = @(@{ role = 'user'; content = [double]::NaN }) }
        $problems = $null
        $replies = @((Get-Request 'a'), $bad, (Get-Request 'b'), $unsendable, (Get-Request 'c')) |
            New-ChatCompletion -ThrottleLimit 3 -ErrorVariable problems -ErrorAction SilentlyContinue
        $replies.Count | Should -Be 3
        $replies[2].choices[0].message.content | Should -Match 'You said: c'
        $problems.Count | Should -Be 2
        $problems[0].TargetObject | Should -Be $bad
        $problems[1].TargetObject | Should -Be $unsendable
    }
    It 'stops at the first failure when the script says so' {
        $ErrorActionPreference = 'Stop'
        $seen = New-Object System.Collections.ArrayList
        $failure = Get-Failure {
            @((Get-Request 'a'), @{ messages = @() }, (Get-Request 'b')) | New-ChatCompletion | ForEach-Object { [void]$seen.Add($_) }
        }
        $failure.FullyQualifiedErrorId | Should -Match '^PSBridge\.'
        $seen.Count | Should -Be 1
    }
    It 'refuses a throttle limit that lets nothing through' {
        (Get-Failure { Get-Request | New-ChatCompletion -ThrottleLimit 0 }).Exception.Message | Should -Match "'ThrottleLimit', must be greater than 0"
    }
    It 'sends no more than -<_> lets through' -ForEach 'RequestsPerMinute', 'TokensPerMinute' {
        $before = (Get-PSBridgeStatus).Calls
        $pace = @{ $_ = 1 }
        $first = 1..3 | ForEach-Object { Get-Request "number $_" } | New-ChatCompletion -ThrottleLimit 3 @pace | Select-Object -First 1
        $first.choices[0].message.content | Should -Match 'number 1'
        (Get-PSBridgeStatus).Calls | Should -Be ($before + 1)
    }
    It 'shows progress while it waits, unless $ProgressPreference says no' {
        $script = {
            param($Module, $Url, $Preference)
            Import-Module $Module
            Set-Configuration -BaseUrl $Url -AccessToken sk-offline
            & {
                $ProgressPreference = $Preference
                (New-ChatCompletion @{ model = 'm'; messages = @(@{ role = 'user'; content = 'slow' }) }).choices[0].message.content
            }
            Remove-Module PSBridge
        }
        $slow = Start-OfflineServer '--delay', '2500'
        try {
            foreach ($preference in 'Continue', 'SilentlyContinue') {
                $shell = [powershell]::Create()
                $said = $shell.AddScript($script).AddArgument((Get-ModulePath)).AddArgument($slow.Url).AddArgument($preference).Invoke()
                "$said" | Should -Match 'slow'
                $lines = @($shell.Streams.Progress | Where-Object Activity -eq 'New-ChatCompletion')
                if ($preference -eq 'Continue') {
                    $lines[0].StatusDescription | Should -Match 'waiting for the answer'
                    $lines[-1].RecordType | Should -Be 'Completed'
                }
                else { $lines.Count | Should -Be 0 }
                $shell.Dispose()
            }
        }
        finally {
            Stop-OfflineServer $slow
            Set-Configuration -BaseUrl $server.Url  # the worker is one for all runspaces
        }
    }
    It 'works as a job that is waited for and received' {
        $job = 1..3 | ForEach-Object { Get-Request "j$_" } | New-ChatCompletion -ThrottleLimit 3 -AsJob
        Get-Job -Id $job.Id | Should -Be $job
        $null = Wait-Job $job -Timeout 60
        $job.State | Should -Be 'Completed'
        $replies = @(Receive-Job $job)
        $replies.Count | Should -Be 3
        $replies[0].choices[0].message.content | Should -Match 'j1'
        Remove-Job $job
    }
    It 'carries an error in a job as an error' {
        $job = New-ChatCompletion (Get-Request) -AsJob -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=400')
        $null = Wait-Job $job -Timeout 60
        $job.State | Should -Be 'Failed'
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).FullyQualifiedErrorId | Should -Match 'PSBridge.BadRequest'
        Remove-Job $job
    }
}

Describe 'An error of the service' {
    It 'is the record that the documented catch block reads' {
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=429; retry-after=7') }
        $failure.FullyQualifiedErrorId | Should -Be 'PSBridge.RateLimit,New-ChatCompletion'
        $failure.CategoryInfo.Category | Should -Be 'LimitsExceeded'
        ($failure.ErrorDetails | ConvertFrom-Json).error.message | Should -Match 'Rate limit'
        $failure.Exception.Response.Headers['Retry-After'] | Should -Be '7'
        $failure.Exception.Response.Headers | ConvertTo-Json | Should -Match 'x-request-id'
        [int]$failure.Exception.Response.StatusCode | Should -Be 429
        $failure.Exception.StatusCode | Should -Be 429
        $failure.Exception.RequestId | Should -Match '^req_'
        $failure.Exception.Code | Should -Be 'rate_limit_exceeded'
        $failure.TargetObject.model | Should -Be 'gpt-4o-mini'
    }
    It 'is a sentence as text, and the service''s JSON as ErrorDetails' {
        $refused = @{ MaxRetryCount = 0; AdditionalHeaders = & $fault 'status=400' }
        $failures = @(Get-Failure { New-ChatCompletion (Get-Request) @refused })
        1..2 | ForEach-Object { Get-Request } | New-ChatCompletion @refused -ErrorVariable several -ErrorAction SilentlyContinue
        1..2 | ForEach-Object { Get-Request } | New-ChatCompletion @refused -ThrottleLimit 2 -ErrorVariable limited -ErrorAction SilentlyContinue
        $job = New-ChatCompletion (Get-Request) -AsJob @refused
        $null = Wait-Job $job -Timeout 60
        $failures += @($several) + @($limited) + @(Get-Failure { Receive-Job $job -ErrorAction Stop })
        Remove-Job $job
        $failures += [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($failures[0]))
        $failures.Count | Should -Be 7
        foreach ($failure in $failures) {
            "$failure" | Should -Be 'HTTP 400 Bad Request: Bad request (injected fault).'
            ($failure.ErrorDetails | ConvertFrom-Json).error.message | Should -Be 'Bad request (injected fault).'
        }
        ($failures[0].ErrorDetails.Message | ConvertFrom-Json).error.type | Should -Be 'invalid_request_error'
        "$($failures[0].Exception.ErrorDetails)" | Should -Be "$($failures[0].ErrorDetails)"
    }
    It 'says what can be done: <fault>' -ForEach @(
        @{ fault = 'status=401'; says = 'OPENAI_API_KEY' }
        @{ fault = 'status=403'; says = 'permissions' }
        @{ fault = 'status=404'; says = 'BaseUrl' }
        @{ fault = 'status=429'; says = 'ThrottleLimit' }
        @{ fault = 'status=503'; says = 'later' }
        @{ fault = 'cut'; says = 'psbridge doctor' }
    ) {
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders @{ 'x-offline-fault' = $fault } }
        $failure.ErrorDetails.RecommendedAction | Should -Match $says
        "$failure" | Should -Not -Match $says
        $failure.Exception.Message | Should -Be "$failure"
        $body = $failure.ErrorDetails | ConvertFrom-Json  # of a call without a reply it is nothing
        [bool]$body | Should -Be ($fault -ne 'cut')
        if ($PSVersionTable.PSEdition -eq 'Core') { $failure | Out-String -Width 500 | Should -Match "Recommendation: .*$says" }
    }
    It 'says so from CLIXML and from a job, too: <fault>' -ForEach @(@{ fault = 'status=401' }, @{ fault = 'cut' }) {
        $call = @{ MaxRetryCount = 0; AdditionalHeaders = @{ 'x-offline-fault' = $fault } }
        $failure = Get-Failure { New-ChatCompletion (Get-Request) @call }
        $says = $failure.ErrorDetails.RecommendedAction
        $says | Should -Not -BeNullOrEmpty
        $text = [System.Management.Automation.PSSerializer]::Serialize($failure, 2)
        $again = [System.Management.Automation.PSSerializer]::Deserialize($text)
        $again.ErrorDetails.RecommendedAction | Should -BeExactly $says
        $again.ErrorDetails.Message | Should -BeExactly $failure.ErrorDetails.Message
        $job = New-ChatCompletion (Get-Request) -AsJob @call
        $null = Wait-Job $job -Timeout 60
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).ErrorDetails.RecommendedAction | Should -BeExactly $says
        Remove-Job $job
    }
    It 'is shown as its sentence, and shows the JSON where everything is asked for' {
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=400') }
        $views = @('NormalView'; if ($PSVersionTable.PSEdition -eq 'Core') { 'ConciseView' })
        foreach ($view in $views) {
            $ErrorView = $view
            $shown = $failure | Out-String -Width 300
            $shown | Should -Match 'HTTP 400 Bad Request: Bad request \(injected fault\)\.'
            $shown | Should -Not -Match '"error"'
        }
        $failure | Format-List * -Force | Out-String -Width 300 | Should -Match '"error":'
        if ($PSVersionTable.PSEdition -eq 'Core') { Get-Error -InputObject $failure | Out-String -Width 300 | Should -Match '"error":' }
        $failure.ErrorDetails.Message | Should -Match '^{"error":'
        $unsent = Get-Failure { New-ChatCompletion -Messages hi -Model m -Temperature 3 }
        $unsent | Out-String -Width 300 | Should -Match "invalid value for 'Temperature'"
    }
    It 'has its JSON also where it comes from the first job of a runspace' {
        $other = [powershell]::Create().AddScript({
                param($Module, $Given)
                Import-Module $Module
                $job = New-ChatCompletion @Given -AsJob
                try { Receive-Job $job -Wait -AutoRemoveJob -ErrorAction Stop } catch { "$_"; $_.ErrorDetails.Message }
            }).AddArgument((Get-ModulePath)).AddArgument(
            @{ CreateChatCompletionRequest = Get-Request; MaxRetryCount = 0; AdditionalHeaders = & $fault 'status=400' })
        $said = $other.Invoke()
        $said[0] | Should -Be 'HTTP 400 Bad Request: Bad request (injected fault).'
        ($said[1] | ConvertFrom-Json).error.message | Should -Be 'Bad request (injected fault).'
        $other.Dispose()
    }
    It 'leaves other records, and details that a script sets, as they are' {
        $null = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=400') }
        $other = Get-Failure { Get-Item 'no-such-item' -ErrorAction Stop }
        $other.ErrorDetails | Should -BeNullOrEmpty
        $other.ErrorDetails = 'my own words'
        "$other" | Should -Be 'my own words'
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=400') }
        $failure.ErrorDetails = 'my own words'
        "$failure $($failure.ErrorDetails)" | Should -Be 'my own words my own words'
    }
    It 'tells that there was no reply' {
        # Bound and not listening: nobody answers there, and nobody else can.
        $bound = New-Object System.Net.Sockets.Socket 'InterNetwork', 'Stream', 'Tcp'
        try {
            $bound.Bind((New-Object System.Net.IPEndPoint ([System.Net.IPAddress]::Loopback), 0))
            $nowhere = New-ChatConnection -BaseUrl "http://$($bound.LocalEndPoint)/v1" -AccessToken 'sk-offline'
            foreach ($failure in (Get-Failure { New-ChatCompletion (Get-Request) -Connection $nowhere -MaxRetryCount 0 }),
                (Get-Failure { New-ChatCompletion 'x' -Model m -Temperature 9 })) {
                $null -eq $failure.Exception.Response | Should -BeTrue
            }
        }
        finally { $bound.Dispose() }
    }
    It 'has headers whose names have no case, as a success has' {
        $info = New-ChatCompletion (Get-Request) -WithHttpInfo -AdditionalQuery ('{"a":1,"n":null}' | ConvertFrom-Json)
        $info.Headers['X-Request-ID'] | Should -Match '^req_'
        $info.Headers.'x-request-id' | Should -Be $info.Headers['X-Request-ID']
        $info.Headers.ContainsKey('X-REQUEST-ID') | Should -BeTrue
        $info.Headers.Contains('X-Request-Id') | Should -BeTrue
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault 'status=400') }
        $failure.Exception.Response.Headers['X-Request-ID'] | Should -Match '^req_'
    }
    It 'names what was wrong with a parameter' {
        $failure = Get-Failure { New-ChatCompletion -Messages 'x' -Model gpt-4o -AdditionalBody @{ top_logprobs = 50 } }
        $failure.Exception.StatusCode | Should -Be 400
        $failure.Exception.Param | Should -Be 'top_logprobs'
    }
    It 'has an id of its own for <status>' -ForEach @(
        @{ status = 401; id = 'PSBridge.Authentication'; category = 'AuthenticationError' }
        @{ status = 404; id = 'PSBridge.NotFound'; category = 'ObjectNotFound' }
        @{ status = 500; id = 'PSBridge.ServerError'; category = 'ResourceUnavailable' }
    ) {
        $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 -AdditionalHeaders (& $fault "status=$status") }
        $failure.FullyQualifiedErrorId | Should -Match ([regex]::Escape($id))
        $failure.CategoryInfo.Category | Should -Be $category
    }
    It 'is silent with -ErrorAction SilentlyContinue' {
        New-ChatCompletion (Get-Request) -MaxRetryCount 0 -ErrorAction SilentlyContinue -AdditionalHeaders (& $fault 'status=400') | Should -BeNullOrEmpty
    }
    It 'is a sentence when the server cannot be reached' {
        $settings = Get-Configuration
        $settings.BaseUrl = 'http://127.0.0.1:9/v1'
        try { $failure = Get-Failure { New-ChatCompletion (Get-Request) -MaxRetryCount 0 } }
        finally { $settings.BaseUrl = $server.Url }
        $failure.FullyQualifiedErrorId | Should -Match '^PSBridge\.'
        $failure.Exception.Message | Should -Not -Match 'Traceback'
    }
    It 'says that a request is missing' {
        (Get-Failure { New-ChatCompletion }).Exception.Message | Should -Match 'required parameter CreateChatCompletionRequest missing'
    }
}

Describe 'What a view shows' {
    It 'can be read under strict mode, and is neither in JSON nor on the wire' {
        Set-StrictMode -Version Latest
        $reply = New-ChatCompletion (Get-Request)
        $reply.Text | Should -Be $reply.choices[0].message.content
        $reply.Role, $reply.FinishReason | Should -Be 'assistant', 'stop'
        $reply.Tokens | Should -Be "$($reply.usage.prompt_tokens) in, $($reply.usage.completion_tokens) out"
        $reply | Out-String | Should -Match ([regex]::Escape($reply.Tokens))
        ($reply | Select-Object Text).Text | Should -Be $reply.Text
        ConvertTo-Json $reply -Depth 9 | Should -Not -Match '"(Text|Tokens|FinishReason)"'
        $kept = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($reply))
        $kept.Text | Should -Be $reply.Text
        InModuleScope PSBridge -Parameters @{ R = $reply; K = $kept } {
            foreach ($one in $R, $K) { (Format-BridgeCall 'Name' @{ R = $one } '').Text.ToString() | Should -Not -Match '"(Text|Tokens|FinishReason)"' }
        }
        (@(New-ChatCompletion (Get-Request) -Stream).Text -join '') | Should -Be $reply.Text
        (TabExpansion2 'New-ChatCompletion hi | Select-Object T' -cursorColumn 39).CompletionMatches.CompletionText | Should -Contain 'Text'
    }
    It 'is there for lists of what is stored' {
        $stored = New-ChatCompletion (Get-Request 'kept for a list') -Store $true
        try {
            Get-ChatCompletion | Out-String | Should -Match "Completions\s+: .*$($stored.id)"
            Get-ChatCompletionMessage -CompletionId $stored.id | Out-String | Should -Match 'user: kept for a list'
        }
        finally { $null = Remove-ChatCompletion $stored.id }
    }
}

Describe 'The configuration' {
    It 'stands in one order, and shows the model that a request gets' {
        $names = @((Get-Configuration).Keys)
        $names[0] | Should -Be 'Username'
        $names.IndexOf('MaxRetryCount') | Should -Be ($names.IndexOf('TimeoutSec') + 1)
        (Get-Configuration).model | Should -Be 'gpt-4o-mini'
    }
    It 'is left alone with -WhatIf, which shows no key' {
        $before = (Get-Configuration).BaseUrl
        $said = Set-Configuration -BaseUrl 'http://127.0.0.1:9/v1' -AccessToken 'sk-what-if' -WhatIf 6>&1 | Out-String
        Set-ConfigurationDefaultHeader -Key x-what-if -Value y -WhatIf
        Set-ConfigurationApiKey -Id x-what-if -ApiKey sk-what-if -WhatIf
        (Get-Configuration).BaseUrl | Should -Be $before
        (Get-Configuration).DefaultHeaders.ContainsKey('x-what-if') | Should -BeFalse
        (Get-Configuration).ApiKey.ContainsKey('x-what-if') | Should -BeFalse
        $said | Should -Not -Match 'sk-what-if'
    }
    It 'is left alone, and nothing is asked, where a function or a block around it is called with -WhatIf' {
        function Set-Both {
            [CmdletBinding(SupportsShouldProcess = $true)]
            param()
            Set-Configuration -Model what-if
            New-ChatCompletion (Get-Request)
            Remove-ChatCompletion what-if
            New-ChatCompletion (Get-Request) -WhatIf:$false
        }
        $before = (Get-Configuration).Model
        @(Set-Both -WhatIf).Count | Should -Be 1
        & { $WhatIfPreference = $true; Set-Configuration -Model what-if }
        (Get-Configuration).Model | Should -Be $before
        @(New-ChatCompletion (Get-Request)).Count | Should -Be 1
    }

    It 'takes a SecureString and shows no secret' {
        $secret = New-Object securestring
        foreach ($character in 'sk-from-a-vault'.ToCharArray()) { $secret.AppendChar($character) }
        Set-Configuration -AccessToken $secret -Password 'pw-12345'
        $shown = Get-Configuration | Out-String
        $shown | Should -Not -Match 'vault|pw-12345'
        (Get-Configuration).AccessToken | Should -Be '********'
        (New-ChatCompletion (Get-Request)).id | Should -Not -BeNullOrEmpty
        Set-Configuration -Password ''
    }
    It 'is changed in place' {
        $settings = Get-Configuration
        $settings | Should -BeOfType [hashtable]
        $settings.Model = 'gpt-4o'
        $settings['TimeoutSec'] = 33
        $settings.DefaultHeaders['X-Team'] = 'reports'
        (New-ChatCompletion -Messages 'x').model | Should -Be 'gpt-4o'
        (Get-Configuration).TimeoutSec | Should -Be 33
        (Get-Configuration).DefaultHeaders['X-Team'] | Should -Be 'reports'
        $settings.AccessToken = 'sk-written-in-place'
        $null = New-ChatCompletion -Messages 'x'
        (Get-Configuration).AccessToken | Should -Be '********'
        $settings.Model = $null
    }
    It 'keeps a header key to itself' {
        Set-ConfigurationApiKey -Id api-key -ApiKey 'key-abcdef'
        (Get-Configuration).ApiKey | Out-String | Should -Not -Match 'abcdef'
        Set-ConfigurationApiKey -Id api-key -ApiKey ''
    }
    It 'refuses an address that is none' {
        $failure = Get-Failure { Set-Configuration -BaseUrl 'not a url' }
        $failure.Exception.Message | Should -Be "Invalid URL 'not a url' cannot be used in the base URL."
    }
    It 'knows the host' {
        (Get-HostSetting)[0].Url | Should -Be 'https://api.openai.com/v1'
        Get-UrlFromHostSetting -Index 0 | Should -Be 'https://api.openai.com/v1'
    }
}

Describe 'Stored completions' {
    It 'are listed, labelled and deleted' {
        $ids = 1..3 | ForEach-Object { (New-ChatCompletion -Messages "keep $_" -Model gpt-4o -Store $true -Metadata @{ n = "$_" }).id }
        @(Get-ChatCompletion -All).id | Should -Contain $ids[2]
        (Update-ChatCompletion $ids[0] @{ n = 'one' }).metadata.n | Should -Be 'one'
        @(Get-ChatCompletionMessage $ids[0] -All)[0].content | Should -Match 'keep 1'
        $null = Remove-ChatCompletion $ids[1] -WhatIf
        (Get-ChatCompletion $ids[1]).id | Should -Be $ids[1]
        ($ids | Remove-ChatCompletion).deleted | Should -Be $true, $true, $true
        (Get-Failure { Get-ChatCompletion $ids[0] }).Exception.StatusCode | Should -Be 404
    }
}
