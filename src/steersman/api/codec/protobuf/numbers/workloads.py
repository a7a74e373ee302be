"""Field numbers of the groups that run, scale, connect and store; the package says how to read this."""

TEXT = """\
ContainerResourceMetricSource: name target container
ContainerResourceMetricStatus: name current container
ControllerRevision: metadata data revision
CronJob: metadata spec status
CronJobSpec: schedule startingDeadlineSeconds concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit
    failedJobsHistoryLimit timeZone
CronJobStatus: active 4 lastScheduleTime lastSuccessfulTime
CrossVersionObjectReference: kind name apiVersion
CSIDriver: metadata spec
CSIDriverSpec: attachRequired podInfoOnMount volumeLifecycleModes storageCapacity fsGroupPolicy tokenRequests
    requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets
    preventPodSchedulingIfMissing
CSINode: metadata spec
CSINodeDriver: name nodeID topologyKeys allocatable
CSINodeSpec: drivers
CSIStorageCapacity: metadata nodeTopology storageClassName capacity maximumVolumeSize
DaemonSet: metadata spec status
DaemonSetCondition: type status lastTransitionTime reason message
DaemonSetSpec: selector template updateStrategy minReadySeconds 6 revisionHistoryLimit
DaemonSetStatus: currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady observedGeneration
    updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions
DaemonSetUpdateStrategy: type rollingUpdate
Deployment: metadata spec status
DeploymentCondition: type status 4 reason message lastUpdateTime lastTransitionTime
DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit paused 9
    progressDeadlineSeconds
DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas unavailableReplicas conditions
    readyReplicas collisionCount terminatingReplicas
DeploymentStrategy: type rollingUpdate
Endpoint: addresses conditions hostname targetRef deprecatedTopology nodeName zone hints
EndpointConditions: ready serving terminating
EndpointHints: forZones forNodes
discovery.v1.EndpointPort: name protocol port appProtocol
EndpointSlice: metadata endpoints ports addressType
events.v1.Event: metadata eventTime series reportingController reportingInstance action reason regarding related
    note type deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp deprecatedCount
Eviction: metadata deleteOptions
ExternalMetricSource: metric target
ExternalMetricStatus: metric current
ForNode: name
ForZone: name
HorizontalPodAutoscaler: metadata spec status
HorizontalPodAutoscalerBehavior: scaleUp scaleDown
HorizontalPodAutoscalerCondition: type status lastTransitionTime reason message
autoscaling.v1.HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas targetCPUUtilizationPercentage
autoscaling.v2.HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas metrics behavior
autoscaling.v1.HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas desiredReplicas
    currentCPUUtilizationPercentage
autoscaling.v2.HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas desiredReplicas
    currentMetrics conditions
HPAScalingPolicy: type value periodSeconds
HPAScalingRules: selectPolicy policies stabilizationWindowSeconds tolerance
HTTPIngressPath: path backend pathType
HTTPIngressRuleValue: paths
Ingress: metadata spec status
IngressBackend: 3 resource service
IngressClass: metadata spec
IngressClassParametersReference: apiGroup kind name scope namespace
IngressClassSpec: controller parameters
IngressLoadBalancerIngress: ip hostname 4 ports
IngressLoadBalancerStatus: ingress
IngressPortStatus: port protocol error
IngressRule: host @IngressRuleValue
IngressRuleValue: http
IngressServiceBackend: name port
IngressSpec: defaultBackend tls rules ingressClassName
IngressStatus: loadBalancer
IngressTLS: hosts secretName
IPAddress: metadata spec
IPAddressSpec: parentRef
IPBlock: cidr except
Job: metadata spec status
JobCondition: type status lastProbeTime lastTransitionTime reason message
JobSpec: parallelism completions activeDeadlineSeconds selector manualSelector template backoffLimit
    ttlSecondsAfterFinished completionMode suspend podFailurePolicy backoffLimitPerIndex maxFailedIndexes
    podReplacementPolicy managedBy successPolicy
JobStatus: conditions startTime completionTime active succeeded failed completedIndexes uncountedTerminatedPods
    ready failedIndexes terminating
JobTemplateSpec: metadata spec
Lease: metadata spec
LeaseCandidate: metadata spec
LeaseCandidateSpec: leaseName pingTime renewTime binaryVersion emulationVersion strategy
LeaseSpec: holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy preferredHolder
MetricIdentifier: name selector
MetricSpec: type object pods resource external 7 containerResource
MetricStatus: type object pods resource external 7 containerResource
MetricTarget: type value averageValue averageUtilization
MetricValueStatus: value averageValue averageUtilization
NetworkPolicy: metadata spec
NetworkPolicyEgressRule: ports to
NetworkPolicyIngressRule: ports from
NetworkPolicyPeer: podSelector namespaceSelector ipBlock
NetworkPolicyPort: protocol port endPort
NetworkPolicySpec: podSelector ingress egress policyTypes
ObjectMetricSource: describedObject target metric
ObjectMetricStatus: metric current describedObject
Overhead: podFixed
ParentReference: group resource namespace name
PodDisruptionBudget: metadata spec status
PodDisruptionBudgetSpec: minAvailable selector maxUnavailable unhealthyPodEvictionPolicy
PodDisruptionBudgetStatus: observedGeneration disruptedPods disruptionsAllowed currentHealthy desiredHealthy
    expectedPods conditions
PodFailurePolicy: rules
PodFailurePolicyOnExitCodesRequirement: containerName operator values
PodFailurePolicyOnPodConditionsPattern: type status
PodFailurePolicyRule: action onExitCodes onPodConditions
PodsMetricSource: metric target
PodsMetricStatus: metric current
ReplicaSet: metadata spec status
ReplicaSetCondition: type status lastTransitionTime reason message
ReplicaSetSpec: replicas selector template minReadySeconds
ReplicaSetStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas availableReplicas conditions
    terminatingReplicas
ResourceMetricSource: name target
ResourceMetricStatus: name current
RollingUpdateDaemonSet: maxUnavailable maxSurge
RollingUpdateDeployment: maxUnavailable maxSurge
RollingUpdateStatefulSetStrategy: partition maxUnavailable
RuntimeClass: metadata handler overhead scheduling
Scale: metadata spec status
ScaleSpec: replicas
ScaleStatus: replicas selector
Scheduling: nodeSelector tolerations
ServiceBackendPort: name number
ServiceCIDR: metadata spec status
ServiceCIDRSpec: cidrs
ServiceCIDRStatus: conditions
StatefulSet: metadata spec status
StatefulSetCondition: type status lastTransitionTime reason message
StatefulSetOrdinals: start
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
StatefulSetSpec: replicas selector template volumeClaimTemplates serviceName podManagementPolicy updateStrategy
    revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals
StatefulSetStatus: observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision
    updateRevision 9 collisionCount conditions availableReplicas
StatefulSetUpdateStrategy: type rollingUpdate
StorageClass: metadata provisioner parameters reclaimPolicy mountOptions allowVolumeExpansion volumeBindingMode
    allowedTopologies
StorageVersionMigration: metadata spec status
StorageVersionMigrationSpec: resource
StorageVersionMigrationStatus: conditions resourceVersion
SuccessPolicy: rules
SuccessPolicyRule: succeededIndexes succeededCount
storage.v1.TokenRequest: audience expirationSeconds
UncountedTerminatedPods: succeeded failed
VolumeAttachment: metadata spec status
VolumeAttachmentSource: persistentVolumeName inlineVolumeSpec
VolumeAttachmentSpec: attacher source nodeName
VolumeAttachmentStatus: attached attachmentMetadata attachError detachError
VolumeAttributesClass: metadata driverName parameters
VolumeError: time message errorCode
VolumeNodeResources: count
"""
