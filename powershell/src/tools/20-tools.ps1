# Commands as tools: what PowerShell says of them, and how the worker has them run.
#
# The worker makes the schemas and decides what runs; here is what only PowerShell knows: its commands and their help,
# and the caller's runspace, where a tool sees the caller's variables and Ctrl+C ends it.

$script:Described = @{}  # commands on their way to becoming tools, by number
$script:Tools = @{}      # by number, as long as somebody holds them
# What is behind a tool, apart from it: ConvertTo-Json -Depth 9 of a command has no end.
$script:Behind = [System.Runtime.CompilerServices.ConditionalWeakTable[object, object]]::new()
$script:Results = @{}    # what tools gave, by question, until the reply that holds it is read

function Invoke-BridgeThere {
    # Runs a text where the caller is: what is defined there is known there only. Its first result.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Text, [object[]] $Given)
    $block = [scriptblock]::Create($Text)
    $Cmdlet.SessionState.InvokeCommand.InvokeScript($Cmdlet.SessionState, $block, $Given) | Select-Object -First 1
}

function Resolve-BridgeCommand {
    # The command that was meant: by name as the caller would call it, a script block, or a command itself.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Given)
    if ($Given -is [psobject]) { $Given = $Given.PSObject.BaseObject }
    if ($Given -is [scriptblock]) { return $Given }
    $command = $Given
    if ($command -isnot [System.Management.Automation.CommandInfo]) {
        $kinds = [System.Management.Automation.CommandTypes]'Alias, Function, Filter, Cmdlet, ExternalScript, Application'
        $look = '& { param($Name, $Kinds) $ExecutionContext.InvokeCommand.GetCommand($Name, $Kinds) } @args'
        $command = Invoke-BridgeThere $Cmdlet $look @("$Given", $kinds)
        if ($null -eq $command) { return "there is no command '$Given'" }
    }
    while ($command -is [System.Management.Automation.AliasInfo]) {
        if ($null -eq $command.ReferencedCommand) { return "the alias '$($command.Name)' stands for no command" }
        $command = $command.ReferencedCommand
    }
    if ($command -is [System.Management.Automation.ApplicationInfo]) {
        return "'$($command.Name)' is a program, whose parameters nobody knows; write a function around it"
    }
    $command
}

function Set-BridgeCommand {
    # New-ChatTool: the command as the worker is told of it.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Own)
    $trouble = [System.Collections.ArrayList]::new()
    $command = Resolve-BridgeCommand $Call.Cmdlet $Own['Command']
    if ($command -is [string]) { [void]$trouble.Add($command) }
    else {
        $name = if ($command -is [scriptblock]) { '' } else { $command.Name -replace '\.ps1$' }
        if ($Own['Name']) { $name = $Own['Name'] }
        if (-not $name) { [void]$trouble.Add('a script block has no name: give it one with -Name') }
        else { $told = Get-BridgeCommandFact $Call.Cmdlet $command $name $trouble }
    }
    if ($trouble.Count) {
        $why = "invalid value for 'Command', $($trouble -join '; ')."
        $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $Own['Command']
        $Call.Cmdlet.ThrowTerminatingError($record)
    }
    if ($Own['Description']) { $told['description'] = $Own['Description'] }
    elseif (-not $told['description']) {
        $Call.Cmdlet.WriteWarning(
            "'$name' has no help: the model knows nothing of it but its name. Write a .SYNOPSIS, or give -Description.")
    }
    if ($null -ne $Own['TimeoutSec']) { $told['timeout'] = $Own['TimeoutSec'] }
    $script:Described[$told['number']] = @{ Command = $command; Told = $told }
    foreach ($key in @($Own.Keys)) { if ($key -in 'Name', 'Description', 'TimeoutSec') { [void]$Own.Remove($key) } }
    $Own['Command'] = [pscustomobject]@{ PSTypeName = 'PSBridge.Mark'; '$psbridge' = 'command'; told = $told }
}

