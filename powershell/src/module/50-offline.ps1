# A service for tests, which answers as they say.

function New-OfflineOpenAI {
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.OfflineOpenAI')]
    param(
        [Parameter(Position = 0)]
        [System.Object[]]
        ${Reply},

        [String]
        ${Cassette},

        [Switch]
        ${Record},

        [String[]]
        ${Allow}
    )
    Import-Bridge
    New-BridgeOffline $PSCmdlet $PSBoundParameters
}

function New-OfflineToolCall {
    [CmdletBinding()]
    [OutputType('PSBridge.OfflineToolCall')]
    param(
        [Parameter(Mandatory)]
        [String]
        ${Name},

        [Hashtable]
        ${Arguments}
    )
    $call = [pscustomobject]@{ name = $Name; arguments = $Arguments }
    $call.PSObject.TypeNames.Insert(0, 'PSBridge.OfflineToolCall')
    $call
}

function New-OfflineFault {
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.OfflineFault')]
    param(
        [Parameter(Position = 0)]
        [Int32]
        ${Status},

        [String]
        ${Code},

        [String]
        ${Message},

        [System.Object]
        ${RetryAfter},

        [Double]
        ${Delay},

        [Double]
        ${ChunkDelay},

        [Int32]
        ${CutAfterChunks},

        [Switch]
        ${Cut},

        [Switch]
        ${Reset},

        [Switch]
        ${Malformed},

        [Switch]
        ${Stall}
    )
    Import-Bridge
    New-BridgeFault $PSBoundParameters
}
