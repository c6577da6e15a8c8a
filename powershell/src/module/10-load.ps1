# What is in the way of an import is kept short: the functions with their parameters, and this. The rest comes
# with the first call, and while Python starts.
#
# PowerShell reads this file without having compiled its own reader yet, so every kind of syntax here counts, and
# some things count more: a type without a short name that is not written in full is searched in all assemblies.

$script:Version = '0.1.0'
$script:Protocol = 1
$script:Loaded = $false
$script:Hub = $null
$script:Runspace = 0
$script:Me = @{}  # tells this module from that of another runspace

function Import-Bridge {
    # Loads what every call needs. With -Start Python's process is started before the greater part is read.
    param([switch] $Start)
    if ($script:Loaded) { return }
    . "$PSScriptRoot/PSBridge.Start.ps1"
    Import-BridgeRest $Start
}

# The way in of every other cmdlet: these load the rest, which brings the functions of these names.

function Invoke-BridgeBuilder {
    Import-Bridge -Start
    Invoke-BridgeBuilder @args
}

function Open-BridgeCall {
    Import-Bridge -Start
    Open-BridgeCall @args
}
