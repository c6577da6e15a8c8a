# Commands as tools: the loop, what goes wrong with one, and typed answers.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    Use-PSBridge
    Set-StrictMode -Version Latest
    enum Queue { billing; access }
    class Place { [string] $Street; [Nullable[int]] $Number }
    class Ticket { [Queue] $Queue; [bool] $Urgent; [string] $Note; [Place] $Place; [datetime] $At }
    class Circle { [Circle] $Inner }
    function Get-Weather {
        <#
        .SYNOPSIS
        The weather of a city.
        .DESCRIPTION
        Of the next days.
        .PARAMETER City
        Where, as
        on the map.
        #>
        param([Parameter(Mandatory)] [ValidateSet('Bonn', 'Kiel')] [string] $City, [int] $Days = 3)
        @{ city = $City; days = $Days }
    }
    function Test-Fail { throw 'no such ticket' }
    function Test-Loop { while ($true) { } }
    function Get-Large { 'x' * 5000000 }
    function Get-Inner { New-ChatCompletion 'inner' -Model m -TextOnly }
    function New-Tool { foreach ($name in @($args | ForEach-Object { $_ })) { New-ChatTool -Command $name -Description 'x' } }
    function Get-Told {
        # What the model was told of the tools' calls in the last request.
        param($Server)
        ($Server.Requests[-1].Json.messages | Where-Object { $_.role -eq 'tool' }).content
    }
}
AfterAll { Remove-Module PSBridge }

Describe 'New-ChatTool' {
    It 'describes a function by its help' {
        $tool = New-ChatTool -Command Get-Weather
        $tool.type | Should -Be 'function'
        $tool.function.name | Should -Be 'Get-Weather'
        $tool.function.description | Should -Be "The weather of a city.`n`nOf the next days."
        $tool.function.parameters.properties.City.description | Should -Be 'Where, as on the map.'
        $tool.function.parameters.properties.City.enum | Should -Be 'Bonn', 'Kiel'
        $tool.function.strict | Should -BeTrue
    }
    It 'takes script blocks, scripts, cmdlets and commands' {
        (New-ChatTool -Command { param([int] $N) $N } -Name twice -Description x).function.parameters.properties.N.anyOf[0].type | Should -Be 'integer'
        $script = Join-Path $TestDrive 'look.ps1'
        Set-Content $script "<#`n.SYNOPSIS`nLooks.`n#>`nparam([Parameter(Mandatory)] [string] `$Where) `$Where"
        $tool = New-ChatTool -Command $script
        $tool.function.name | Should -Be 'look'
        $tool.function.description | Should -Be 'Looks.'
        (New-ChatTool -Command (Get-Command Get-Weather)).function.name | Should -Be 'Get-Weather'
        (New-ChatTool -Command Get-Date -Description x).function.parameters.properties.Format.anyOf[0].type | Should -Be 'string'
    }
    It 'is data that can be shown, and that a builder takes' {
        $tool = New-ChatTool -Command Get-Weather
        ($tool | ConvertTo-Json -Depth 9 | ConvertFrom-Json).function.parameters.required | Should -Be 'City', 'Days'
        $request = Initialize-CreateChatCompletionRequest -Messages 'x' -Model m -Tools $tool
        $request.tools[0].function.name | Should -Be 'Get-Weather'
        { New-ChatCompletion $request -InvokeTools Auto } | Should -Throw '*needs tools that can be run*'
    }
    It 'says a function without help' {
        function Get-Silent { param([int] $N) $N }
        $null = New-ChatTool -Command Get-Silent -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match "'Get-Silent' has no help"
    }
    It 'refuses <says>' -ForEach @(
        @{ block = { New-ChatTool -Command No-Such }; says = "*there is no command 'No-Such'*" }
        @{ block = { New-ChatTool -Command (Get-Process -Id $PID).Path }; says = '*is a program, whose parameters nobody knows*' }
        @{ block = { New-ChatTool -Command { 1 } }; says = '*has no name*' }
        @{ block = { New-ChatTool -Command { 1 } -Name 'not a name' -Description x }; says = '*1 to 64 letters*' }
        @{ block = { New-ChatTool -Command { param([scriptblock] $Do) } -Name f -Description x }; says = "*'Do' is of the type System.Management.Automation.ScriptBlock*" }
        @{ block = { New-ChatTool -Command { param([Circle] $C) } -Name f -Description x }; says = '*a cycle has no end*' }
    ) { $block | Should -Throw $says }
}