function Get-BridgeCommandFact {
    # A command's name, help and parameters.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Command, [string] $Name, [System.Collections.ArrayList] $Trouble)
    $told = [ordered]@{ number = [guid]::NewGuid().ToString('N'); name = $Name; description = ''; parameters = @() }
    $ast = $null
    $info = $Command
    if ($Command -is [scriptblock]) {
        $ast = $Command.Ast
        # A script block has no parameters to ask for; a function of it has.
        $info = Invoke-BridgeThere $Cmdlet @'
& {
    param($Block)
    ${Function:PSBridgeTool} = $Block
    $command = Get-Command -Name PSBridgeTool -CommandType Function
    $null = $command.ParameterSets
    $command
} @args
'@ @($Command)
    }
    elseif ($Command.PSObject.Properties['ScriptBlock'] -and $null -ne $Command.ScriptBlock) { $ast = $Command.ScriptBlock.Ast }
    $help = Get-BridgeHelp $Command $ast
    $told['description'] = $help['']
    $defaults = Get-BridgeDefault $ast
    $set = @($info.ParameterSets | Where-Object { $_.IsDefault }) + @($info.ParameterSets) | Select-Object -First 1
    $common = @([System.Management.Automation.Cmdlet]::CommonParameters) +
    @([System.Management.Automation.Cmdlet]::OptionalCommonParameters)
    $told['parameters'] = @(foreach ($parameter in $set.Parameters) {
            if ($common -contains $parameter.Name) { continue }
            $found = [System.Collections.ArrayList]::new()
            $shape = Get-BridgeShape $parameter.ParameterType $parameter.Name $found
            if ($found.Count) {
                # A function can be written anew, a cmdlet cannot: it goes without what no model could give it.
                if ($null -eq $ast -and -not $parameter.IsMandatory) { $Cmdlet.WriteVerbose("$($Name): parameter $($found -join '; ')") }
                else { [void]$Trouble.Add("'$Name' has a parameter without a JSON schema: $($found -join '; ')") }
                continue
            }
            $about = [ordered]@{
                name = $parameter.Name; shape = $shape; mandatory = $parameter.IsMandatory
                limits = Get-BridgeLimit $parameter.Attributes $shape
                null = $parameter.IsMandatory -and
                @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.AllowNullAttribute] }).Count -gt 0
                help = if ($parameter.HelpMessage) { $parameter.HelpMessage } else { $help[$parameter.Name] }
            }
            if ($defaults.ContainsKey($parameter.Name)) { $about['default'] = $defaults[$parameter.Name] }
            $about
        })
    $told
}

function Get-BridgeHelp {
    # A command's help: of itself under '', of its parameters by name.
    [CmdletBinding()]
    param([object] $Command, [System.Management.Automation.Language.Ast] $Ast)
    $help = @{ '' = '' }
    if ($null -ne $Ast) {
        $written = $Ast.GetHelpContent()
        if ($null -eq $written) { return $help }
        $help[''] = (@($written.Synopsis, $written.Description) | Where-Object { $_ } | ForEach-Object { $_.Trim() }) -join "`n`n"
        foreach ($name in $written.Parameters.Keys) { $help[$name] = $written.Parameters[$name].Trim() -replace '\s*\r?\n\s*', ' ' }
        return $help
    }
    $written = Get-Help -Name $Command.Name -ErrorAction Ignore | Select-Object -First 1
    if ($null -eq $written) { return $help }
    # Without help files PowerShell says the syntax instead.
    $synopsis = "$($written.Synopsis)".Trim()
    if (-not $synopsis.StartsWith($Command.Name)) { $help[''] = $synopsis }
    if ($written.PSObject.Properties['parameters'] -and $written.parameters.PSObject.Properties['parameter']) {
        foreach ($parameter in $written.parameters.parameter) {
            if ($parameter.PSObject.Properties['description']) {
                $help["$($parameter.name)"] = (@($parameter.description | ForEach-Object { $_.Text }) -join ' ').Trim()
            }
        }
    }
    $help
}

function Get-BridgeDefault {
    # The defaults that are written down as values, by parameter.
    [CmdletBinding()]
    param([System.Management.Automation.Language.Ast] $Ast)
    $defaults = @{}
    $parameters = @()
    if ($Ast -is [System.Management.Automation.Language.FunctionDefinitionAst]) {
        if ($Ast.Parameters) { $parameters = $Ast.Parameters }
        $Ast = $Ast.Body
    }
    if ($Ast -is [System.Management.Automation.Language.ScriptBlockAst] -and $null -ne $Ast.ParamBlock) {
        $parameters = $Ast.ParamBlock.Parameters
    }
    foreach ($parameter in $parameters) {
        if ($null -eq $parameter.DefaultValue) { continue }
        # What is no value but has to be worked out is not told.
        try { $value = $parameter.DefaultValue.SafeGetValue() }
        catch { continue }
        if ($null -ne $value) { $defaults[$parameter.Name.VariablePath.UserPath] = $value }
    }
    $defaults
}

