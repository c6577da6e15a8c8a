# The connection that every runspace of this PowerShell process shares.
#
# One worker serves the whole process: the hub lives in the application domain, so that jobs and
# ForEach-Object -Parallel find it warm. The hub holds .NET objects only, never a script block: any thread may use it.
#
# A script waits for the first answer while PowerShell compiles what is on the way to it: a millisecond for each
# name behind a dot, two for each method. Hence names in brackets, casts instead of constructors, and rare cases
# in functions of their own.

$script:Utf8 = [System.Text.UTF8Encoding]::new($false, $true)
$script:Signal = [System.Threading.AutoResetEvent]::new($false)  # wakes this runspace when another read its line

function Get-BridgeHub {
    # The hub of this process, made by whoever asks first.
    if ($null -eq $script:Hub) {
        $domain = [System.AppDomain]::CurrentDomain
        [System.Threading.Monitor]::Enter($domain)
        try {
            $hub = $domain.GetData('PSBridge.Hub.2')
            if ($null -eq $hub) {
                $hub = [hashtable]::Synchronized(@{
                        Gate       = @{}     # held while a connection is made or ended
                        Connection = $null
                        Early      = $null   # started, and not greeted yet
                        PythonPath = $null   # as Connect-PSBridge was told
                        InProcess  = $false  # likewise
                        Users      = @()     # the modules of runspaces that use the worker
                        Restarts   = 0
                        Number     = 0       # the last that was given to settings
                        Runspaces  = [hashtable]::Synchronized(@{})  # that have used the worker, by their ids
                        Own        = [hashtable]::Synchronized(@{})  # settings that a runspace has set, by its id
                        Flow       = [System.Threading.AsyncLocal[object]]::new()  # settings that what a thread starts inherits
                        Records    = @{}     # all settings that somebody may still go by
                        Most       = 100     # of them, before those that nobody can go by are looked for
                        Named      = [ordered]@{}  # settings of named connections
                        Blocks     = [System.Collections.ArrayList]::new()  # syntax trees of the script blocks that give keys
                    })
                $domain.SetData('PSBridge.Hub.2', $hub)
            }
            $script:Hub = $hub
        }
        finally {
            [System.Threading.Monitor]::Exit($domain)
        }
    }
    $script:Hub
}