Describe 'A model that uses tools' {
    BeforeEach { $server = New-OfflineOpenAI }
    AfterEach { $server.Dispose() }

    It 'runs nothing unless asked' {
        $server.Reply((New-OfflineToolCall Get-Weather @{ City = 'Bonn' }))
        (New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather)).choices[0].finish_reason | Should -Be 'tool_calls'
        $server.Requests | Should -HaveCount 1
    }
    It 'is told what they gave, until there is a text' {
        $server.Reply(@((New-OfflineToolCall Get-Weather @{ City = 'Bonn' }), (New-OfflineToolCall Get-Weather @{ City = 'Kiel'; Days = $null })), 'Sunny.')
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto
        $reply.choices[0].message.content | Should -Be 'Sunny.'
        $reply.ToolCalls.Name | Should -Be 'Get-Weather', 'Get-Weather'
        $reply.ToolCalls[0].Result.city | Should -Be 'Bonn'
        $reply.ToolCalls[0].Result | Should -BeOfType hashtable
        $reply.ToolCalls[1].Arguments.City | Should -Be 'Kiel'
        $reply.ToolCalls[1].Result.days | Should -Be 3
        $reply.ToolCalls[0].Error | Should -BeNullOrEmpty
        $reply.ToolCalls[0].Elapsed | Should -BeGreaterThan 0
        (Get-Told $server)[0] | ConvertFrom-Json | ForEach-Object days | Should -Be 3
        $server.Requests[0].Json.tools[0].function.strict | Should -BeTrue
    }
    It 'sees the variables of the caller' {
        $floor = 'third'
        $tool = New-ChatTool -Command { "on the $floor floor" } -Name where -Description x
        $server.Reply((New-OfflineToolCall where), 'ok')
        $null = New-ChatCompletion 'x' -Model m -Tools $tool -InvokeTools Auto
        Get-Told $server | Should -Be 'on the third floor'
    }
    It 'goes on for twenty rounds and ends where the limit says' {
        $answers = @(1..20 | ForEach-Object { New-OfflineToolCall Get-Weather @{ City = 'Bonn'; Days = $_ } }) + 'done'
        foreach ($answer in $answers) { $server.Reply($answer) }
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto -MaxToolRounds 20
        $reply.choices[0].message.content | Should -Be 'done'
        $reply.ToolCalls | Should -HaveCount 20
        $reply.ToolCalls[19].Arguments.Days | Should -Be 20
    }
    It 'comes back with its calls not run beyond the limit' {
        $server.ReplyWhen('x', (New-OfflineToolCall Get-Weather @{ City = 'Bonn' }))
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto -MaxToolRounds 2 -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'PSBridge.ToolRounds'
        $reply.ToolCalls | Should -HaveCount 2
        $reply.choices[0].message.tool_calls | Should -HaveCount 1
    }
    It 'is told what goes wrong, and goes on: <name>' -ForEach @(
        @{ name = 'Test-Fail'; given = @{}; says = 'Error: RuntimeException: no such ticket' }
        @{ name = 'Test-Loop'; given = @{}; says = 'Error: the tool did not answer within 0.3 seconds' }
        @{ name = 'Get-Weather'; given = @{ City = 'Rome' }; says = 'Error: *Rome*' }
        @{ name = 'Get-Weather'; given = @{ City = 'Bonn'; Days = 'many' }; says = "Error: Days: 'many' is not of type*" }
        @{ name = 'Get-Weather'; given = @{ City = 'Bonn'; Extra = 1 }; says = "Error: *'Extra'*The parameters are City, Days.*" }
        @{ name = 'Get-Weather'; given = @{}; says = "Error: *'City' is a required property*" }
        @{ name = 'Get-Nobody'; given = @{}; says = "Error: there is no tool 'Get-Nobody'*" }
    ) {
        $server.Reply((New-OfflineToolCall $name $given), 'sorry')
        $tools = @(New-Tool Test-Fail, Get-Weather) + (New-ChatTool -Command Test-Loop -Description x -TimeoutSec 0.3)
        $reply = New-ChatCompletion 'x' -Model m -Tools $tools -InvokeTools Auto
        $reply.choices[0].message.content | Should -Be 'sorry'
        Get-Told $server | Should -BeLike $says
        $reply.ToolCalls[0].Error | Should -Not -BeNullOrEmpty
        $reply.ToolCalls[0].Result | Should -BeNullOrEmpty
    }
    It 'has the time that the call says for tools that say none' {
        $server.Reply((New-OfflineToolCall Test-Loop), 'sorry')
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Test-Loop) -InvokeTools Auto -ToolTimeoutSec 0.2
        $reply.ToolCalls[0].Error | Should -Be 'the tool did not answer within 0.2 seconds'
    }
    It 'is told the first error of a tool that gives nothing else' {
        $tool = New-ChatTool -Command { Get-Item '/no/such/file' } -Name look -Description x
        $server.Reply((New-OfflineToolCall look), 'ok')
        (New-ChatCompletion 'x' -Model m -Tools $tool -InvokeTools Auto).ToolCalls[0].Error | Should -Match 'Cannot find path'
    }
    It 'has a tool that prints, gives 5 MB, or asks itself' {
        $server.ReplyWhen('inner', 'from inside')
        $server.Reply(@((New-OfflineToolCall Get-Large), (New-OfflineToolCall Get-Inner)), 'fine')
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Large, Get-Inner) -InvokeTools Auto
        $reply.choices[0].message.content | Should -Be 'fine'
        $reply.ToolCalls[0].Result.Length | Should -Be 5000000
        $reply.ToolCalls[1].Result | Should -Be 'from inside'
        $tool = New-ChatTool -Command { Write-Host 'printed'; 1 } -Name say -Description x
        $server.Reply((New-OfflineToolCall say), 'ok')
        (New-ChatCompletion 'x' -Model m -Tools $tool -InvokeTools Auto -InformationAction Ignore 6> $null).ToolCalls[0].Result | Should -Be 1
    }
    It 'is told of rich objects what the console shows' {
        $tool = New-ChatTool -Command { Get-Process -Id $PID } -Name look -Description x
        $server.Reply((New-OfflineToolCall look), 'ok')
        $reply = New-ChatCompletion 'x' -Model m -Tools $tool -InvokeTools Auto
        Get-Told $server | Should -Match "$PID"
        $reply.ToolCalls[0].Result.Id | Should -Be $PID
    }
    It 'shows the calls and runs none with -WhatIf' {
        $server.Reply((New-OfflineToolCall Test-Fail))
        $reply = New-ChatCompletion 'x' -Model m -Tools (New-Tool Test-Fail) -InvokeTools Auto -WhatIf
        $reply.ToolCalls[0].Name | Should -Be 'Test-Fail'
        $reply.ToolCalls[0].Error | Should -BeNullOrEmpty
        $server.Requests | Should -HaveCount 1
    }
    It 'asks before each call with Confirm' {
        $shell = [System.Diagnostics.Process]::Start((New-Object System.Diagnostics.ProcessStartInfo -Property @{
                    FileName               = (Get-Process -Id $PID).Path
                    Arguments              = "-NoProfile -Command `"Import-Module '$(Get-ModulePath)'; " +
                    "`$server = New-OfflineOpenAI -Reply @((New-OfflineToolCall f), (New-OfflineToolCall f)), 'fine'; " +
                    "`$tool = New-ChatTool -Command { 'ran' } -Name f -Description x; " +
                    "`$reply = New-ChatCompletion 'x' -Model m -Tools `$tool -InvokeTools Confirm; `$server.Dispose(); " +
                    "'told: ' + (`$reply.ToolCalls.Result -join ',') + ';' + (`$reply.ToolCalls.Error -join ',')`""
                    UseShellExecute        = $false
                    RedirectStandardInput  = $true
                    RedirectStandardOutput = $true
                }))
        $text = $shell.StandardOutput.ReadToEndAsync()
        $shell.StandardInput.WriteLine('Y')
        $shell.StandardInput.WriteLine('N')
        $shell.StandardInput.Close()
        $ended = $shell.WaitForExit(120000)
        if (-not $ended) { $shell.Kill() }
        $text.Result | Should -Match 'The model asks for f with \{\}'
        $text.Result | Should -Match 'told: ran,?;,?the user declined this call'
    }
    It 'sends nothing with -WhatIf where tools are not to run' {
        $null = New-ChatCompletion 'x' -Model m -Tools (New-Tool Test-Fail) -InvokeTools None -WhatIf
        $server.Requests | Should -HaveCount 0
    }
    It 'streams the text, with the tools between' {
        $server.Reply((New-OfflineToolCall Get-Weather @{ City = 'Bonn' }), 'It is fine.')
        (New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto -StreamText) -join '' | Should -Be 'It is fine.'
        $server.Requests | Should -HaveCount 2
    }
    It 'works in conversations and in pipelines' {
        $session = New-ChatSession -Model m
        $server.Reply((New-OfflineToolCall Get-Weather @{ City = 'Bonn' }), 'Fine.')
        Send-ChatMessage 'x' -Session $session -Tools (New-Tool Get-Weather) -InvokeTools Auto -TextOnly | Should -Be 'Fine.'
        $session.Messages.role | Should -Be 'user', 'assistant', 'tool', 'assistant'
        $session = New-ChatSession -Model m -Parameters @{ Tools = @(New-Tool Get-Weather); InvokeTools = 'Auto' }
        $server.Reply((New-OfflineToolCall Get-Weather @{ City = 'Bonn' }), 'Fine.', (New-OfflineToolCall Get-Weather @{ City = 'Kiel' }), 'Wet.')
        'x', 'y' | Send-ChatMessage -Session $session -TextOnly | Should -Be 'Fine.', 'Wet.'
        $server.ReplyWhen('item', (New-OfflineToolCall Get-Weather @{ City = 'Kiel' }), 'Wet.')
        $said = 'item 1' | New-ChatCompletion -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto -ThrottleLimit 2 -TextOnly
        $said | Should -Be 'Wet.'
    }
    It 'refuses two tools of one name, and a job' {
        { New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather Get-Weather) -InvokeTools Auto } | Should -Throw '*two tools of the name*'
        { New-ChatCompletion 'x' -Model m -Tools (New-Tool Get-Weather) -InvokeTools Auto -AsJob } | Should -Throw '*AsJob*'
        $server.Requests | Should -HaveCount 0
    }
}

