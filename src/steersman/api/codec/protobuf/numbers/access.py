"""Field numbers of admission, access, certificates and flow control; the package says how to read this."""

TEXT = """\
AggregationRule: clusterRoleSelectors
ApplyConfiguration: expression
AuditAnnotation: key valueExpression
BoundObjectReference: kind apiVersion name uid
CertificateSigningRequest: metadata spec status
CertificateSigningRequestCondition: type reason message lastUpdateTime lastTransitionTime status
CertificateSigningRequestSpec: request username uid groups usages extra signerName expirationSeconds
CertificateSigningRequestStatus: conditions certificate
ClusterRole: metadata rules aggregationRule
ClusterRoleBinding: metadata subjects roleRef
ClusterTrustBundle: metadata spec
ClusterTrustBundleSpec: signerName trustBundle
ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
ExpressionWarning: 2 fieldRef warning
FieldSelectorAttributes: rawSelector requirements
FlowDistinguisherMethod: type
FlowSchema: metadata spec status
FlowSchemaCondition: type status lastTransitionTime reason message
FlowSchemaSpec: priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
FlowSchemaStatus: conditions
GroupSubject: name
JSONPatch: expression
LabelSelectorAttributes: rawSelector requirements
LimitedPriorityLevelConfiguration: nominalConcurrencyShares limitResponse lendablePercent borrowingLimitPercent
LimitResponse: type queuing
LocalSubjectAccessReview: metadata spec status
MatchCondition: name expression
MatchResources: namespaceSelector objectSelector resourceRules excludeResourceRules 7 matchPolicy
MutatingAdmissionPolicy: metadata spec
MutatingAdmissionPolicyBinding: metadata spec
MutatingAdmissionPolicyBindingSpec: policyName paramRef matchResources
MutatingAdmissionPolicySpec: paramKind matchConstraints variables mutations failurePolicy matchConditions
    reinvocationPolicy
MutatingWebhook: name clientConfig rules failurePolicy namespaceSelector sideEffects timeoutSeconds
    admissionReviewVersions matchPolicy reinvocationPolicy objectSelector matchConditions
MutatingWebhookConfiguration: metadata webhooks
Mutation: 2 patchType applyConfiguration jsonPatch
NamedRuleWithOperations: resourceNames @RuleWithOperations
NonResourceAttributes: path verb
NonResourcePolicyRule: verbs 6 nonResourceURLs
NonResourceRule: verbs nonResourceURLs
ParamKind: apiVersion kind
ParamRef: name namespace selector parameterNotFoundAction
PodCertificateRequest: metadata spec status
PodCertificateRequestSpec: signerName podName podUID serviceAccountName serviceAccountUID nodeName nodeUID
    maxExpirationSeconds pkixPublicKey proofOfPossession unverifiedUserAnnotations stubPKCS10Request
PodCertificateRequestStatus: conditions certificateChain 4 notBefore beginRefreshAt notAfter
PolicyRule: verbs apiGroups resources resourceNames nonResourceURLs
PolicyRulesWithSubjects: subjects resourceRules nonResourceRules
PriorityLevelConfiguration: metadata spec status
PriorityLevelConfigurationCondition: type status lastTransitionTime reason message
PriorityLevelConfigurationReference: name
PriorityLevelConfigurationSpec: type limited exempt
PriorityLevelConfigurationStatus: conditions
QueuingConfiguration: queues handSize queueLengthLimit
ResourceAttributes: namespace verb group version resource subresource name fieldSelector labelSelector
ResourcePolicyRule: verbs apiGroups resources clusterScope namespaces
ResourceRule: verbs apiGroups resources resourceNames
Role: metadata rules
RoleBinding: metadata subjects roleRef
RoleRef: apiGroup kind name
Rule: apiGroups apiVersions resources scope
RuleWithOperations: operations @Rule
SelfSubjectAccessReview: metadata spec status
SelfSubjectAccessReviewSpec: resourceAttributes nonResourceAttributes
SelfSubjectReview: metadata status
SelfSubjectReviewStatus: userInfo
SelfSubjectRulesReview: metadata spec status
SelfSubjectRulesReviewSpec: namespace
ServerStorageVersion: apiServerID encodingVersion decodableVersions servedVersions
ServiceAccountSubject: namespace name
ServiceReference: namespace name path port
StorageVersion: metadata spec status
StorageVersionCondition: type status observedGeneration lastTransitionTime reason message
StorageVersionSpec:
StorageVersionStatus: storageVersions commonEncodingVersion conditions
flowcontrol.v1.Subject: kind user group serviceAccount
rbac.v1.Subject: kind apiGroup name namespace
SubjectAccessReview: metadata spec status
SubjectAccessReviewSpec: resourceAttributes nonResourceAttributes user groups extra uid
SubjectAccessReviewStatus: allowed reason evaluationError denied
SubjectRulesReviewStatus: resourceRules nonResourceRules incomplete evaluationError
authentication.v1.TokenRequest: metadata spec status
TokenRequestSpec: audiences 3 boundObjectRef expirationSeconds
TokenRequestStatus: token expirationTimestamp
TokenReview: metadata spec status
TokenReviewSpec: token audiences
TokenReviewStatus: authenticated user error audiences
TypeChecking: expressionWarnings
UserInfo: username uid groups extra
UserSubject: name
ValidatingAdmissionPolicy: metadata spec status
ValidatingAdmissionPolicyBinding: metadata spec
ValidatingAdmissionPolicyBindingSpec: policyName paramRef matchResources validationActions
ValidatingAdmissionPolicySpec: paramKind matchConstraints validations failurePolicy auditAnnotations matchConditions
    variables
ValidatingAdmissionPolicyStatus: observedGeneration typeChecking conditions
ValidatingWebhook: name clientConfig rules failurePolicy namespaceSelector sideEffects timeoutSeconds
    admissionReviewVersions matchPolicy objectSelector matchConditions
ValidatingWebhookConfiguration: metadata webhooks
Validation: expression message reason messageExpression
Variable: name expression
WebhookClientConfig: service caBundle url
"""
