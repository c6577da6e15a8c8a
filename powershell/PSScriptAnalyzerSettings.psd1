@{
    IncludeDefaultRules = $true
    Rules               = @{
        PSUseCompatibleSyntax = @{
            Enable         = $true
            TargetVersions = @('5.1', '7.0', '7.4')
        }
    }
    ExcludeRules        = @(
        # The reference's names: Initialize-ChatCompletionFunctions, Set-ConfigurationDefaultHeader -Key, ...
        'PSUseSingularNouns'
        # The reference's interface: Set-Configuration -Username -Password, which also take a SecureString here.
        'PSAvoidUsingUsernameAndPasswordParams'
        'PSAvoidUsingPlainTextForPassword'
        # Set-Configuration and New-ChatCompletion have no -WhatIf in the reference; neither changes the system.
        'PSUseShouldProcessForStateChangingFunctions'
        # Internal functions only: naming every argument costs a fifth of a builder call.
        'PSAvoidUsingPositionalParameters'
        # The examples write to the console: that is what they show. The module itself has none.
        'PSAvoidUsingWriteHost'
    )
}
