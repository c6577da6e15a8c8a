BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    Use-PSBridge
    Set-StrictMode -Version Latest
}
AfterAll { Remove-Module PSBridge }

Describe 'A built object' {
    It 'has every property of its model, the unset ones as null' {
        $message = Initialize-ChatCompletionRequestUserMessage -Content 'hi' -Role user
        $message.content | Should -Be 'hi'
        $message.name | Should -BeNullOrEmpty
        $message.PSObject.TypeNames[0] | Should -Be 'PSBridge.ChatCompletionRequestUserMessage'
        $message -is [System.Management.Automation.PSCustomObject] | Should -BeTrue
    }
    It 'takes a property afterwards, and sends that and nothing unset' {
        $request = Initialize-CreateChatCompletionRequest -Messages (Initialize-ChatCompletionRequestUserMessage hi user) -Model gpt-4o
        $request.temperature = 0.2
        InModuleScope PSBridge -Parameters @{ R = $request } {
            $sent = (Format-BridgeCall 'Name' @{ R = $R } '').Text.ToString() | ConvertFrom-Json
            $sent.parameters.R | ConvertTo-Json -Compress -Depth 9 |
                Should -Be '{"$psbridge":"model","type":"CreateChatCompletionRequest","set":{"messages":[{"$psbridge":"model","type":"ChatCompletionRequestUserMessage","set":{"content":"hi","role":"user"}}],"model":"gpt-4o","temperature":0.2}}'
        }
    }
    It 'tells a null that was given from one that was not' {
        $made = Initialize-ChatCompletionRequestAssistantMessage -Role assistant -Content $null
        InModuleScope PSBridge -Parameters @{ R = $made } {
            $text = (Format-BridgeCall 'Name' @{ R = $R } '').Text.ToString()
            $text | Should -Match '"content":null'
            $text | Should -Not -Match 'refusal'
            $R.refusal = $null
            $text = (Format-BridgeCall 'Name' @{ R = $R } '').Text.ToString()
            $text | Should -Match '"refusal":null'
        }
    }
    It 'keeps tables of any keys, those of .NET and of the wire among them' {
        $made = Initialize-FunctionObject -Name f -Parameters @{ '$type' = 'A.B'; set = 1; '$model' = @('x'); type = @{ '$type' = $null } }
        $made.parameters.'$type' | Should -Be 'A.B'
        $made.parameters.set | Should -Be 1
        $made.parameters.'$model' | Should -Be @('x')
        $made.parameters.type.PSObject.Properties.Name | Should -Be '$type'
    }
    It 'is built from each object of a pipeline without values of the one before' {
        $made = @([pscustomobject]@{ Content = 'a'; Role = 'user'; Name = 'n' }, [pscustomobject]@{ Content = 'b'; Role = 'user' }) |
            Initialize-ChatCompletionRequestUserMessage
        $made[0].name | Should -Be 'n'
        $made[1].content | Should -Be 'b'
        $made[1].name | Should -BeNullOrEmpty
    }
    It 'reports an object of a pipeline that cannot be built and goes on' {
        $problems = $null
        $made = @([pscustomobject]@{ Name = 'f' }, [pscustomobject]@{ Strict = $true }, [pscustomobject]@{ Name = 'g' }) |
            Initialize-FunctionObject -ErrorVariable problems -ErrorAction SilentlyContinue
        $made.name | Should -Be 'f', 'g'
        $problems.Count | Should -Be 1
        $problems[0].TargetObject.Strict | Should -BeTrue
    }
    It 'has an empty text for a $null given to a text, as PowerShell binds it, and null where it is assigned' {
        $made = Initialize-CreateChatCompletionRequest -Messages hi -User $null -Temperature $null
        $made.user | Should -BeExactly ''
        $made.user = $null
        InModuleScope PSBridge -Parameters @{ R = $made } {
            $text = (Format-BridgeCall 'Name' @{ R = $R } '').Text.ToString()
            $text | Should -Match '"user":null'
            $text | Should -Match '"temperature":null'
        }
    }
    It 'is made of a text, a file''s lines, and no role or model where there is but one' {
        Set-Content (Join-Path $TestDrive 'lines.txt') 'one', 'two'
        $message = Initialize-ChatCompletionRequestUserMessage -Content (Get-Content (Join-Path $TestDrive 'lines.txt'))
        $message.content | Should -BeExactly "one`ntwo"
        $message.role | Should -Be 'user'
        $made = Initialize-CreateChatCompletionRequest -Messages 'hi'
        $made.messages[0].content | Should -Be 'hi'
        $made.model | Should -BeNullOrEmpty
    }
    It 'leaves a parameter open when a choice was built of nothing' {
        $open = Initialize-CreateChatCompletionRequestModel
        $open.PSObject.TypeNames[0] | Should -Be 'PSBridge.Unset'
        $request = Initialize-CreateChatCompletionRequest -Messages @{ role = 'user'; content = 'x' } -Model $open
        $request.model | Should -BeNullOrEmpty
    }
    It 'keeps members that the model does not know' {
        $made = ConvertFrom-JsonToChatCompletionRequestUserMessage '{"content":"hi","role":"user","brand_new":{"a":[1]}}'
        $made.brand_new.a[0] | Should -Be 1
    }
    It 'stays an array when the value is an array of one' {
        $stop = Initialize-CreateChatCompletionRequestStop @('END')
        , $stop | Should -BeOfType [array]
        $stop.Count | Should -Be 1
    }
}

