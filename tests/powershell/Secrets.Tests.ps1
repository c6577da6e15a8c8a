# What a key may be, and where it comes from.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-KeyServer
    Use-PSBridge
    Set-Configuration -BaseUrl $server.Url
    function Get-SecureString([string] $Text) { ConvertTo-SecureString $Text -AsPlainText -Force }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'A key' {
    It 'may be <what>' -ForEach @(
        @{ what = 'a text'; key = { 'sk-text' }; sent = 'Bearer sk-text' }
        @{ what = 'a text with blanks at its ends'; key = { "  sk-text `n" }; sent = 'Bearer sk-text' }
        @{ what = 'a text behind the word Bearer'; key = { 'Bearer sk-x' }; sent = 'Bearer sk-x' }
        @{ what = 'a SecureString'; key = { Get-SecureString 'sk-secure' }; sent = 'Bearer sk-secure' }
        @{ what = 'a SecureString behind the word Bearer'; key = { Get-SecureString 'Bearer sk-secure' }; sent = 'Bearer sk-secure' }
        @{ what = 'a credential'; key = { [pscredential]::new('anybody', (Get-SecureString 'sk-credential')) }; sent = 'Bearer sk-credential' }
        @{ what = 'a number'; key = { 12345678 }; sent = 'Bearer 12345678' }
    ) {
        Set-Configuration -AccessToken (& $key)
        Get-Key | Should -BeExactly $sent
        $c = New-ChatConnection -BaseUrl $server.Url -AccessToken (& $key)
        "$($c | Out-String) $($c | ConvertTo-Json)" | Should -Not -Match ($sent -replace '^Bearer ')
    }
    It 'is not <what>, which is refused when set' -ForEach @(
        @{ what = 'a table'; key = { @{ key = 'sk-table' } } }
        @{ what = 'an object'; key = { [pscustomobject]@{ key = 'sk-table' } } }
        @{ what = 'a text with a blank inside'; key = { 'sk-1 sk-2' } }
        @{ what = 'a SecureString with a blank inside'; key = { Get-SecureString 'sk-1 sk-2' } }
        @{ what = 'several texts'; key = { 'sk-1', 'sk-2' } }
        @{ what = 'a file'; key = { Get-Item $PSCommandPath } }
        @{ what = 'a switch'; key = { $true } }
        @{ what = 'a date'; key = { Get-Date } }
    ) {
        Set-Configuration -AccessToken sk-before
        foreach ($call in { Set-Configuration -AccessToken $given }, { New-ChatConnection -AccessToken $given }) {
            $given = & $key
            $failure = Get-Failure $call
            $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
            $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
            "$failure" | Should -Match 'AccessToken'
            "$failure" | Should -Not -Match 'sk-'
        }
        Get-Key | Should -BeExactly 'Bearer sk-before'
    }
    It 'may be a credential in a header of its own' {
        Set-Configuration -AccessToken $null
        Set-ConfigurationApiKey -Id api-key -ApiKey ([pscredential]::new('anybody', (Get-SecureString 'sk-header')))
        Get-Key | Should -BeExactly 'sk-header'
        Set-ConfigurationApiKey -Id api-key -ApiKey $null
        Set-Configuration -ApiKey @{ 'api-key' = Get-SecureString 'sk-table' }
        Get-Key | Should -BeExactly 'sk-table'
        Set-Configuration -ApiKey @{}
    }
    It 'stays with its parameters: no other takes a credential' {
        $credential = [pscredential]::new('anybody', (Get-SecureString 'sk-credential'))
        "$(Get-Failure { New-ChatCompletion @{ messages = @(@{ role = 'user'; content = $credential }) } })" | Should -Match 'Cannot send'
    }
}

Describe 'A file of certificates' {
    It 'is refused when it is set and cannot be read' {
        Set-Configuration -AccessToken sk-before
        foreach ($call in { Set-Configuration -CaBundle 'nothing.pem' }, { Set-Configuration -ClientCertificate 'nothing.pem' },
            { New-ChatConnection -CaBundle 'nothing.pem' }, { New-ChatConnection -ClientCertificate 'nothing.pem' }) {
            $failure = Get-Failure $call
            $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
            "$failure" | Should -Match 'nothing\.pem'
        }
        Get-Key | Should -BeExactly 'Bearer sk-before'
    }
}