function New-BridgeTool {
    # What New-ChatTool gives: the definition that a request has, and the command behind it.
    [CmdletBinding()]
    param([object[]] $Told)
    $members = [ordered]@{}
    for ($i = 1; $i -lt $Told.Count; $i += 2) { $members[$Told[$i]] = $script:Reader.Read($Told[$i + 1]) }
    $number = $members['Number']
    $known = $script:Tools[$number]
    if ($null -ne $known -and $null -ne $known.Target) { return $known.Target }  # as a conversation's parameter
    $described = $script:Described[$number]
    $script:Described.Remove($number)
    $members.Remove('Number')
    $tool = [pscustomobject]$members
    $tool.PSObject.TypeNames.Insert(0, 'PSBridge.ChatTool')
    $script:Behind.Add($tool, $described)
    $tool
}

function ConvertTo-BridgeToolMark {
    # A tool within a request, as the worker knows it; one that was copied or came from elsewhere can be declared only.
    [CmdletBinding()]
    param([psobject] $Tool)
    $behind = $null
    if (-not $script:Behind.TryGetValue($Tool, [ref]$behind)) { return [pscustomobject]@{ type = $Tool.type; function = $Tool.function } }
    if ($script:Tools.Count -gt 1000) {
        foreach ($number in @($script:Tools.Keys)) { if (-not $script:Tools[$number].IsAlive) { $script:Tools.Remove($number) } }
    }
    $script:Tools[$behind.Told['number']] = [System.WeakReference]::new($Tool)
    if ($null -eq $behind['Text']) { $behind['Text'] = ConvertTo-BridgeText $behind.Told }
    [pscustomobject]@{ PSTypeName = 'PSBridge.Mark'; '$psbridge' = 'command'; told = $behind['Text'] }
}

function Get-BridgeResult {
    # What a tool gave, as it gave it.
    [CmdletBinding()]
    param([object[]] $Told)
    $result = $script:Results[$Told[2]]
    $script:Results.Remove($Told[2])
    , $result
}

function Clear-BridgeResult {
    # Nobody asks for these any more.
    [CmdletBinding()]
    param([hashtable] $Call)
    foreach ($key in $Call.Kept) { $script:Results.Remove($key) }
    $Call.Kept = $null
}

function Invoke-BridgeCommand {
    # What the worker asks of a tool's call: run it, ask the user whether it may run, or show what is not run.
    [CmdletBinding()]
    param([hashtable] $Call, [psobject] $Asked)
    $command = $Asked.command
    $cmdlet = $Call.Cmdlet
    $told = @{}
    if ($command.does -eq 'show') { [void]$cmdlet.ShouldProcess($command.text, $command.name) }
    elseif ($command.does -eq 'confirm') {
        $told['yes'] = $cmdlet.ShouldContinue("The model asks for $($command.name) with $($command.text)", 'Run this tool?')
    }
    elseif ($cmdlet.ShouldProcess($command.text, $command.name)) {
        $told = Invoke-BridgeTool $Call $command "$($Asked.id) $($Asked.question)"
    }
    else { $told['error'] = 'the user declined this call' }
    $writer = $script:Writer::new()
    $writer.Add([ordered]@{ id = $Asked.id; question = $Asked.question; value = $told }, 'result')
    Send-BridgeNotice $Call.Connection 'told' $writer.Text.ToString()
}

