# A parameter that takes a text or a SecureString, and is a [string] all the same.
class PSBridgeSecretTextAttribute : ArgumentTransformationAttribute {
    [object] Transform([EngineIntrinsics] $engine, [object] $given) {
        $value = $given
        if ($value -is [psobject]) { $value = $value.PSObject.BaseObject }
        if ($value -is [securestring]) { return [System.Net.NetworkCredential]::new('', $value).Password }
        return $given
    }
}
