"""Named types of scalars, lists and maps, as decoding errors show them (`of type v1.Protocol`).

The schema knows only `string`; Kubernetes' own types have names, and clients see them in refusals.  The table
goes from type to fields; a field is `Struct.field`.  The version before the name is that of the struct's own
group unless the name carries one.
"""

SCALARS = {
    "AddressType": "EndpointSlice.addressType",
    "AppArmorProfileType": "AppArmorProfile.type",
    "AzureDataDiskCachingMode": "AzureDiskVolumeSource.cachingMode",
    "AzureDataDiskKind": "AzureDiskVolumeSource.kind",
    "CompletionMode": "JobSpec.completionMode",
    "ConcurrencyPolicy": "CronJobSpec.concurrencyPolicy",
    "ConditionStatus": "APIServiceCondition.status ComponentCondition.status CronJobCondition.status "
    "CustomResourceDefinitionCondition.status CertificateSigningRequestCondition.status DaemonSetCondition.status "
    "DeploymentCondition.status FlowSchemaCondition.status HorizontalPodAutoscalerCondition.status "
    "JobCondition.status NamespaceCondition.status NodeCondition.status PersistentVolumeClaimCondition.status "
    "PodCondition.status PodFailurePolicyOnPodConditionsPattern.status PriorityLevelConfigurationCondition.status "
    "ReplicaSetCondition.status ReplicationControllerCondition.status StatefulSetCondition.status Condition.status",
    "ConversionStrategyType": "CustomResourceConversion.strategy",
    "DNSPolicy": "PodSpec.dnsPolicy",
    "DaemonSetUpdateStrategyType": "DaemonSetUpdateStrategy.type",
    "DeletionPropagation": "DeleteOptions.propagationPolicy",
    "DeploymentStrategyType": "DeploymentStrategy.type",
    "DeviceAllocationMode": "DeviceRequest.allocationMode DeviceSubRequest.allocationMode "
    "ExactDeviceRequest.allocationMode",
    "DeviceTaintEffect": "DeviceTaint.effect DeviceToleration.effect",
    "DeviceTolerationOperator": "DeviceToleration.operator",
    "FSGroupPolicy": "CSIDriverSpec.fsGroupPolicy",
    "FailurePolicyType": "MutatingAdmissionPolicySpec.failurePolicy MutatingWebhook.failurePolicy "
    "ValidatingAdmissionPolicySpec.failurePolicy ValidatingWebhook.failurePolicy",
    "FinalizerName": "NamespaceSpec.finalizers",
    "FlowDistinguisherMethodType": "FlowDistinguisherMethod.type",
    "HPAScalingPolicyType": "HPAScalingPolicy.type",
    "HostPathType": "HostPathVolumeSource.type",
    "IPFamily": "ServiceSpec.ipFamilies",
    "IPFamilyPolicy": "ServiceSpec.ipFamilyPolicy",
    "KeyUsage": "CertificateSigningRequestSpec.usages",
    "LabelSelectorOperator": "LabelSelectorRequirement.operator",
    "LimitResponseType": "LimitResponse.type",
    "LimitType": "LimitRangeItem.type",
    "LoadBalancerIPMode": "LoadBalancerIngress.ipMode",
    "ManagedFieldsOperationType": "ManagedFieldsEntry.operation",
    "MatchPolicyType": "MatchResources.matchPolicy MutatingWebhook.matchPolicy ValidatingWebhook.matchPolicy",
    "MetricSourceType": "MetricSpec.type MetricStatus.type",
    "MetricTargetType": "MetricTarget.type",
    "MountPropagationMode": "VolumeMount.mountPropagation",
    "NamespacePhase": "NamespaceStatus.phase",
    "NodeAddressType": "NodeAddress.type",
    "NodeConditionType": "NodeCondition.type",
    "NodeInclusionPolicy": "TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy",
    "NodePhase": "NodeStatus.phase",
    "NodeSelectorOperator": "NodeSelectorRequirement.operator",
    "OSName": "PodOS.name",
    "OperationType": "NamedRuleWithOperations.operations RuleWithOperations.operations",
    "ParameterNotFoundActionType": "ParamRef.parameterNotFoundAction",
    "PatchType": "Mutation.patchType",
    "PathType": "HTTPIngressPath.pathType",
    "PersistentVolumeAccessMode": "PersistentVolumeClaimSpec.accessModes PersistentVolumeClaimStatus.accessModes "
    "PersistentVolumeSpec.accessModes",
    "PersistentVolumeClaimPhase": "PersistentVolumeClaimStatus.phase",
    "PersistentVolumeClaimRetentionPolicyType": "StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted "
    "StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled",
    "PersistentVolumeMode": "PersistentVolumeClaimSpec.volumeMode PersistentVolumeSpec.volumeMode",
    "PersistentVolumePhase": "PersistentVolumeStatus.phase",
    "PersistentVolumeReclaimPolicy": "PersistentVolumeSpec.persistentVolumeReclaimPolicy StorageClass.reclaimPolicy",
    "PodConditionType": "PodCondition.type PodFailurePolicyOnPodConditionsPattern.type PodReadinessGate.conditionType",
    "PodFSGroupChangePolicy": "PodSecurityContext.fsGroupChangePolicy",
    "PodFailurePolicyAction": "PodFailurePolicyRule.action",
    "PodFailurePolicyOnExitCodesOperator": "PodFailurePolicyOnExitCodesRequirement.operator",
    "PodManagementPolicyType": "StatefulSetSpec.podManagementPolicy",
    "PodPhase": "PodStatus.phase",
    "PodQOSClass": "PodStatus.qosClass",
    "PodReplacementPolicy": "JobSpec.podReplacementPolicy",
    "PodSELinuxChangePolicy": "PodSecurityContext.seLinuxChangePolicy",
    "PolicyType": "NetworkPolicySpec.policyTypes",
    "PreemptionPolicy": "PodSpec.preemptionPolicy PriorityClass.preemptionPolicy",
    "PriorityLevelEnablement": "PriorityLevelConfigurationSpec.type",
    "ProcMountType": "SecurityContext.procMount",
    "Protocol": "ContainerPort.protocol EndpointPort.protocol NetworkPolicyPort.protocol PortStatus.protocol "
    "ServicePort.protocol IngressPortStatus.protocol",
    "PullPolicy": "Container.imagePullPolicy EphemeralContainer.imagePullPolicy ImageVolumeSource.pullPolicy",
    "RecursiveReadOnlyMode": "VolumeMount.recursiveReadOnly",
    "ReinvocationPolicyType": "MutatingAdmissionPolicySpec.reinvocationPolicy MutatingWebhook.reinvocationPolicy",
    "v1.ResourceName": "ContainerResourceMetricSource.name ContainerResizePolicy.resourceName "
    "ResourceMetricSource.name",
    "ResourceQuotaScope": "ResourceQuotaSpec.scopes ScopedResourceSelectorRequirement.scopeName",
    "ResourceResizeRestartPolicy": "ContainerResizePolicy.restartPolicy",
    "RestartPolicy": "PodSpec.restartPolicy",
    "ContainerRestartPolicy": "Container.restartPolicy EphemeralContainer.restartPolicy",
    "ScalingPolicySelect": "HPAScalingRules.selectPolicy",
    "ScopeSelectorOperator": "ScopedResourceSelectorRequirement.operator",
    "ScopeType": "NamedRuleWithOperations.scope RuleWithOperations.scope",
    "ResourceScope": "CustomResourceDefinitionSpec.scope",
    "SeccompProfileType": "SeccompProfile.type",
    "SecretType": "Secret.type",
    "ServiceAffinity": "ServiceSpec.sessionAffinity",
    "ServiceExternalTrafficPolicy": "ServiceSpec.externalTrafficPolicy",
    "ServiceInternalTrafficPolicy": "ServiceSpec.internalTrafficPolicy",
    "ServiceType": "ServiceSpec.type",
    "SideEffectClass": "MutatingWebhook.sideEffects ValidatingWebhook.sideEffects",
    "Signal": "Lifecycle.stopSignal ContainerStatus.stopSignal",
    "StatefulSetUpdateStrategyType": "StatefulSetUpdateStrategy.type",
    "StorageMedium": "EmptyDirVolumeSource.medium",
    "SubjectKind": "flowcontrol.v1.Subject.kind",
    "SupplementalGroupsPolicy": "PodSecurityContext.supplementalGroupsPolicy",
    "TaintEffect": "Taint.effect Toleration.effect",
    "TerminationMessagePolicy": "Container.terminationMessagePolicy EphemeralContainer.terminationMessagePolicy",
    "TolerationOperator": "Toleration.operator",
    "URIScheme": "HTTPGetAction.scheme",
    "UnhealthyPodEvictionPolicyType": "PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy",
    "UnsatisfiableConstraintAction": "TopologySpreadConstraint.whenUnsatisfiable",
    "ValidationAction": "ValidatingAdmissionPolicyBindingSpec.validationActions",
    "VolumeBindingMode": "StorageClass.volumeBindingMode",
    "VolumeLifecycleMode": "CSIDriverSpec.volumeLifecycleModes",
    "Capability": "Capabilities.add Capabilities.drop",
    "types.UID": "ObjectMeta.uid OwnerReference.uid ObjectReference.uid Preconditions.uid",
}

NAMED_LISTS = {"JSONSchemaProps.x-kubernetes-validations": "ValidationRules"}
"""Lists that have a name of their own."""

KEYS = {"v1.QualifiedName": "Device.attributes Device.capacity"}
"""Maps whose key type is not `string`."""

NAMED_MAPS = {"v1.ResourceList"}
"""Every other map of quantities is one of these."""