function Invoke-BridgeTool {
    # Runs a tool in the caller's runspace, within its time; what is told of it to the worker.
    [CmdletBinding()]
    param([hashtable] $Call, [psobject] $Command, [string] $Key)
    $tool = $script:Tools[$Command.number]
    if ($null -ne $tool) { $tool = $tool.Target }
    $behind = $null
    if ($null -eq $tool -or -not $script:Behind.TryGetValue($tool, [ref]$behind)) {
        return @{ error = "the tool '$($Command.name)' is not known in this runspace" }
    }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $arguments = ConvertTo-BridgeArgument $behind.Told $Command.arguments
    $shell = [powershell]::Create([System.Management.Automation.RunspaceMode]::CurrentRunspace)
    $timer = $null
    $stopping = $null
    try {
        # Named apart from what a script may have: its variables are seen from here.
        [void]$shell.AddScript('param($PSBridgeCommand, $PSBridgeArguments) & $PSBridgeCommand @PSBridgeArguments', $true)
        [void]$shell.AddArgument($behind.Command).AddArgument($arguments)
        if ($null -ne $Command.limit) {
            $timer = [System.Threading.CancellationTokenSource]::new([timespan]::FromSeconds($Command.limit))
            $stopping = $timer.Token.Register((New-BridgeStop $shell))
        }
        $failure = $null
        $output = @()
        try { $output = $shell.Invoke() }
        catch [System.Management.Automation.PipelineStoppedException] {
            if ($null -eq $timer -or -not $timer.IsCancellationRequested) { throw }
        }
        catch { $failure = $_.Exception.GetBaseException() }
        $elapsed = $clock.Elapsed.TotalSeconds
        if ("$($shell.InvocationStateInfo.State)" -eq 'Stopped' -and $null -ne $timer -and $timer.IsCancellationRequested) {
            return @{ elapsed = $elapsed; error = "the tool did not answer within $($Command.limit.ToString($script:Invariant)) seconds" }
        }
        if ($null -ne $failure) { return @{ elapsed = $elapsed; error = Get-BridgeSentence $failure } }
        $errors = @($shell.Streams.Error)
        if ($errors.Count) {
            if (-not $output.Count) { return @{ elapsed = $elapsed; error = Get-BridgeSentence $errors[0].Exception } }
            # It gave something all the same: that is told, and the errors are the user's to see.
            foreach ($record in $errors) { $Call.Cmdlet.WriteError($record) }
        }
        $result = $null
        if ($output.Count -eq 1) { $result = $output[0] } elseif ($output.Count) { $result = [object[]]@($output) }
        $script:Results[$Key] = $result
        if ($null -eq $Call.Kept) { $Call.Kept = [System.Collections.ArrayList]::new() }
        [void]$Call.Kept.Add($Key)
        @{ elapsed = $elapsed; text = ConvertTo-BridgeToolText $result; key = $Key }
    }
    finally {
        if ($null -ne $stopping) { $stopping.Dispose() }  # waits for a stop under way
        if ($null -ne $timer) { $timer.Dispose() }
        $shell.Dispose()
    }
}

function New-BridgeStop {
    # What a timer's thread calls to stop a shell: no script block, which would need a runspace. What is thrown there
    # would end PowerShell; a shell that has ended meanwhile needs no stopping.
    [CmdletBinding()]
    param([powershell] $Shell)
    $express = [System.Linq.Expressions.Expression]
    $stop = $express::Call($express::Constant($Shell), [powershell].GetMethod('Stop', [type[]]@()))
    $nothing = $express::Catch([System.Exception], $express::Empty())
    $body = $express::TryCatch($stop, [System.Linq.Expressions.CatchBlock[]]@($nothing))
    $express::Lambda([System.Action], $body, [System.Linq.Expressions.ParameterExpression[]]@()).Compile()
}

function Get-BridgeSentence {
    # An error in one line, by its kind.
    [CmdletBinding()]
    param([System.Exception] $Exception)
    "$($Exception.GetType().Name): $(($Exception.Message -replace '\s+', ' ').Trim())"
}

function ConvertTo-BridgeArgument {
    # A model's arguments as PowerShell's binder takes them: tables for hashtables and classes, objects for anything else.
    [CmdletBinding()]
    param([System.Collections.IDictionary] $Told, [psobject] $Given)
    $arguments = @{}
    foreach ($property in $Given.PSObject.Properties) {
        $value = $property.Value
        $about = $Told['parameters'] | Where-Object { $_['name'] -eq $property.Name } | Select-Object -First 1
        $shape = $about['shape']
        while ($shape.kind -in 'array', 'nullable') { $shape = if ($shape.kind -eq 'array') { $shape.items } else { $shape.of } }
        if ($shape.kind -in 'table', 'class') { $value = ConvertTo-BridgeTable $value }
        $arguments[$property.Name] = $value
    }
    $arguments
}

function ConvertTo-BridgeToolText {
    # What a tool gave as the model reads it: a text as it is, data as JSON, and anything else as the console shows it.
    [CmdletBinding()]
    param([object] $Result)
    if ($Result -is [string]) { return [string]$Result }
    $writer = $script:Writer::new()
    $writer.Add($Result, 'result')
    if (-not $writer.Refusal) { return $writer.Text.ToString() }
    (($Result | Out-String -Width 200) -split "`r?`n" | ForEach-Object { $_.TrimEnd() }) -join "`n" | ForEach-Object { $_.Trim("`n") }
}
