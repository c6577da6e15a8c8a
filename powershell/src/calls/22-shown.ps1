# What the views of replies show, as members that scripts can read: hidden ones, which neither JSON, Format-List nor the wire
# takes for the reply's own.

$script:Shown = @{
    'PSBridge.CreateChatCompletionResponse'       = @{
        Role         = { Set-StrictMode -Off; @(foreach ($one in $this.choices) { $one.message.role }) -join ', ' }
        Text         = {
            Set-StrictMode -Off
            @(foreach ($one in $this.choices) {
                    if ($one.message.content) { $one.message.content }
                    elseif ($one.message.refusal) { $one.message.refusal }
                    else {
                        @(foreach ($call in $one.message.tool_calls) {
                                if ($call.function) { "$($call.function.name)($($call.function.arguments))" }
                            }) -join '; '
                    }
                }) -join [System.Environment]::NewLine
        }
        FinishReason = { Set-StrictMode -Off; @(foreach ($one in $this.choices) { $one.finish_reason }) -join ', ' }
        Tokens       = {
            Set-StrictMode -Off
            if ($this.usage) { '{0} in, {1} out' -f $this.usage.prompt_tokens, $this.usage.completion_tokens }
        }
    }
    'PSBridge.CreateChatCompletionStreamResponse' = @{
        Role         = { Set-StrictMode -Off; @(foreach ($one in $this.choices) { $one.delta.role }) -join '' }
        Text         = { Set-StrictMode -Off; @(foreach ($one in $this.choices) { $one.delta.content }) -join '' }
        FinishReason = { Set-StrictMode -Off; @(foreach ($one in $this.choices) { $one.finish_reason }) -join '' }
    }
}

function Import-BridgeShown {
    # Gives the objects of this runspace those members; also objects back from a file or a job, from a session without.
    [CmdletBinding()]
    param()
    foreach ($name in $script:Shown.Keys) {
        foreach ($type in $name, "Deserialized.$name") {
            $data = [System.Management.Automation.Runspaces.TypeData]::new($type)
            foreach ($member in $script:Shown[$name].Keys) {
                $block = $script:Shown[$name][$member].Ast.GetScriptBlock()
                $read = [System.Management.Automation.Runspaces.ScriptPropertyData]::new($member, $block)
                $read.IsHidden = $true
                $data.Members.Add($member, $read)
            }
            try { Update-TypeData -TypeData $data -Force -WhatIf:$false -Confirm:$false -ErrorAction Stop }
            catch { Write-Debug $_.Exception.Message }  # a runspace whose types are not its own
        }
    }
}
