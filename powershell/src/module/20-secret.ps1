# A parameter that takes a text or a SecureString, and is a [string] all the same.
class PSBridgeSecretTextAttribute : System.Management.Automation.ArgumentTransformationAttribute {
    [System.Object] Transform([System.Management.Automation.EngineIntrinsics] $engine, [System.Object] $given) {
        Import-Bridge -Start
        return Get-BridgeText $given
    }
}
