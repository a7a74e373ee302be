"""Field numbers of meta/v1, apiextensions.k8s.io and apiregistration.k8s.io; the package says how to read this."""

TEXT = """\
APIGroup: name versions preferredVersion serverAddressByClientCIDRs
APIGroupList: groups
APIResource: name namespaced kind verbs* shortNames singularName categories group version storageVersionHash
APIResourceList: groupVersion resources
APIService: metadata spec status
APIServiceCondition: type status lastTransitionTime reason message
APIServiceSpec: service group version insecureSkipTLSVerify caBundle 7 groupPriorityMinimum versionPriority
APIServiceStatus: conditions
APIVersions: versions serverAddressByClientCIDRs
Condition: type status observedGeneration lastTransitionTime reason message
CustomResourceColumnDefinition: name type format description priority jsonPath
CustomResourceConversion: strategy webhook
CustomResourceDefinition: metadata spec status
CustomResourceDefinitionCondition: type status lastTransitionTime reason message observedGeneration
CustomResourceDefinitionNames: plural singular shortNames kind listKind categories
CustomResourceDefinitionSpec: group 3 names scope 7 versions 9 conversion preserveUnknownFields
CustomResourceDefinitionStatus: conditions acceptedNames storedVersions observedGeneration
CustomResourceDefinitionVersion: name served storage schema subresources additionalPrinterColumns deprecated
    deprecationWarning selectableFields
CustomResourceSubresources: status scale
CustomResourceSubresourceScale: specReplicasPath statusReplicasPath labelSelectorPath
CustomResourceSubresourceStatus:
CustomResourceValidation: openAPIV3Schema
DeleteOptions: gracePeriodSeconds preconditions orphanDependents propagationPolicy dryRun
    ignoreStoreReadErrorWithClusterBreakingPotential
ExternalDocumentation: description url
FieldSelectorRequirement: key operator values
GroupResource: group resource
GroupVersionForDiscovery: groupVersion version
JSONSchemaProps: id $schema $ref description type format title default maximum exclusiveMaximum minimum
    exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf enum maxProperties
    minProperties required items allOf oneOf anyOf not properties additionalProperties patternProperties
    dependencies additionalItems definitions externalDocs example nullable x-kubernetes-preserve-unknown-fields
    x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-map-keys x-kubernetes-list-type
    x-kubernetes-map-type x-kubernetes-validations
JSONSchemaPropsOrArray: schema schemas
JSONSchemaPropsOrBool: allows schema
JSONSchemaPropsOrStringArray: schema property
LabelSelector: matchLabels matchExpressions
LabelSelectorRequirement: key operator values
ListMeta: selfLink resourceVersion continue remainingItemCount shardInfo
ManagedFieldsEntry: manager operation apiVersion time 6 fieldsType fieldsV1 subresource
ObjectMeta: name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp
    deletionGracePeriodSeconds labels annotations ownerReferences finalizers 17 managedFields
OwnerReference: kind 3 name uid apiVersion controller blockOwnerDeletion
PartialObjectMetadata: metadata
Preconditions: uid resourceVersion
SelectableField: jsonPath
ServerAddressByClientCIDR: clientCIDR serverAddress
apiregistration.v1.ServiceReference: namespace name port
ShardInfo: selector
Status: metadata status message reason details code
StatusCause: reason message field
StatusDetails: name group kind causes retryAfterSeconds uid
ValidationRule: rule message messageExpression reason fieldPath optionalOldSelf
WebhookConversion: 2 clientConfig conversionReviewVersions
"""
