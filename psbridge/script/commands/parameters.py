# ruff: noqa: E501 - a parameter list reads best as one line
"""The parameters of the cmdlets: facts, as `Get-Command` lists them.

A cmdlet's entry is a list of parameters separated by `;`, each `Name/Alias Type` and what holds of it: a digit
is its position, `m` mandatory, `v` takes pipeline input by value, `n` by property name, `r` the remaining
arguments, `@Set` a parameter set it belongs to (`@Set(0,m)` with options of its own), `{a,b}` the values allowed.
"""

from __future__ import annotations

_PATH = "Path String[] @Path(0,m,n) ; LiteralPath/PSPath/LP String[] @LiteralPath(m,n) ; default Path"
_PATH_V = "Path String[] @Path(0,m,v,n) ; LiteralPath/PSPath/LP String[] @LiteralPath(m,n) ; default Path"
_FILTERS = "Filter String ; Include String[] ; Exclude String[]"
_CREDENTIAL = "Credential Object n"
_WRITING = f"Value Object[] 1 m v n ; PassThru switch ; {_PATH} ; {_FILTERS} ; Force switch ; {_CREDENTIAL} ; NoNewline switch ; Encoding Object ; AsByteStream switch ; Stream String"
_FORMAT = (
    "GroupBy Object ; View String ; ShowError switch ; DisplayError switch ; Force switch ; "
    "Expand String {CoreOnly,EnumOnly,Both} ; InputObject PSObject v"
)
_CSV = "Delimiter Char 1 ; UseCulture switch ; IncludeTypeInformation/ITI switch ; NoTypeInformation/NTI switch ; QuoteFields/QF String[] ; UseQuotes/UQ String {Never,Always,AsNeeded} ; NoHeader switch"
_COMPARISONS = (
    "EQ IEQ CEQ NE INE CNE GT IGT CGT LT ILT CLT GE IGE CGE LE ILE CLE Like ILike CLike NotLike INotLike "
    "CNotLike Match IMatch CMatch NotMatch INotMatch CNotMatch Contains IContains CContains NotContains "
    "INotContains CNotContains In IIn CIn NotIn INotIn CNotIn Is IsNot Not"
).split()
_WHERE_ALIASES = {
    "EQ": "EQ/IEQ",
    "NE": "NE/INE",
    "GT": "GT/IGT",
    "LT": "LT/ILT",
    "GE": "GE/IGE",
    "LE": "LE/ILE",
    "Like": "Like/ILike",
    "NotLike": "NotLike/INotLike",
    "Match": "Match/IMatch",
    "NotMatch": "NotMatch/INotMatch",
    "Contains": "Contains/IContains",
    "NotContains": "NotContains/INotContains",
    "In": "In/IIn",
    "NotIn": "NotIn/INotIn",
}
_WHERE_SWITCHES = " ; ".join(
    f"{_WHERE_ALIASES.get(name, name)} switch @{name}Set(m)"
    for name in _COMPARISONS
    if not (name[0] == "I" and name[1:2].isupper() and name not in ("In", "Is", "IsNot"))
)
_WHERE_SETS = [
    f"{name}Set"
    for name in _COMPARISONS
    if not (name[0] == "I" and name[1:2].isupper() and name not in ("In", "Is", "IsNot"))
]
_WEB = (
    "Uri Uri 0 m ; Method {Default,Get,Head,Post,Put,Delete,Trace,Options,Merge,Patch} @StandardMethod @StandardMethodNoProxy ; "
    "CustomMethod/CM String @CustomMethod(m) @CustomMethodNoProxy(m) ; default StandardMethod ; "
    "Headers Object ; Body Object v ; Form Hashtable ; ContentType String ; InFile String ; OutFile String ; "
    "TimeoutSec/ConnectionTimeoutSeconds Int32 ; OperationTimeoutSeconds Int32 ; UserAgent String ; Authentication String {None,Basic,Bearer,OAuth} ; "
    "Token SecureString ; Credential Object ; UseDefaultCredentials switch ; Proxy Uri @StandardMethod @CustomMethod ; "
    "ProxyCredential Object @StandardMethod @CustomMethod ; ProxyUseDefaultCredentials switch @StandardMethod @CustomMethod ; "
    "NoProxy switch @StandardMethodNoProxy(m) @CustomMethodNoProxy(m) ; MaximumRedirection Int32 ; MaximumRetryCount Int32 ; RetryIntervalSec Int32 ; "
    "SkipHttpErrorCheck switch ; SkipCertificateCheck switch ; SkipHeaderValidation switch ; "
    "AllowUnencryptedAuthentication switch ; AllowInsecureRedirect switch ; PreserveAuthorizationOnRedirect switch ; PreserveHttpMethodOnRedirect switch ; "
    "SessionVariable/SV String ; WebSession Object ; TransferEncoding String ; PassThru switch ; Resume switch ; DisableKeepAlive switch ; "
    "SslProtocol Object ; Certificate Object ; CertificateThumbprint String ; HttpVersion Version ; UseBasicParsing switch ; UnixSocket Object"
)