Describe 'Ctrl+C while a tool runs' {
    It 'ends the tool and the call' {
        $shell = [powershell]::Create()
        $seen = [hashtable]::Synchronized(@{ Began = $false; Ended = $false })
        [void]$shell.AddScript({
                param($Module, $Seen)
                Import-Module $Module
                $server = New-OfflineOpenAI -Reply (New-OfflineToolCall wait), 'never'
                try {
                    $tool = New-ChatTool -Command { $Seen.Began = $true; try { Start-Sleep 600 } finally { $Seen.Ended = $true } } -Name wait -Description x
                    New-ChatCompletion 'x' -Model m -Tools $tool -InvokeTools Auto
                    $Seen.Went = $true
                }
                finally {
                    $Seen.Requests = $server.Requests.Count
                    $server.Dispose()
                }
            }).AddArgument((Get-ModulePath)).AddArgument($seen)
        $running = $shell.BeginInvoke()
        Wait-Until { $seen.Began -or $running.IsCompleted }
        $shell.Stop()
        "$($shell.InvocationStateInfo.State)" | Should -Be 'Stopped'
        $seen.Ended | Should -BeTrue
        $seen.Requests | Should -Be 1
        $seen.ContainsKey('Went') | Should -BeFalse
        $shell.Dispose()
    }
}

