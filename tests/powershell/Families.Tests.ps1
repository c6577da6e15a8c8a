# The families beside chat, as scripts use them.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Use-PSBridge $server
    Set-StrictMode -Version Latest
    $line = '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}}'
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'A function of another family' {
    It 'has its parameters before it is ever called' {
        $parameters = (Get-Command New-File).Parameters
        $parameters['File'].ParameterType | Should -Be ([System.IO.FileInfo])
        $parameters['Purpose'].Attributes.Where{ $_ -is [System.Management.Automation.ValidateSetAttribute] }.ValidValues | Should -Contain 'batch'
        (Get-Command New-Embedding -Syntax) -join '' | Should -Match '-VarInput'
    }
    It 'binds by position and by name' {
        (Initialize-CreateEmbeddingRequest 'a', 'b' 'text-embedding-3-small').input | Should -Be 'a', 'b'
        (Initialize-CreateBatchRequest -InputFileId 'file-1' -Endpoint '/v1/embeddings' -CompletionWindow '24h').endpoint | Should -Be '/v1/embeddings'
    }
    It 'refuses what it does not take' {
        (Get-Failure { New-Embedding -Nothing 1 }).FullyQualifiedErrorId | Should -Match '^NamedParameterNotFound'
        (Get-Failure { New-File -File 'x' -Purpose 'none' }).FullyQualifiedErrorId | Should -Match '^ParameterArgumentValidationError'
    }
    It 'says what kind of object it answers with' {
        $reply = New-Embedding -VarInput 'a' -Model 'text-embedding-3-small'
        (Get-Command New-Embedding).OutputType.Name | Should -Be $reply.PSObject.TypeNames[0]
        (Get-Command Invoke-ListModels).OutputType.Name | Should -Be (Invoke-ListModels).PSObject.TypeNames[0]
        (Get-Command Invoke-RetrieveModel).OutputType.Name | Should -Be (Invoke-RetrieveModel gpt-4o).PSObject.TypeNames[0]
        (Get-Command New-ChatCompletion).OutputType.Name | Should -Contain (New-ChatCompletion 'hi').PSObject.TypeNames[0]
    }
    It 'is described by Get-Help' {
        (Get-Help New-Moderation).Synopsis | Should -Match 'judged'
        (Get-Help Invoke-DownloadFile -Parameter OutFile).description.Text | Should -Match 'whole'
    }
}

Describe 'Completing a value' {
    BeforeAll {
        function Get-Completed([string] $text) {
            [System.Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null).CompletionMatches.CompletionText
        }
    }
    It 'knows the service''s models once a worker runs' {
        $null = Invoke-ListModels
        $served = (Invoke-ListModels).data.id
        Get-Completed 'New-ChatCompletion -Model ' | Sort-Object -Unique | Should -Be (@($served) + 'gpt-4o', 'gpt-4o-mini' | Sort-Object -Unique)
        Get-Completed 'New-Embedding -Model text-embedding-3-l' | Should -Be 'text-embedding-3-large'
    }
    It 'knows the texts that stand for a choice' {
        @(Get-Completed 'New-ChatCompletion -ResponseFormat ').Count | Should -Be 2
        Get-Completed 'New-ChatCompletion -ToolChoice ' | Should -Be 'auto', 'none', 'required'
        Get-Completed 'New-ChatCompletion -ResponseFormat j' | Should -Be "@{ type = 'json_object' }"
        (New-ChatCompletion 'hi {}' -ResponseFormat @{ type = 'json_object' }).object | Should -Be 'chat.completion'
    }
}

