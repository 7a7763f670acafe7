export { recordCalls, type CallRecordingOptions } from './record-calls.ts'
export { recordPolicyDecisions, type PolicyDecisionOptions } from './record-policy-decisions.ts'
