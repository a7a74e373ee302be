"""How the reference prints volumes in a message; see `internal`."""

from typing import Any

from steersman.api.validation import selectors
from steersman.api.validation.internal import Embedded, Shape

METADATA = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
)  # fmt: skip


def fields(names: str, zero: Any = None) -> tuple[tuple[str, str, Any], ...]:
    """Fields whose name in Go is that in JSON with a capital."""
    return tuple((name[0].upper() + name[1:], name, zero) for name in names.split())


FIELD_REF: Shape = (("APIVersion", "apiVersion", ""), ("FieldPath", "fieldPath", ""))
RESOURCE_REF: Shape = (*fields("containerName resource", ""), *fields("divisor", "0"))
_ITEMS = ("Items", "items", [(*fields("key path", ""), *fields("mode"))])
_REF = ("SecretRef", "secretRef", fields("name", ""))
_FS = ("FSType", "fsType", "")
_READ_ONLY = ("ReadOnly", "readOnly", False)
_FILE: Shape = (
    ("Path", "path", ""), ("FieldRef", "fieldRef", FIELD_REF), ("ResourceFieldRef", "resourceFieldRef", RESOURCE_REF),
    ("Mode", "mode", None),
)  # fmt: skip
_FILES = ("Items", "items", [_FILE])
_PROJECTION: Shape = (
    ("Secret", "secret", (*fields("name", ""), _ITEMS, *fields("optional"))),
    ("DownwardAPI", "downwardAPI", (_FILES,)),
    ("ConfigMap", "configMap", (*fields("name", ""), _ITEMS, *fields("optional"))),
    ("ServiceAccountToken", "serviceAccountToken", (
        *fields("audience", ""), *fields("expirationSeconds", 0), *fields("path", ""),
    )),
    ("ClusterTrustBundle", "clusterTrustBundle", (
        *fields("name signerName"), ("LabelSelector", "labelSelector", selectors.shown), *fields("optional"),
        *fields("path", ""),
    )),
    ("PodCertificate", "podCertificate", (
        *fields("signerName keyType", ""), *fields("maxExpirationSeconds"),
        *fields("credentialBundlePath keyPath certificateChainPath", ""), *fields("userAnnotations"),
    )),
)  # fmt: skip
TYPED_REFERENCE: Shape = (("APIGroup", "apiGroup", None), *fields("kind name", ""))
CLAIM_SPEC: Shape = (
    *fields("accessModes"),
    ("Selector", "selector", selectors.shown),
    ("Resources", "resources", Embedded(fields("limits requests"))),
    *fields("volumeName", ""),
    *fields("storageClassName volumeMode"),
    ("DataSource", "dataSource", TYPED_REFERENCE),
    ("DataSourceRef", "dataSourceRef", (*TYPED_REFERENCE, *fields("namespace"))),
    *fields("volumeAttributesClassName"),
)
SOURCES: dict[str, Shape] = {
    "hostPath": (*fields("path", ""), *fields("type")),
    "emptyDir": (*fields("medium", ""), *fields("sizeLimit")),
    "gcePersistentDisk": (("PDName", "pdName", ""), _FS, ("Partition", "partition", 0), _READ_ONLY),
    "awsElasticBlockStore": (("VolumeID", "volumeID", ""), _FS, ("Partition", "partition", 0), _READ_ONLY),
    "gitRepo": fields("repository revision directory", ""),
    "secret": (*fields("secretName", ""), _ITEMS, *fields("defaultMode optional")),
    "nfs": (*fields("server path", ""), _READ_ONLY),
    "iscsi": (
        *fields("targetPortal", ""), ("IQN", "iqn", ""), ("Lun", "lun", 0), ("ISCSIInterface", "iscsiInterface", ""),
        _FS, _READ_ONLY, *fields("portals"), ("DiscoveryCHAPAuth", "chapAuthDiscovery", False),
        ("SessionCHAPAuth", "chapAuthSession", False), _REF, *fields("initiatorName"),
    ),
    "glusterfs": (("EndpointsName", "endpoints", ""), ("Path", "path", ""), _READ_ONLY),
    "persistentVolumeClaim": (*fields("claimName", ""), _READ_ONLY),
    "rbd": (
        ("CephMonitors", "monitors", None), ("RBDImage", "image", ""), _FS, ("RBDPool", "pool", ""),
        ("RadosUser", "user", ""), ("Keyring", "keyring", ""), _REF, _READ_ONLY,
    ),
    "quobyte": (*fields("registry volume", ""), _READ_ONLY, *fields("user group tenant", "")),
    "flexVolume": (*fields("driver", ""), _FS, _REF, _READ_ONLY, *fields("options")),
    "cinder": (("VolumeID", "volumeID", ""), _FS, _READ_ONLY, _REF),
    "cephfs": (*fields("monitors"), *fields("path user secretFile", ""), _REF, _READ_ONLY),
    "flocker": (*fields("datasetName", ""), ("DatasetUUID", "datasetUUID", "")),
    "downwardAPI": (_FILES, *fields("defaultMode")),
    "fc": (("TargetWWNs", "targetWWNs", None), ("Lun", "lun", None), _FS, _READ_ONLY, ("WWIDs", "wwids", None)),
    "azureFile": (*fields("secretName shareName", ""), _READ_ONLY),
    "configMap": (*fields("name", ""), _ITEMS, *fields("defaultMode optional")),
    "vsphereVolume": (
        *fields("volumePath", ""), _FS, *fields("storagePolicyName", ""), ("StoragePolicyID", "storagePolicyID", ""),
    ),
    "azureDisk": (
        *fields("diskName", ""), ("DataDiskURI", "diskURI", ""), *fields("cachingMode"), ("FSType", "fsType", None),
        *fields("readOnly kind"),
    ),
    "photonPersistentDisk": (("PdID", "pdID", ""), _FS),
    "projected": (("Sources", "sources", [_PROJECTION]), *fields("defaultMode")),
    "portworxVolume": (("VolumeID", "volumeID", ""), _FS, _READ_ONLY),
    "scaleIO": (
        *fields("gateway system", ""), _REF, ("SSLEnabled", "sslEnabled", False),
        *fields("protectionDomain storagePool storageMode volumeName", ""), _FS, _READ_ONLY,
    ),
    "storageos": (*fields("volumeName volumeNamespace", ""), _FS, _READ_ONLY, _REF),
    "csi": (
        *fields("driver", ""), *fields("readOnly"), ("FSType", "fsType", None), *fields("volumeAttributes"),
        ("NodePublishSecretRef", "nodePublishSecretRef", fields("name", "")),
    ),
    "ephemeral": (("VolumeClaimTemplate", "volumeClaimTemplate", (("Spec", "spec", Embedded(CLAIM_SPEC)),)),),
    "image": fields("reference pullPolicy", ""),
}  # fmt: skip
_GO_NAMES = {
    "gcePersistentDisk": "GCEPersistentDisk", "awsElasticBlockStore": "AWSElasticBlockStore", "nfs": "NFS",
    "iscsi": "ISCSI", "rbd": "RBD", "cephfs": "CephFS", "fc": "FC", "storageos": "StorageOS", "csi": "CSI",
}  # fmt: skip
VOLUME: Shape = (
    ("Name", "name", ""),
    *((_GO_NAMES.get(name, name[0].upper() + name[1:]), name, shape) for name, shape in SOURCES.items()),
)
