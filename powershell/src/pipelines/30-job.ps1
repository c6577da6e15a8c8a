# -AsJob: the same pipeline in a runspace of its own, as a job that Get-Job, Wait-Job, Receive-Job, Stop-Job and
# Remove-Job know. Windows PowerShell has no thread jobs, and a process job would need the key a second time.

$script:JobType = $null

function Get-BridgeJobType {
    # The job's class, compiled when the first job is asked for.
    [CmdletBinding()]
    param()
    if ($null -eq $script:JobType) {
        $script:JobType = & ([scriptblock]::Create(@'
class PSBridgeJob : System.Management.Automation.Job {
    [powershell] $Runner
    PSBridgeJob([string] $command, [string] $name) : base($command, $name) { }
    [bool] get_HasMoreData() { return $this.Output.Count + $this.Error.Count + $this.Warning.Count + $this.Verbose.Count -gt 0 }
    [string] get_Location() { return 'PowerShell' }
    [string] get_StatusMessage() { return '' }
    [void] StopJob() { $this.Runner.Stop() }
    [void] Dispose([bool] $disposing) {
        # Receive-Job -AutoRemoveJob comes here on the job's own thread, which cannot wait for itself to end.
        if ($disposing -and $null -ne $this.Runner) { $this.Runner.Runspace.CloseAsync() }
        ([System.Management.Automation.Job]$this).Dispose($disposing)
    }
}
[PSBridgeJob]
'@))
    }
    $script:JobType
}

function Start-BridgeJob {
    # Runs what was bound in the background; one job for the whole pipeline.
    [CmdletBinding()]
    param([hashtable] $Call)
    $cmdlet = $Call.Cmdlet
    if (-not $script:Formatted) { Import-BridgeFormat }  # the job's errors are read here
    $type = Get-BridgeJobType
    $job = $type::new($cmdlet.MyInvocation.Line.Trim(), '')
    $state = [System.Management.Automation.Job].GetMethod('SetJobState', [System.Reflection.BindingFlags]'Instance, NonPublic', $null,
        [type[]]@([System.Management.Automation.JobState]), $null)
    $runspace = [runspacefactory]::CreateRunspace()
    $runspace.Open()
    $runner = [powershell]::Create()
    $runner.Runspace = $runspace
    $runner.Streams.Error = $job.Error
    $runner.Streams.Warning = $job.Warning
    $runner.Streams.Verbose = $job.Verbose
    $runner.Streams.Debug = $job.Debug
    $runner.Streams.Progress = $job.Progress
    $job.Runner = $runner
    [void]$runner.AddScript({
            param($Module, $Settings, $Name, $Bound, $Items, $Piped, $Job, $State)
            $end = 'Stopped'
            try {
                $imported = Import-Module $Module -Verbose:$false -PassThru
                & $imported {
                    param($Settings)
                    Import-Bridge
                    if ($null -ne $Settings) { $script:Hub['Own'][$script:Runspace] = $Settings }
                } $Settings
                if ($Piped) { $Items | & $Name @Bound } else { & $Name @Bound }
                $end = 'Completed'
            }
            catch {
                $end = 'Failed'
                $Job.Error.Add($_)
            }
            finally {
                [void]$State.Invoke($Job, @([System.Management.Automation.JobState]$end))
            }
        })
    $bound = @{}
    foreach ($key in $Call.Bound.Keys) { if ($key -ne 'AsJob') { $bound[$key] = $Call.Bound[$key] } }
    [void]$runner.AddArgument((Join-Path $PSScriptRoot 'PSBridge.psd1')).AddArgument($Call.Settings)
    [void]$runner.AddArgument($Call.Name).AddArgument($bound).AddArgument(
        $Call.Items.ToArray()).AddArgument($cmdlet.MyInvocation.ExpectingInput).AddArgument($job).AddArgument($state)
    [void]$state.Invoke($job, @([System.Management.Automation.JobState]::Running))
    $cmdlet.JobRepository.Add($job)
    $nothing = [System.Management.Automation.PSDataCollection[psobject]]::new()
    $nothing.Complete()
    $begin = [powershell].GetMethods() |
        Where-Object { $_.Name -eq 'BeginInvoke' -and $_.IsGenericMethod -and $_.GetParameters().Count -eq 2 }
    [void]$begin.MakeGenericMethod([psobject], [psobject]).Invoke($runner, @($nothing, $job.Output))
    $job
}
