# A parameter that takes a text or a SecureString, and is a [string] all the same.
class PSBridgeSecretTextAttribute : System.Management.Automation.ArgumentTransformationAttribute {
    [System.Object] Transform([System.Management.Automation.EngineIntrinsics] $engine, [System.Object] $given) {
        $value = $given
        if ($value -is [psobject]) { $value = $value.PSObject.BaseObject }
        if ($value -is [securestring]) { return [pscredential]::new('secret', $value).GetNetworkCredential().Password }
        return $given
    }
}
