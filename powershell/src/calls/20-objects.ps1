# Objects as arguments.

$script:Prepared = @{}  # the function that readies a cmdlet's arguments for the worker, by the cmdlet

function Test-BridgeUnset {
    # Whether an argument leaves its parameter open: an Unset object, or an array of one.
    param($Value)
    if ($Value -is [array] -and $Value.Count -eq 1) { $Value = $Value[0] }
    $Value -is [System.Management.Automation.PSCustomObject] -and $Value.PSObject.TypeNames[0] -eq 'PSBridge.Unset'
}

function Resolve-BridgePath {
    # A path of the script's, relative to its location, for a worker that has another. A FileInfo says where it was made
    # from: PowerShell makes one of a text by the process's folder, which is not the script's location.
    param($Cmdlet, $Path)
    if ($Path -is [byte[]]) { return , $Path }
    if ($Path -is [array]) { return , @(foreach ($one in $Path) { Resolve-BridgePath $Cmdlet $one }) }
    $text = "$Path"
    # An address, or the id of a file that the service has, is no path.
    if ($text -match '^(https?|data):|^file-[A-Za-z0-9]+$') { return $text }
    if ($Path -is [System.IO.FileInfo] -and -not [System.IO.Path]::IsPathRooted($text)) {
        $here = $Cmdlet.GetUnresolvedProviderPathFromPSPath($text)
        if ([System.IO.File]::Exists($here)) { return $here }
        return $Path.FullName
    }
    $Cmdlet.GetUnresolvedProviderPathFromPSPath($text)
}