Describe 'Completing a value of a function under another name' {
    It 'knows the same with a prefix, by an alias, and for a copy' {
        $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
Import-Module '$(Get-ModulePath)' -Prefix My
Set-MyConfiguration -BaseUrl '$($server.Url)' -AccessToken sk-x
Set-Alias ask New-MyChatCompletion
Copy-Item Function:New-MyChatCompletion Function:Ask-It
function Get-Completed([string] `$text) {
    [System.Management.Automation.CommandCompletion]::CompleteInput(`$text, `$text.Length, `$null).CompletionMatches.CompletionText -join ','
}
foreach (`$name in 'New-MyChatCompletion', 'ask', 'Ask-It') { Get-Completed "`$name -ToolChoice " }
`$null = Invoke-MyListModels
Get-Completed 'New-MyEmbedding -Model text-embedding-3-l'
"@
        $text | Should -Be (@('auto,none,required') * 3 + 'text-embedding-3-large')
    }
}

Describe 'Models' {
    It 'are listed and fetched' {
        (Invoke-ListModels).data.id | Should -Contain 'gpt-4o'
        (Invoke-RetrieveModel gpt-4o).owned_by | Should -Be 'psbridge'
        'gpt-4o', 'gpt-5' | Invoke-RetrieveModel | ForEach-Object { $_.id } | Should -Be 'gpt-4o', 'gpt-5'
    }
    It 'are deleted when they are one''s own' {
        (Invoke-DeleteModel 'ft:gpt-4o:x::1').deleted | Should -BeTrue
        (Invoke-DeleteModel 'ft:gpt-4o:x::2' -WhatIf) | Should -BeNullOrEmpty
        (Get-Failure { Invoke-DeleteModel 'gpt-4o' -ErrorAction Stop }).FullyQualifiedErrorId | Should -Match '^PSBridge\.'
    }
}

Describe 'Embeddings and moderations' {
    It 'give vectors of unit length' {
        $vector = (New-Embedding -VarInput 'hello' -Model text-embedding-3-small -Dimensions 16).data[0].embedding
        $vector.Count | Should -Be 16
        [math]::Abs(($vector | ForEach-Object { $_ * $_ } | Measure-Object -Sum).Sum - 1) | Should -BeLessThan 1e-6
    }
    It 'take requests from the pipeline' {
        $replies = 'a', 'b' | ForEach-Object { [pscustomobject]@{ input = $_; model = 'text-embedding-3-small' } } | New-Embedding
        $replies.Count | Should -Be 2
    }
    It 'name what was found' {
        $result = (New-Moderation -VarInput 'I will kill it.').results[0]
        $result.flagged | Should -BeTrue
        $result.categories.violence | Should -BeTrue
        $result.categories.'self-harm/intent' | Should -BeFalse
    }
}

Describe 'Files' {
    BeforeAll {
        Push-Location $TestDrive
        [System.IO.File]::WriteAllBytes((Join-Path $TestDrive 'a.bin'), [byte[]](0..255))
    }
    AfterAll { Pop-Location }

    It 'go up from the script''s own location and come back byte for byte' {
        $kept = New-File -File 'a.bin' -Purpose user_data
        $kept.bytes | Should -Be 256
        $kept.filename | Should -Be 'a.bin'
        $content = Invoke-DownloadFile -FileId $kept.id
        , $content | Should -BeOfType [byte[]]
        $content.Length | Should -Be 256
        $content[255] | Should -Be 255
    }
    It 'come down into a file' {
        $kept = Get-ChildItem 'a.bin' | New-File -Purpose user_data
        Invoke-DownloadFile -FileId $kept.id -OutFile 'copy.bin' | Should -BeNullOrEmpty
        [System.IO.File]::ReadAllBytes((Join-Path $TestDrive 'copy.bin')).Length | Should -Be 256
    }
    It 'are listed page after page and deleted' {
        $all = @(Invoke-ListFiles -Purpose user_data -Limit 1 -All)
        $all.Count | Should -BeGreaterThan 1
        (Invoke-DeleteFile $all[0].id).deleted | Should -BeTrue
    }
    It 'that are not there are an error that names them' {
        (Get-Failure { New-File -File 'none.bin' -Purpose user_data -ErrorAction Stop }).Exception.Message | Should -Match 'none.bin'
    }
}

Describe 'A batch' {
    It 'answers its lines' {
        Set-Content -Path (Join-Path $TestDrive 'r.jsonl') -Value $line
        $kept = New-File -File (Join-Path $TestDrive 'r.jsonl') -Purpose batch
        $batch = New-Batch -InputFileId $kept.id -Endpoint '/v1/chat/completions' -CompletionWindow '24h'
        Wait-Until { (Invoke-RetrieveBatch $batch.id).status -eq 'completed' }
        $batch = Invoke-RetrieveBatch $batch.id
        $batch.request_counts.completed | Should -Be 1
        $text = [System.Text.Encoding]::UTF8.GetString((Invoke-DownloadFile $batch.output_file_id))
        ($text | ConvertFrom-Json).response.body.choices[0].message.content | Should -Match 'You said: hi'
        (Get-Failure { Stop-Batch $batch.id -ErrorAction Stop }).Exception.Message | Should -Match 'completed'
        @(Invoke-ListBatches -All).id | Should -Contain $batch.id
    }
}
