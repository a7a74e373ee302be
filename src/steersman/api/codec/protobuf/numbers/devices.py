"""Field numbers of resource.k8s.io and scheduling.k8s.io; the package says how to read this."""

TEXT = """\
AllocatedDeviceStatus: driver pool device conditions data networkData shareID
AllocationResult: devices 3 nodeSelector 5 allocationTimestamp
BasicDevice: attributes capacity consumesCounters nodeName nodeSelector allNodes taints bindsToNode
    bindingConditions bindingFailureConditions allowMultipleAllocations nodeAllocatableResourceMappings
BasicSchedulingPolicy:
CapacityRequestPolicy: default 3 validValues validRange
CapacityRequestPolicyRange: min max step
CapacityRequirements: requests
CELDeviceSelector: expression
Counter: value
CounterSet: name counters
Device: name attributes capacity consumesCounters nodeName nodeSelector allNodes taints bindsToNode
    bindingConditions bindingFailureConditions allowMultipleAllocations nodeAllocatableResourceMappings
resource.v1beta1.Device: name basic
DeviceAllocationConfiguration: source requests @DeviceConfiguration
DeviceAllocationResult: results config
DeviceAttribute: 2 int bool string version ints bools strings versions
DeviceCapacity: value requestPolicy
DeviceClaim: requests constraints config
DeviceClaimConfiguration: requests @DeviceConfiguration
DeviceClass: metadata spec
DeviceClassConfiguration: @DeviceConfiguration
DeviceClassSpec: selectors config 4 extendedResourceName
DeviceConfiguration: opaque
DeviceConstraint: requests matchAttribute distinctAttribute
DeviceCounterConsumption: counterSet counters
DeviceRequest: name exactly firstAvailable
resource.v1beta1.DeviceRequest: name deviceClassName selectors allocationMode count adminAccess firstAvailable
    tolerations capacity
DeviceRequestAllocationResult: request driver pool device adminAccess tolerations bindingConditions
    bindingFailureConditions shareID consumedCapacity
DeviceSelector: cel
DeviceSubRequest: name deviceClassName selectors allocationMode count tolerations capacity
resource.v1beta1.DeviceSubRequest: name deviceClassName selectors allocationMode count 7 tolerations capacity
DeviceTaint: key value effect timeAdded
DeviceTaintRule: metadata spec status
DeviceTaintRuleSpec: deviceSelector taint
DeviceTaintRuleStatus: conditions
DeviceTaintSelector: 2 driver pool device
DeviceToleration: key operator value effect tolerationSeconds
ExactDeviceRequest: deviceClassName selectors allocationMode count adminAccess tolerations capacity
GangSchedulingPolicy: minCount
NetworkDeviceData: interfaceName ips hardwareAddress
NodeAllocatableResourceMapping: capacityKey allocationMultiplier
OpaqueDeviceConfiguration: driver parameters
PodGroup: metadata spec status
PodGroupResourceClaim: name resourceClaimName resourceClaimTemplateName
PodGroupResourceClaimStatus: name resourceClaimName
PodGroupSchedulingConstraints: topology
PodGroupSchedulingPolicy: basic gang
PodGroupSpec: podGroupTemplateRef schedulingPolicy schedulingConstraints resourceClaims disruptionMode
    priorityClassName priority
PodGroupStatus: conditions resourceClaimStatuses
PodGroupTemplate: name schedulingPolicy schedulingConstraints resourceClaims disruptionMode priorityClassName
    priority
PodGroupTemplateReference: workload
PoolStatus: driver poolName nodeName totalDevices allocatedDevices availableDevices unavailableDevices
    resourceSliceCount generation validationError
PriorityClass: metadata value globalDefault description preemptionPolicy
ResourceClaim: metadata spec status
ResourceClaimConsumerReference: apiGroup 3 resource name uid
ResourceClaimSpec: devices
ResourceClaimStatus: allocation reservedFor 4 devices
ResourceClaimTemplate: metadata spec
ResourceClaimTemplateSpec: metadata spec
ResourcePool: name generation resourceSliceCount
ResourcePoolStatusRequest: metadata spec status
ResourcePoolStatusRequestSpec: driver poolName limit
ResourcePoolStatusRequestStatus: 2 pools conditions 6 poolCount
ResourceSlice: metadata spec
ResourceSliceSpec: driver pool nodeName nodeSelector allNodes devices perDeviceNodeSelection sharedCounters
TopologyConstraint: key
Workload: metadata spec
WorkloadPodGroupTemplateReference: workloadName podGroupTemplateName
WorkloadSpec: controllerRef podGroupTemplates
"""