Describe 'Typed answers' {
    BeforeEach { $server = New-OfflineOpenAI }
    AfterEach { $server.Dispose() }

    It 'are instances of a class' {
        $server.Reply(@{ Queue = 'access'; Urgent = $true; Note = $null; Place = @{ Street = 'Weg'; Number = 3 }; At = '2024-05-06T07:08:09' })
        $reply = New-ChatCompletion 'x' -Model m -As ([Ticket])
        $reply.Parsed | Should -BeOfType ([Ticket])
        $reply.Parsed.Queue | Should -Be ([Queue]::access)
        $reply.Parsed.Place.Number | Should -Be 3
        $reply.Parsed.At | Should -Be ([datetime]'2024-05-06T07:08:09')
        $format = $server.Requests[0].Json.response_format.json_schema
        $format.strict | Should -BeTrue
        $format.name | Should -Be 'Ticket'
        $format.schema.required | Should -Be 'Queue', 'Urgent', 'Note', 'Place', 'At'
        $format.schema.properties.Note.anyOf.type | Should -Be 'string', 'null'
        $format.schema.properties.Place.additionalProperties | Should -BeFalse
    }
    It 'are enums, lists and tables, alone with -ParsedOnly' {
        $server.Reply(@{ value = 'billing' }, @{ value = @(@{ Street = 'a'; Number = $null }, @{ Street = 'b'; Number = 2 }) }, @{ any = @{ deep = 1 } })
        New-ChatCompletion 'x' -Model m -As ([Queue]) -ParsedOnly | Should -Be ([Queue]::billing)
        $places = New-ChatCompletion 'x' -Model m -As ([Place[]]) -ParsedOnly
        $places | Should -HaveCount 2
        $places[1] | Should -BeOfType ([Place])
        $table = New-ChatCompletion 'x' -Model m -As Hashtable -ParsedOnly
        $table | Should -BeOfType hashtable
        $table.any.deep | Should -Be 1
    }
    It 'are made in pipelines and conversations too' {
        $server.ReplyWhen('x', @{ Street = 'a'; Number = 1 })
        $all = 'x1', 'x2' | New-ChatCompletion -Model m -As ([Place]) -ParsedOnly -ThrottleLimit 2
        $all | Should -HaveCount 2
        $all[1] | Should -BeOfType ([Place])
        (Send-ChatMessage 'x' -Session (New-ChatSession -Model m) -As ([Place])).Parsed | Should -BeOfType ([Place])
    }
    It 'that do not fit are errors with the text' {
        $server.Reply(@{ Street = 5; Number = 1 })
        $failure = Get-Failure { New-ChatCompletion 'x' -Model m -As ([Place]) }
        $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.AnswerInvalid*'
        ($failure.Exception.Text | ConvertFrom-Json).Street | Should -Be 5
    }
    It 'refuse <says>' -ForEach @(
        @{ given = { [Circle] }; says = '*a cycle has no end*' }
        @{ given = { [scriptblock] }; says = '*no JSON*' }
        @{ given = { 'Tikcet' }; says = '*must be a type*' }
    ) {
        $type = & $given
        { New-ChatCompletion 'x' -Model m -As $type } | Should -Throw $says
        $server.Requests | Should -HaveCount 0
    }
}
