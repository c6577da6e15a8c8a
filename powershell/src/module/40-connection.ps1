# The connection as the user sees it.

function Connect-PSBridge {
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.Status')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [String]
        ${PythonPath},

        [Switch]
        ${InProcess},

        [Switch]
        ${PassThru}
    )
    Import-Bridge
    Set-BridgeConnection $PSCmdlet $PSBoundParameters
    if ($PassThru) { Get-BridgeStatus }
}

function Disconnect-PSBridge {
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([System.Void])]
    param()
    Import-Bridge
    Disconnect-Bridge -All
}

function Get-PSBridgeStatus {
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.Status')]
    param()
    Import-Bridge
    Get-BridgeStatus
}