Describe 'Every command' {
    It 'says what it gives, so that what follows it in a pipeline can be completed' {
        Get-Command -Module PSBridge | Where-Object { -not $_.OutputType.Count } | ForEach-Object Name | Should -BeNullOrEmpty
        (Get-Command Initialize-ChatCompletionRequestUserMessage).OutputType.Name |
            Should -Be (Initialize-ChatCompletionRequestUserMessage hi).PSObject.TypeNames[0]
    }
}

Describe 'A value that is refused' {
    It 'names the parameter in the words of the reference' {
        $failure = Get-Failure { Initialize-CreateChatCompletionRequest -Messages @{ role = 'user'; content = 'x' } -Temperature 3 }
        $failure.Exception.Message | Should -Be "invalid value for 'Temperature', must be smaller than or equal to 2."
        $failure.FullyQualifiedErrorId | Should -Be 'PSBridge.InvalidValue,Initialize-CreateChatCompletionRequest'
        $failure.CategoryInfo.Category | Should -Be 'InvalidData'
        $failure.Exception.Parameter | Should -Be 'Temperature'
    }
    It 'is not an error that stops the script when -ErrorAction says so' {
        Initialize-CreateChatCompletionRequest -Messages @{ role = 'user'; content = 'x' } -Temperature 3 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
    It 'is refused by PowerShell itself when it is not among the listed ones' {
        (Get-Failure { Initialize-ChatCompletionRequestUserMessage -Content x -Role nobody }).FullyQualifiedErrorId |
            Should -Be 'ParameterArgumentValidationError,Initialize-ChatCompletionRequestUserMessage'
    }
}

Describe 'Values on their way to Python and back' {
    BeforeAll {
        function Send-Value($Value) { (Initialize-FunctionObject -Name f -Parameters @{ v = $Value }).parameters.v }
    }
    It 'keeps <name>' -ForEach @(
        @{ name = 'text with quotes, backslash and control characters'; value = "a`"b\c`r`n`t$([char]1)$([char]0)" }
        @{ name = 'accents and emoji'; value = "Z$([char]0xFC)rich $([char]::ConvertFromUtf32(0x1F600)) $([char]0x2028)" }
        @{ name = 'text that looks like a date'; value = '2024-01-02T03:04:05Z' }
        @{ name = 'text that looks like an old date'; value = '/Date(1704164645000)/' }
        @{ name = 'a whole number'; value = 7 }
        @{ name = 'a large whole number'; value = 9007199254740993 }
        @{ name = 'a negative number'; value = -3 }
        @{ name = 'a double'; value = 0.1 }
        @{ name = 'true'; value = $true }
        @{ name = 'false'; value = $false }
        @{ name = 'an empty text'; value = '' }
    ) {
        Send-Value $value | Should -BeExactly $value
    }
    It 'keeps null' { Send-Value $null | Should -BeNullOrEmpty }
    It 'keeps arrays of none, one and two' {
        $back = (Initialize-FunctionObject -Name f -Parameters @{ none = @(); one = @('a'); two = @('a', 'b'); nested = @(, @(1)) }).parameters
        , $back.none | Should -BeOfType [array]
        $back.none.Count | Should -Be 0
        , $back.one | Should -BeOfType [array]
        $back.two | Should -Be 'a', 'b'
        , $back.nested[0] | Should -BeOfType [array]
    }
    It 'writes a decimal as the number it is' { Send-Value ([decimal]'0.70') | Should -Be 0.7 }
    It 'writes a date as ISO text' {
        Send-Value ([datetime]::new(2024, 1, 2, 3, 4, 5, [System.DateTimeKind]::Utc)) | Should -BeExactly '2024-01-02T03:04:05Z'
    }
    It 'writes an enum by its name' { Send-Value ([System.DayOfWeek]::Monday) | Should -BeExactly 'Monday' }
    It 'writes a Guid and an address as text' {
        Send-Value ([guid]'00000000-0000-0000-0000-000000000001') | Should -Be '00000000-0000-0000-0000-000000000001'
        Send-Value ([uri]'https://example.org/a b') | Should -Be 'https://example.org/a b'
    }
    It 'takes a line of a file as plain text' {
        $file = Join-Path $TestDrive 'line.txt'
        Set-Content -Path $file -Value 'one line'
        Send-Value (Get-Content $file) | Should -BeExactly 'one line'
        Send-Value (Get-Content $file).Length | Should -Be 8
    }
    It 'takes integer keys' {
        $request = Initialize-CreateChatCompletionRequest -Messages @{ role = 'user'; content = 'x' } -Model m -LogitBias @{ 50256 = -100 }
        $request.logit_bias.'50256' | Should -Be -100
    }
    It 'keeps the order of an ordered dictionary' {
        $back = Send-Value ([ordered]@{ z = 1; a = 2; m = 3 })
        @($back.PSObject.Properties.Name) | Should -Be 'z', 'a', 'm'
    }
    It 'keeps keys that differ only in case' {
        $table = New-Object System.Collections.Hashtable
        $table['a'] = 1
        $table['A'] = 2
        $back = Send-Value $table
        $back['a'] | Should -Be 1
        $back['A'] | Should -Be 2
    }
    It 'takes a schema that was read from JSON, and the order of one that has one' {
        $schema = '{"type":"object","properties":{"z":{"type":["string","null"]},"a":{"enum":["x"]}},"required":["z"],"additionalProperties":false}'
        $orders = [ordered]@{ type = 'object'; properties = [ordered]@{ z = @{ type = 'string' }; a = @{ type = 'string' } }; required = @('z') }
        foreach ($made in (Initialize-FunctionObject -Name f -Parameters ($schema | ConvertFrom-Json)).parameters,
            (Initialize-ResponseFormatJsonSchemaJsonSchema -Name f -Schema ($schema | ConvertFrom-Json)).schema,
            ([pscustomobject]@{ Name = 'f'; Parameters = $schema | ConvertFrom-Json } | Initialize-FunctionObject).parameters) {
            ConvertTo-Json $made -Depth 9 -Compress | Should -BeExactly $schema
        }
        foreach ($made in (Initialize-FunctionObject -Name f -Parameters $orders).parameters,
            (Initialize-ResponseFormatJsonSchemaJsonSchema -Name f -Schema $orders).schema) {
            ConvertTo-Json $made -Depth 9 -Compress | Should -BeExactly (ConvertTo-Json $orders -Depth 9 -Compress)
        }
        (Get-Failure { Initialize-FunctionObject -Name f -Parameters 'text' }).FullyQualifiedErrorId |
            Should -Be 'ParameterArgumentTransformationError,Initialize-FunctionObject'
    }
    It 'takes what ConvertTo-Json takes: <name>' -ForEach @(
        @{ name = 'DBNull'; value = { [System.DBNull]::Value }; json = 'null' }
        @{ name = 'NullString'; value = { @{ n = [System.Management.Automation.Language.NullString]::Value } }; json = '{"n":null}' }
        @{ name = 'an instance of a class'; value = { class Part { [int] $X = 1 }; class Whole : Part { [Part[]] $Parts = @([Part]::new()); $None }; [Whole]::new() }; json = '{"Parts":[{"X":1}],"None":null,"X":1}' }
        @{ name = 'a row of a database'; value = { $t = New-Object System.Data.DataTable; 'a', 'b' | ForEach-Object { [void]$t.Columns.Add($_) }; [void]$t.Rows.Add('1', [System.DBNull]::Value); , $t.Rows[0] }; json = '{"a":"1","b":null}' }
        @{ name = 'a generic dictionary'; value = { $d = New-Object 'System.Collections.Generic.Dictionary[string,object]'; $d['z'] = 1; $d['a'] = @(); $d }; json = '{"z":1,"a":[]}' }
    ) {
        ConvertTo-Json -InputObject (Send-Value (& $value)) -Depth 9 -Compress | Should -BeExactly $json
    }
    It 'takes a document of .NET''s own readers' -Skip:($PSVersionTable.PSEdition -ne 'Core') {
        foreach ($document in [System.Text.Json.Nodes.JsonNode]::Parse("{`"a`":`n[1,null]}"), [System.Text.Json.JsonDocument]::Parse("{`"a`":`n[1,null]}"),
            [System.Text.Json.JsonDocument]::Parse('{"a":[1,null]}').RootElement, [Newtonsoft.Json.Linq.JObject]::Parse('{"a":[1,null]}')) {
            ConvertTo-Json -InputObject (Send-Value @{ d = $document }) -Depth 9 -Compress | Should -BeExactly '{"d":{"a":[1,null]}}'
        }
    }
    It 'takes no data for the protocol''s own, either way' {
        $data = [ordered]@{ a = @{ '$psbridge' = 'unset' }; b = [pscustomobject]@{ '$psbridge' = 'file'; value = 'x' }; c = @(, @{ '$psbridge' = @('Turn', 'Result', 1) }) }
        $back = Send-Value $data
        $back.a.'$psbridge' | Should -BeExactly 'unset'
        $back.b.'$psbridge' | Should -BeExactly 'file'
        $back.b.value | Should -BeExactly 'x'
        $back.c[0].'$psbridge' | Should -Be 'Turn', 'Result', 1
        (Send-Value $back).a.'$psbridge' | Should -BeExactly 'unset'
    }
    It 'keeps members whose names no object of PowerShell can have, beside those it has' {
        $text = '{"name":"x","NAME":"Y","":"E","PSObject":"P","pstypenames":"T","PSBridge":{"Set":"S"},"x":{"":1,"psobject":2,"a":3,"A":4},"$psbridge":"unset"}'
        $made = ConvertFrom-JsonToFunctionObject $text
        $made.name | Should -BeExactly 'x'
        $made.'$psbridge' | Should -BeExactly 'unset'
        @($made.PSBridge.More.Keys) | Should -BeExactly 'NAME', '', 'PSObject', 'pstypenames', 'PSBridge'
        $made.PSBridge.More['NAME'] | Should -BeExactly 'Y'
        @($made.x.Keys) | Should -BeExactly '', 'psobject', 'a', 'A'
        $held = Send-Value $made
        foreach ($one in $held, (Send-Value ([System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($made))))) {
            $one['name'] | Should -BeExactly 'x'
            $one['NAME'] | Should -BeExactly 'Y'
            $one[''] | Should -BeExactly 'E'
            $one['PSBridge'].Set | Should -BeExactly 'S'
            $one['$psbridge'] | Should -BeExactly 'unset'
        }
    }
    It 'reaches a hundred levels deep' {
        $deep = 'bottom'
        foreach ($level in 1..100) { $deep = @{ in = $deep } }
        $back = Send-Value $deep
        foreach ($level in 1..100) { $back = $back.in }
        $back | Should -Be 'bottom'
    }
    It 'leaves Unset members out wherever they stand' {
        $open = Initialize-CreateChatCompletionRequestStop
        $back = Send-Value @{ a = 1; b = $open }
        @($back.PSObject.Properties.Name) | Should -Be 'a'
    }
    It 'refuses <name> in a sentence' -ForEach @(
        @{ name = 'a process'; value = { [System.Diagnostics.Process]::GetCurrentProcess() }; says = 'a System.Diagnostics.Process has no JSON form' }
        @{ name = 'a file'; value = { Get-Item $PSScriptRoot }; says = 'Get-Content -Raw' }
        @{ name = 'NaN'; value = { [double]::NaN }; says = 'not a number that JSON can carry' }
        @{ name = 'infinity'; value = { [double]::PositiveInfinity }; says = 'not a number that JSON can carry' }
        @{ name = 'a table that contains itself'; value = { $t = @{}; $t.me = $t; $t }; says = 'contains itself' }
        @{ name = 'a SecureString'; value = { $s = New-Object securestring; $s }; says = 'secrets only' }
        @{ name = 'a script block'; value = { { 1 } }; says = 'ScriptBlock has no JSON form' }
        @{ name = 'two keys of one spelling'; value = { $t = @{ 1 = 'a' }; $t['1'] = 'b'; $t }; says = "written '1'" }
        @{ name = 'half a surrogate pair'; value = { [string][char]0xD800 }; says = 'surrogate pair' }
    ) {
        $value = & $value
        $failure = Get-Failure { Send-Value $value }
        $failure.Exception.Message | Should -Match ([regex]::Escape($says))
        $failure.FullyQualifiedErrorId | Should -Be 'PSBridge.InvalidValue,Initialize-FunctionObject'
        Send-Value 'next' | Should -Be 'next'
    }
    It 'names the place of what cannot be sent' {
        $half = "a$([char]0xD83D)"
        $said = (Get-Failure { Initialize-FunctionObject -Name f -Parameters @{ v = @('x', @{ w = @(1, $half) }) } }).Exception.Message
        $said | Should -BeLike "Cannot send 'Parameters.v?1?.w?1?':*"
        $said = (Get-Failure { New-ChatCompletion -Model m -Messages 'x', ([pscustomobject]@{ role = 'user'; content = $half }) }).Exception.Message
        $said | Should -BeLike "Cannot send 'Messages?1?.content':*"
    }
    It 'reads the same with the reader that has no fast path' {
        $line = '{"a":"2024-01-02T03:04:05Z","b":[1,-2.5,true,null,[],{}],"n":123456789012345678901,"k y":{"":1,"x":"\u0001\ud83d\ude00"}}'
        InModuleScope PSBridge -Parameters @{ Line = $line } {
            $read = ConvertFrom-BridgeText $Line
            $read.a | Should -BeExactly '2024-01-02T03:04:05Z'
            $read.b.Count | Should -Be 6
            $read.b[0] | Should -Be 1
            $read.b[1] | Should -Be -2.5
            $read.b[2] | Should -BeTrue
            $read.b[3] | Should -Be $null
            $read.b[4].Count | Should -Be 0
            $read.n | Should -Be ([bigint]::Parse('123456789012345678901'))
            $read.'k y'[''] | Should -Be 1
            $read.'k y'['x'] | Should -BeExactly "$([char]1)$([char]::ConvertFromUtf32(0x1F600))"
        }
    }
    It 'carries a message of 30 MB' {
        $long = 'x' * 30MB
        (Initialize-ChatCompletionRequestUserMessage -Content $long -Role user).content.Length | Should -Be $long.Length
    }
}