PARAMETERS = {
    "Where-Object": "InputObject PSObject v ; FilterScript ScriptBlock @ScriptBlockSet(0,m) ; "
    f"Property String {' '.join(f'@{name}(0,m)' for name in _WHERE_SETS)} ; "
    f"Value Object {' '.join(f'@{name}(1)' for name in _WHERE_SETS if name != 'NotSet')} ; "
    f"{_WHERE_SWITCHES.replace('EQ/IEQ switch @EQSet(m)', 'EQ/IEQ switch @EQSet')} ; default EQSet",
    "ForEach-Object": "InputObject PSObject v ; Begin ScriptBlock @ScriptBlockSet ; Process ScriptBlock[] @ScriptBlockSet(0,m) ; "
    "End ScriptBlock @ScriptBlockSet ; RemainingScripts ScriptBlock[] @ScriptBlockSet(r) ; "
    "MemberName String @PropertyAndMethodSet(0,m) ; ArgumentList/Args Object[] @PropertyAndMethodSet(r) ; "
    "Parallel ScriptBlock @ParallelParameterSet(m) ; ThrottleLimit Int32 @ParallelParameterSet ; TimeoutSeconds Int32 @ParallelParameterSet ; "
    "AsJob switch @ParallelParameterSet ; UseNewRunspace switch @ParallelParameterSet ; default ScriptBlockSet",
    "Select-Object": "InputObject PSObject v ; Property Object[] @DefaultParameter(0) @SkipLastParameter(0) ; ExcludeProperty String[] @DefaultParameter @SkipLastParameter ; "
    "ExpandProperty String @DefaultParameter @SkipLastParameter ; Unique switch ; CaseInsensitive switch ; Last Int32 @DefaultParameter ; First Int32 @DefaultParameter ; "
    "Skip Int32 @DefaultParameter ; SkipLast Int32 @SkipLastParameter ; Wait switch @DefaultParameter @IndexParameter ; Index Int32[] @IndexParameter ; SkipIndex Int32[] @SkipIndexParameter ; default DefaultParameter",
    "Sort-Object": "InputObject PSObject v ; Property Object[] 0 ; Stable switch @Default ; Descending switch ; Unique switch ; "
    "Culture String ; CaseSensitive switch ; Top Int32 @Top(m) ; Bottom Int32 @Bottom(m) ; default Default",
    "Group-Object": "NoElement switch ; AsHashTable/AHT switch @HashTable ; AsString switch @HashTable ; InputObject PSObject v ; Property Object[] 0 ; "
    "Culture String ; CaseSensitive switch ; default HashTable",
    "Measure-Object": "InputObject PSObject v ; Property Object[] 0 ; StandardDeviation switch @GenericMeasure ; Sum switch @GenericMeasure ; AllStats switch @GenericMeasure ; "
    "Average switch @GenericMeasure ; Maximum switch @GenericMeasure ; Minimum switch @GenericMeasure ; Line switch @TextMeasure ; Word switch @TextMeasure ; "
    "Character switch @TextMeasure ; IgnoreWhiteSpace switch @TextMeasure ; default GenericMeasure",
    "Compare-Object": "ReferenceObject PSObject[] 0 m ; DifferenceObject PSObject[] 1 m v ; SyncWindow Int32 ; Property Object[] ; "
    "ExcludeDifferent switch ; IncludeEqual switch ; PassThru switch ; Culture String ; CaseSensitive switch",
    "Get-Unique": "InputObject PSObject v ; AsString switch @AsString ; OnType switch @UniqueByType ; CaseInsensitive switch ; default AsString",
    "Tee-Object": "InputObject PSObject v ; FilePath/Path String @File(0,m) ; LiteralPath/PSPath/LP String @LiteralFile(m) ; "
    "Append switch @File ; Variable String @Variable(m) ; Encoding Object @File @LiteralFile ; default File",
    "Out-Null": "InputObject PSObject v",
    "New-Object": "TypeName String @Net(0,m) ; ComObject String @Com(0,m) ; ArgumentList/Args Object[] @Net(1) ; Property System.Collections.IDictionary ; Strict switch @Com ; default Net",
    "Add-Member": "InputObject PSObject m v ; MemberType/Type System.Management.Automation.PSMemberTypes @MemberSet(0,m) ; Name String @MemberSet(1,m) ; Value Object @MemberSet(2) ; "
    "SecondValue Object @MemberSet(3) ; TypeName String ; Force switch ; PassThru switch ; "
    "NotePropertyName String @NotePropertySingleMemberSet(0,m) ; NotePropertyValue Object @NotePropertySingleMemberSet(1,m) ; "
    "NotePropertyMembers System.Collections.IDictionary @NotePropertyMultiMemberSet(0,m) ; default TypeNameSet",
    "Get-Member": "InputObject PSObject v ; Name String[] 0 ; MemberType/Type Object ; View Object ; Static switch ; Force switch",
    "Get-Random": "SetSeed Int32 ; Maximum Object @RandomNumberParameterSet(0) ; Minimum Object @RandomNumberParameterSet ; "
    "InputObject Object[] @RandomListItemParameterSet(0,m,v) @ShuffleParameterSet(0,m,v) ; Count Int32 @RandomNumberParameterSet @RandomListItemParameterSet ; Shuffle switch @ShuffleParameterSet(m) ; default RandomNumberParameterSet",
    "Get-SecureRandom": "Maximum Object @RandomNumberParameterSet(0) ; Minimum Object @RandomNumberParameterSet ; "
    "InputObject Object[] @RandomListItemParameterSet(0,m,v) ; Count Int32 ; default RandomNumberParameterSet",
    "Measure-Command": "InputObject PSObject v ; Expression ScriptBlock 0 m",
    "Write-Output": "InputObject PSObject 0 m v r ; NoEnumerate switch",
    "Write-Host": "Object/Msg/Message Object 0 v r ; NoNewline switch ; Separator Object ; ForegroundColor Object ; BackgroundColor Object",
    "Write-Error": "Exception Object @WithException(m) ; Message/Msg String @NoException(0,m,v) @WithException ; ErrorRecord Object @ErrorRecord(m) ; "
    "Category Object @NoException @WithException ; ErrorId String @NoException @WithException ; TargetObject Object @NoException @WithException ; "
    "RecommendedAction String ; CategoryActivity/Activity String ; CategoryReason/Reason String ; CategoryTargetName/TargetName String ; CategoryTargetType/TargetType String ; default NoException",
    "Write-Warning": "Message/Msg String 0 m v",
    "Write-Verbose": "Message/Msg String 0 m v",
    "Write-Debug": "Message/Msg String 0 m v",
    "Write-Information": "MessageData/Msg/Message Object 0 m v ; Tags String[] 1",
    "Write-Progress": "Activity String 0 ; Status String 1 ; Id Int32 2 ; PercentComplete Int32 ; SecondsRemaining Int32 ; CurrentOperation String ; ParentId Int32 ; Completed switch ; SourceId Int32",
    "Out-Host": "Paging switch ; InputObject PSObject v",
    "Out-Default": "Transcript switch ; InputObject PSObject v",
    "Out-String": "Stream switch ; Width Int32 ; NoNewline switch ; InputObject PSObject v",
    "Out-File": "FilePath/Path String @ByPath(0,m) ; LiteralPath/PSPath/LP String @ByLiteralPath(m) ; Encoding Object 1 ; Append switch ; "
    "Force switch ; NoClobber/NoOverwrite switch ; Width Int32 ; NoNewline switch ; InputObject PSObject v ; default ByPath",
    "Format-Table": f"Property Object[] 0 ; AutoSize switch ; RepeatHeader switch ; HideTableHeaders switch ; Wrap switch ; ExcludeProperty String[] ; {_FORMAT}",
    "Format-List": f"Property Object[] 0 ; ExcludeProperty String[] ; {_FORMAT}",
    "Format-Wide": f"Property Object 0 ; AutoSize switch ; Column Int32 ; ExcludeProperty String[] ; {_FORMAT}",
    "Format-Custom": f"Property Object[] 0 ; Depth Int32 ; ExcludeProperty String[] ; {_FORMAT}",
    "Join-String": "Property Object 0 ; Separator String 1 ; OutputPrefix/op String ; OutputSuffix/os String ; SingleQuote switch @SingleQuote ; "
    "DoubleQuote switch @DoubleQuote ; FormatString String @Format ; UseCulture switch ; InputObject PSObject[] v ; default default",
    "Start-Transcript": "Path String 0 ; LiteralPath String ; OutputDirectory String ; Append switch ; Force switch ; NoClobber switch ; IncludeInvocationHeader switch ; UseMinimalHeader switch",
    "Stop-Transcript": "",
    "Clear-Host": "",
    "Read-Host": "Prompt Object 0 r ; AsSecureString switch @AsSecureString ; MaskInput switch @AsString ; default AsString",
    "ConvertTo-Json": "InputObject Object 0 m v ; Depth Int32 ; Compress switch ; EnumsAsStrings switch ; AsArray switch ; EscapeHandling String {Default,EscapeNonAscii,EscapeHtml}",
    "ConvertFrom-Json": "InputObject String 0 m v ; AsHashtable switch ; Depth Int32 ; NoEnumerate switch ; DateKind String {Default,Local,Utc,Offset,String}",
    "Test-Json": "Json String 0 m v ; Path String n ; LiteralPath String n ; Schema String 1 ; SchemaFile String ; Options Object",
    "ConvertFrom-StringData": "StringData String 0 m v ; Delimiter Char 1",
    "ConvertTo-Csv": f"InputObject PSObject 0 m v ; {_CSV}",
    "ConvertFrom-Csv": "Delimiter Char 1 ; UseCulture switch ; InputObject/Data PSObject[] 0 m v ; Header String[]",
    "Import-Csv": "Delimiter Char 1 ; Path String[] 0 v ; LiteralPath/PSPath/LP String[] n ; UseCulture switch ; Header String[] ; Encoding Object",
    "Export-Csv": f"InputObject PSObject m v ; Path String 0 ; LiteralPath/PSPath/LP String ; Force switch ; NoClobber/NoOverwrite switch ; Encoding Object ; Append switch ; {_CSV}",
    "ConvertTo-Xml": "Depth Int32 ; InputObject PSObject 0 m v ; NoTypeInformation switch ; As String {Stream,String,Document}",
    "Export-Clixml": "Depth Int32 ; Path String 0 m ; LiteralPath String ; InputObject PSObject m v ; Force switch ; NoClobber switch ; Encoding Object",
    "Import-Clixml": "Path String[] 0 m v n ; LiteralPath String[] ; IncludeTotalCount switch ; Skip UInt64 ; First UInt64",
    "ConvertTo-CliXml": "InputObject PSObject 0 m v ; Depth Int32",
    "ConvertFrom-CliXml": "InputObject String 0 m v",
    "ConvertTo-Html": "InputObject PSObject v ; Property Object[] 0 ; Body String[] 3 ; Head String[] 1 ; Title String 2 ; As String {Table,List} ; CssUri Uri ; Fragment switch ; PostContent String[] ; PreContent String[] ; Meta Hashtable ; Charset String ; Transitional switch",
    "ConvertFrom-Markdown": "Path String[] 0 ; InputObject PSObject v ; AsVT100EncodedString switch",
    "Get-Content": f"ReadCount Int64 n ; TotalCount/First/Head Int64 n ; Tail/Last Int32 n ; {_PATH} ; {_FILTERS} ; Force switch ; {_CREDENTIAL} ; Delimiter String ; Wait switch ; Raw switch ; Encoding Object ; AsByteStream switch ; Stream String",
    "Set-Content": _WRITING,
    "Add-Content": _WRITING,
    "Clear-Content": f"{_PATH} ; {_FILTERS} ; Force switch ; {_CREDENTIAL} ; Stream String",
    "Get-ChildItem": "Path String[] @Items(0,v,n) ; LiteralPath/PSPath/LP String[] @LiteralItems(m,n) ; Filter String 1 ; Include String[] ; Exclude String[] ; "
    "Recurse/s switch ; Depth UInt32 ; Force switch ; Name switch ; Attributes Object ; FollowSymlink switch ; Directory/ad switch ; File/af switch ; Hidden/ah/h switch ; ReadOnly/ar switch ; System/as switch ; default Items",
    "Get-Item": f"{_PATH_V} ; {_FILTERS} ; Force switch ; {_CREDENTIAL} ; Stream String[]",
    "Set-Item": f"{_PATH_V} ; Value Object 1 v n ; Force switch ; PassThru switch ; {_FILTERS} ; {_CREDENTIAL}",
    "New-Item": "Path String[] @pathSet(0,m,n) @nameSet(0,n) ; Name String @nameSet(m,n) ; ItemType/Type String n ; Value/Target Object v n ; Force switch ; Credential Object n ; default pathSet",
    "Remove-Item": f"{_PATH_V} ; {_FILTERS} ; Recurse switch ; Force switch ; {_CREDENTIAL} ; Stream String[]",
    "Copy-Item": f"{_PATH_V} ; Destination String 1 n ; Container switch ; Force switch ; {_FILTERS} ; Recurse switch ; PassThru switch ; {_CREDENTIAL} ; FromSession Object ; ToSession Object",
    "Move-Item": f"{_PATH_V} ; Destination String 1 n ; Force switch ; {_FILTERS} ; PassThru switch ; {_CREDENTIAL}",
    "Rename-Item": "Path String @ByPath(0,m,v,n) ; LiteralPath/PSPath/LP String @ByLiteralPath(m,n) ; NewName String 1 m n ; Force switch ; PassThru switch ; Credential Object n ; default ByPath",
    "Test-Path": f"{_PATH_V} ; {_FILTERS} ; PathType/Type String {{Any,Container,Leaf}} ; IsValid switch ; {_CREDENTIAL} ; OlderThan DateTime ; NewerThan DateTime",
    "Resolve-Path": f"{_PATH_V} ; Relative switch ; RelativeBasePath String ; Force switch ; {_CREDENTIAL}",
    "Convert-Path": _PATH_V,
    "Get-FileHash": "Path String[] @Path(0,m,v,n) ; LiteralPath/PSPath/LP String[] @LiteralPath(m,n) ; InputStream Object @Stream(m) ; Algorithm String {SHA1,SHA256,SHA384,SHA512,MD5} ; default Path",
    "New-TemporaryFile": "",
    "Get-ItemProperty": f"{_PATH_V} ; Name/PSProperty String[] 1 ; {_FILTERS} ; {_CREDENTIAL}",
    "Set-ItemProperty": f"{_PATH_V} ; Name/PSProperty String 1 m n ; Value Object 2 m n ; PassThru switch ; Force switch ; {_FILTERS} ; {_CREDENTIAL}",
    "Get-ItemPropertyValue": f"Path String[] @Path(0,v,n) ; LiteralPath/PSPath String[] @LiteralPath(m,n) ; Name/PSProperty String[] 1 m ; {_FILTERS} ; default Path",
    "Clear-Item": f"{_PATH_V} ; Force switch ; {_FILTERS}",
    "Invoke-Item": f"{_PATH_V} ; {_FILTERS}",
    "Unblock-File": "Path String[] 0 m ; LiteralPath String[]",
    "Format-Hex": "Path String[] @Path(0,m) ; LiteralPath String[] @LiteralPath(m) ; InputObject PSObject @ByInputObject(m,v) ; Encoding Object ; Count Int64 ; Offset Int64 ; Raw switch ; default Path",
    "Compress-Archive": "Path String[] 0 m v n ; LiteralPath String[] ; DestinationPath String 1 m ; CompressionLevel String {Optimal,NoCompression,Fastest} ; PassThru switch ; Update switch ; Force switch",
    "Expand-Archive": "Path String 0 m v n ; LiteralPath String ; DestinationPath String 1 ; Force switch ; PassThru switch",
    "Join-Path": "Path/PSPath String[] 0 m v n ; ChildPath String[] 1 m n ; AdditionalChildPath String[] n r ; Resolve switch ; Credential Object n ; Extension String n",
    "Split-Path": "Path String[] @ParentSet(0,m,v,n) @LeafSet(0,m,v,n) @LeafBaseSet(0,m,v,n) @ExtensionSet(0,m,v,n) @QualifierSet(0,m,v,n) @NoQualifierSet(0,m,v,n) @IsAbsoluteSet(0,m,v,n) ; LiteralPath/PSPath/LP String[] @LiteralPathSet(m,n) ; "
    "Parent switch @ParentSet ; Leaf switch @LeafSet(m) ; LeafBase switch @LeafBaseSet(m) ; Extension switch @ExtensionSet(m) ; Qualifier switch @QualifierSet(m) ; NoQualifier switch @NoQualifierSet(m) ; Resolve switch ; IsAbsolute switch @IsAbsoluteSet(m) ; Credential Object n ; default ParentSet",
    "Get-Location": "PSProvider String[] n ; PSDrive String[] n ; Stack switch ; StackName String[]",
    "Set-Location": "Path String @Path(0,v,n) ; LiteralPath/PSPath/LP String @LiteralPath(m,n) ; StackName String @Stack(n) ; PassThru switch ; default Path",
    "Push-Location": "Path String @Path(0,v,n) ; LiteralPath/PSPath/LP String @LiteralPath(n) ; PassThru switch ; StackName String n ; default Path",
    "Pop-Location": "PassThru switch ; StackName String n",
    "Get-PSDrive": "Name String[] 0 n ; LiteralName String[] ; Scope String ; PSProvider String[]",
    "Get-PSProvider": "PSProvider String[] 0 v n",
    "New-PSDrive": "Name String 0 m ; PSProvider String 1 m ; Root String 2 m ; Description String ; Scope String",
    "Select-String": "Culture String ; InputObject PSObject @Object(m,v) @ObjectRaw(m,v) ; Pattern String[] 0 m ; Path String[] @File(1,m,n) @FileRaw(1,m,n) ; LiteralPath/PSPath/LP String[] @LiteralFile(m,n) @LiteralFileRaw(m,n) ; "
    "Raw switch @ObjectRaw(m) @FileRaw(m) @LiteralFileRaw(m) ; SimpleMatch switch ; CaseSensitive switch ; Quiet switch @Object @File @LiteralFile ; List switch ; NoEmphasis switch ; Include String[] ; Exclude String[] ; "
    "NotMatch switch ; AllMatches switch ; Encoding Object ; Context Int32[] ; default File",
    "Import-LocalizedData": "BindingVariable String 0 ; UICulture String 1 ; BaseDirectory String ; FileName String",
    "ConvertTo-SecureString": "String String 0 m v ; AsPlainText switch 1 ; Force switch 2 ; SecureKey SecureString ; Key Byte[]",
    "ConvertFrom-SecureString": "SecureString SecureString 0 m v ; AsPlainText switch ; SecureKey SecureString ; Key Byte[]",
    "Get-Credential": "Credential Object 0 ; Message String ; UserName String ; Title String",
    "Get-Variable": "Name String[] 0 v n ; ValueOnly switch ; Include String[] ; Exclude String[] ; Scope String",
    "Set-Variable": "Name String[] 0 m n ; Value Object 1 v n ; Include String[] ; Exclude String[] ; Description String ; Option Object ; Force switch ; Visibility Object ; PassThru switch ; Scope String ; Append switch",
    "New-Variable": "Name String 0 m n ; Value Object 1 v n ; Description String ; Option Object ; Visibility Object ; Force switch ; PassThru switch ; Scope String",
    "Remove-Variable": "Name String[] 0 m v n ; Include String[] ; Exclude String[] ; Force switch ; Scope String",
    "Clear-Variable": "Name String[] 0 m v n ; Include String[] ; Exclude String[] ; Force switch ; PassThru switch ; Scope String",
    "Get-Command": "Name String[] 0 v n ; Verb String[] n ; Noun String[] n ; Module/PSSnapin String[] n ; CommandType/Type Object n ; TotalCount Int32 n ; Syntax switch n ; ShowCommandInfo switch ; ArgumentList/Args Object[] 1 r ; All switch n ; ListImported switch n ; ParameterName String[] ; ParameterType String[] ; FullyQualifiedModule Object ; UseFuzzyMatching switch",
    "Get-Alias": "Name String[] 0 v n ; Exclude String[] ; Scope String ; Definition String[]",
    "Set-Alias": "Name String 0 m n ; Value String 1 m n ; Description String ; Option Object ; PassThru switch ; Scope String ; Force switch",
    "New-Alias": "Name String 0 m n ; Value String 1 m n ; Description String ; Option Object ; PassThru switch ; Scope String ; Force switch",
    "Remove-Alias": "Name String[] 0 m v n ; Scope String ; Force switch",
    "Export-Alias": "Path String 0 m ; Name String[] 1",
    "Get-Help": "Name String 0 n ; Path String ; Category String[] ; Full switch ; Detailed switch ; Examples switch ; Parameter String[] ; Online switch ; ShowWindow switch",
    "Invoke-Expression": "Command String 0 m v",
    "Invoke-Command": "ScriptBlock/Command ScriptBlock 0 m ; NoNewScope switch ; InputObject PSObject v ; ArgumentList/Args Object[] ; ComputerName/Cn String[] ; Session Object[] ; Credential Object ; AsJob switch ; FilePath String",
    "Set-StrictMode": "Off switch @Off(m) ; Version/v Object @Version(m) ; default Version",
    "Get-Host": "",
    "Get-PSCallStack": "",
    "Get-History": "Id Int64[] 0 ; Count Int32 1",
    "Set-PSDebug": "Trace Int32 ; Step switch ; Strict switch ; Off switch",
    "Update-TypeData": "TypeName String ; MemberType String ; MemberName String ; Value Object ; DefaultDisplayProperty String ; DefaultDisplayPropertySet String[] ; Force switch ; AppendPath String[] 0 ; PrependPath String[] ; SecondValue Object ; DefaultKeyPropertySet String[] ; SerializationDepth Int32",
    "Update-FormatData": "AppendPath String[] 0 ; PrependPath String[]",
    "Get-TypeData": "TypeName String[] 0",
    "Set-ExecutionPolicy": "ExecutionPolicy Object 0 m ; Scope Object 1 ; Force switch",
    "Get-ExecutionPolicy": "Scope Object 0 ; List switch",
    "Get-Verb": "Verb String[] 0 v n ; Group String[] 1",
    "Add-Type": "TypeDefinition String @FromSource(0,m) ; Name String @FromMember(0,m) ; MemberDefinition String[] @FromMember(1,m) ; Namespace String @FromMember ; UsingNamespace String[] ; AssemblyName/AN String[] @FromAssemblyName(m) ; Path String[] @FromPath(m) ; LiteralPath String[] @FromLiteralPath(m) ; ReferencedAssemblies/RA String[] ; Language Object ; OutputAssembly String ; OutputType Object ; PassThru switch ; IgnoreWarnings switch ; CompilerOptions String[] ; default FromSource",
    "Get-Error": "InputObject PSObject v ; Newest Int32",
    "Debug-Runspace": "",
    "Wait-Debugger": "",
    "Register-EngineEvent": "SourceIdentifier String 100 m ; Action ScriptBlock 101 ; SupportEvent switch ; Forward switch ; MessageData PSObject",
    "Unregister-Event": "SourceIdentifier String 0 ; Force switch",
    "Register-ArgumentCompleter": "CommandName String[] ; ParameterName String ; ScriptBlock ScriptBlock ; Native switch",
    "Get-Culture": "NoUserOverrides switch ; Name String[] 0 ; ListAvailable switch",
    "Get-UICulture": "",
    "Get-Uptime": "Since switch",
    "Get-Date": "Date/LastWriteTime DateTime @DateAndFormat(0,v,n) @DateAndUFormat(0,v,n) ; UnixTimeSeconds/UnixTime Double @UnixTimeSecondsAndFormat(m) @UnixTimeSecondsAndUFormat(m) ; Year Int32 ; Month Int32 ; Day Int32 ; Hour Int32 ; Minute Int32 ; Second Int32 ; Millisecond Int32 ; DisplayHint Object ; "
    "UFormat String @DateAndUFormat(m) @UnixTimeSecondsAndUFormat(m) ; Format String @DateAndFormat @UnixTimeSecondsAndFormat ; AsUTC switch ; default DateAndFormat",
    "Set-Date": "Date DateTime 0 m",
    "New-TimeSpan": "Start/LastWriteTime DateTime @Date(0,v,n) ; End DateTime @Date(1,n) ; Days Int32 @Time ; Hours Int32 @Time ; Minutes Int32 @Time ; Seconds Int32 @Time ; Milliseconds Int32 @Time ; default Date",
    "Start-Sleep": "Seconds Double @Seconds(0,m,v,n) ; Milliseconds/ms Int32 @Milliseconds(m,n) ; Duration/ts TimeSpan @FromTimeSpan(m,n) ; default Seconds",
    "New-Guid": "Empty switch @Empty ; InputObject String @InputObject(0,v) ; default Default",
    "Get-Process": "Name/ProcessName String[] 0 n ; Id/PID Int32[] n ; IncludeUserName switch ; Module switch ; FileVersionInfo switch ; InputObject Object[] v",
    "Stop-Process": "Id Int32[] 0 n ; Name/ProcessName String[] n ; InputObject Object[] v ; Force switch ; PassThru switch",
    "Start-Process": "FilePath/PSPath/Path String 0 m ; ArgumentList/Args String[] 1 ; Credential Object ; WorkingDirectory String ; LoadUserProfile switch ; NoNewWindow/nnw switch ; PassThru switch ; RedirectStandardError/RSE String ; RedirectStandardInput/RSI String ; RedirectStandardOutput/RSO String ; Verb String ; WindowStyle Object ; Wait switch ; UseNewEnvironment switch ; Environment Hashtable",
    "Wait-Process": "Name String[] ; Id Int32[] 0 ; Timeout Int32 ; InputObject Object[] v",
    "Start-Job": "ScriptBlock/Command ScriptBlock 0 m ; FilePath String ; Name String ; InputObject PSObject v ; InitializationScript ScriptBlock 1 ; ArgumentList/Args Object[] ; WorkingDirectory String ; PSVersion Version ; RunAs32 switch ; Credential Object",
    "Start-ThreadJob": "ScriptBlock ScriptBlock 0 m ; FilePath String ; Name String ; InitializationScript ScriptBlock ; InputObject PSObject v ; ArgumentList Object[] ; ThrottleLimit Int32 ; StreamingHost Object",
    "Get-Job": "Id Int32[] 0 ; Name String[] ; State Object ; Newest Int32 ; Command String[]",
    "Receive-Job": "Job Object[] 0 v ; Id Int32[] ; Name String[] ; Keep switch ; Wait switch ; AutoRemoveJob switch ; WriteEvents switch ; ErrorAction2 String",
    "Wait-Job": "Job Object[] 0 v ; Id Int32[] ; Name String[] ; Any switch ; Timeout/TimeoutSec Int32 ; Force switch",
    "Remove-Job": "Job Object[] 0 v ; Id Int32[] ; Name String[] ; Force/F switch ; State Object",
    "Stop-Job": "Job Object[] 0 v ; Id Int32[] ; Name String[] ; PassThru switch",
    "Get-Secret": "Name String 0 m ; Vault String 1 ; AsPlainText switch ; InputObject Object v",
    "Set-Secret": "Name String 0 m ; Secret Object 1 m v ; Vault String ; Metadata Hashtable ; NoClobber switch",
    "Get-TimeZone": "Id String[] ; ListAvailable switch ; Name String[] 0",
    "Import-Module": "Name String[] 0 m v ; ModuleInfo Object[] ; Global switch ; Prefix String ; Function String[] ; Cmdlet String[] ; Variable String[] ; Alias String[] ; Force switch ; PassThru switch ; AsCustomObject switch ; MinimumVersion/Version Version ; MaximumVersion String ; RequiredVersion Version ; ArgumentList/Args Object[] ; DisableNameChecking switch ; NoClobber switch ; Scope String ; SkipEditionCheck switch ; UseWindowsPowerShell switch ; FullyQualifiedName Object",
    "Get-Module": "Name String[] 0 v ; All switch ; ListAvailable switch ; PSEdition String ; Refresh switch ; FullyQualifiedName Object[]",
    "Remove-Module": "Name String[] 0 m v ; ModuleInfo Object[] v ; Force switch",
    "New-Module": "Name String @Name(0,m) ; ScriptBlock ScriptBlock @Name(1,m) @ScriptBlock(0,m) ; Function String[] ; Cmdlet String[] ; ReturnResult switch ; AsCustomObject switch ; ArgumentList Object[] r ; default ScriptBlock",
    "Export-ModuleMember": "Function String[] 0 v n ; Cmdlet String[] n ; Variable String[] n ; Alias String[] n",
    "Install-Module": "Name String[] 0 m n ; MinimumVersion String ; MaximumVersion String ; RequiredVersion String ; Repository String[] ; Credential Object ; Scope String ; Proxy Uri ; AllowClobber switch ; SkipPublisherCheck switch ; Force switch ; AllowPrerelease switch ; AcceptLicense switch ; PassThru switch",
    "Install-PSResource": "Name String[] 0 m ; Version String ; Repository String[] ; Scope String ; TrustRepository switch ; Reinstall switch ; Quiet switch ; AcceptLicense switch ; NoClobber switch",
    "Get-InstalledModule": "Name String[] 0 ; RequiredVersion String ; AllVersions switch",
    "Find-Module": "Name String[] 0 ; Repository String[]",
    "Update-Module": "Name String[] 0 ; Force switch",
    "Import-PowerShellDataFile": "Path String[] 0 m ; LiteralPath String[] ; SkipLimitCheck switch",
    "Test-ModuleManifest": "Path String 0 m",
    "Invoke-WebRequest": _WEB,
    "Invoke-RestMethod": f"FollowRelLink/FL switch ; MaximumFollowRelLink/ML Int32 ; ResponseHeadersVariable/RHV String ; StatusCodeVariable String ; {_WEB}",
    "Request-ChatCompletion": "Message/Text/UserMessage String 0 ; SystemMessage/system/RolePrompt String[] ; DeveloperMessage String[] ; History Object[] n ; Role String ; Name String ; Model String ; Temperature Double ; TopP/top_p Double ; NumberOfAnswers/n UInt16 ; Stream switch ; StopSequence/stop String[] ; MaxTokens/max_tokens Int32 ; MaxCompletionTokens/max_completion_tokens Int32 ; PresencePenalty Double ; FrequencyPenalty Double ; LogitBias Object ; Format/response_format Object ; JsonSchema String ; Seed Int64 ; User String ; Tools Object[] ; ToolChoice Object ; ApiKey Object ; ApiBase Uri ; ApiType Object ; AuthType String ; Organization/OrgId String ; TimeoutSec Int32 ; MaxRetryCount Int32 ; AsBatch switch ; AdditionalQuery Object ; AdditionalHeaders Object ; AdditionalBody Object ; ReasoningEffort String ; Verbosity String ; ServiceTier String ; Store switch ; Images String[] ; ImageDetail String",
}
